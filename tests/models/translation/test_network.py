"""The network of a translator: what it sees, what it forgets, what it keeps."""

from __future__ import annotations

import pytest
import torch

import elman
from elman import InputError, cells
from elman.cells import sigmoid, tanh
from elman.models import ENCODERS
from elman.models.translation import (
    PAD,
    START,
    TranslationNetwork,
    greedy,
    translation_loss,
)

ROUNDING = {"rtol": 0, "atol": 1e-12}
LENGTHS = torch.tensor([5, 1, 7])


class Own(elman.Cell):
    """A cell as a user writes one."""

    states = ("h", "memory")

    def step(self, x, h, memory):
        keep = self.gate("keep", sigmoid(self.linear("keep", x, h)))
        memory = keep * memory + (1 - keep) * tanh(self.linear("new", x, h))
        return tanh(memory), memory


def network(cell="gru", encoder="gru", **options):
    torch.manual_seed(2)
    made = TranslationNetwork(cell, encoder, 11, 9, 8, 16, **options)
    return made.double().eval()


def batch(extra=0, order=(0, 1, 2)):
    draw = torch.Generator().manual_seed(1)
    rows = [torch.randint(4, 11, (int(n),), generator=draw) for n in LENGTHS]
    source = torch.zeros(3, 7 + extra, dtype=torch.int64)
    for place, row in zip(source, [rows[i] for i in order], strict=True):
        place[: len(row)] = row
    target = torch.randint(4, 9, (3, 6), generator=draw)[list(order)]
    target[:, 0] = START
    return source, LENGTHS[list(order)], target


VARIANTS = [
    {},
    {"input_feeding": True},
    {"heads": 4, "num_layers": 2},
    {"encoder_layers": 2, "encoder_size": 6, "tied": False},
]


@pytest.mark.parametrize("options", VARIANTS)
def test_steps_one_by_one_equal_all_at_once(options):
    """Teacher forcing computes what a decoder that goes on from its state does."""
    net = network("lstm", **options)
    source, lengths, target = batch()
    with torch.no_grad():
        whole = net(source, lengths, target)
        memory = net.encode(source, lengths)
        state = memory.state
        for u in range(target.shape[1]):
            scores, seen, state = net.step(target[:, u], state, memory)
            torch.testing.assert_close(scores, whole[:, u], **ROUNDING)
            total = seen.sum(-1)
            torch.testing.assert_close(total, torch.ones_like(total), **ROUNDING)
            assert (seen >= 0).all()
            assert (seen[~memory.mask] == 0).all()


@pytest.mark.parametrize("name", ENCODERS)
def test_padding_and_other_sentences_have_no_say(name):
    cell = name if name in cells.names() else "gru"
    net = network(cell, name)
    source, lengths, target = batch(extra=4)
    source[0, 9] = 5  # beyond its sentence, whatever stands there
    with torch.no_grad():
        together = net(source, lengths, target)
        for row, length in enumerate(lengths):
            alone = net(source[row : row + 1, :length], None, target[row : row + 1])
            torch.testing.assert_close(together[row], alone[0], **ROUNDING)


def test_nothing_sees_what_follows_and_everything_sees_the_source():
    net = network()
    source, lengths, target = batch()
    later = target.clone()
    later[:, 3:] = 4 + later[:, 3:] % 5
    other = source.clone()
    other[:, 0] = 4 + other[:, 0] % 7
    with torch.no_grad():
        before, after = net(source, lengths, target), net(source, lengths, later)
        torch.testing.assert_close(before[:, :3], after[:, :3], **ROUNDING)
        assert not torch.allclose(before[:, 3], after[:, 3])
        changed = net(other, lengths, target)
    assert (before != changed).any(-1).all()


def test_mixed_precision_is_as_good_as_its_numbers():
    """Products of bfloat16, which has eight bits; sums and the loss are not of it."""
    net = network().float()
    source, lengths, target = batch()
    exact = net(source, lengths, target, target, 0.1)
    exact.backward()
    full = net.target.weight.grad.clone()
    net.zero_grad()
    with torch.autocast("cpu", torch.bfloat16):
        mixed = net(source, lengths, target, target, 0.1)
    mixed.backward()
    assert mixed.dtype == torch.float32
    torch.testing.assert_close(mixed, exact, rtol=2e-2, atol=0)
    difference = net.target.weight.grad - full
    assert 0 < difference.norm() < 5e-2 * full.norm()


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_at_once_is_that_of_the_scores(tied, smoothing, monkeypatch):
    """With its gradients, in parts that do not come out even, and without them."""
    monkeypatch.setattr("elman.models.translation._loss._HELD", 5 * 9)
    monkeypatch.setattr("elman.models.translation._loss._AT_ONCE", 2 * 9)
    net = network(tied=tied)
    source, lengths, target = batch()
    answer = target.roll(-1, 1)
    answer[1, 4:], answer[2, 2:] = PAD, PAD
    found = []
    for at_once in (True, False):
        net.zero_grad()
        if at_once:
            loss = net(source, lengths, target, answer, smoothing)
        else:
            loss = translation_loss(net(source, lengths, target), answer, smoothing)
        (3 * loss).backward()
        found.append((loss, [p.grad for p in net.parameters()]))
    torch.testing.assert_close(*found, **ROUNDING)
    with torch.no_grad():
        judged = net(source, lengths, target, answer, smoothing)
    torch.testing.assert_close(judged, loss.detach(), **ROUNDING)


def test_several_rows_may_read_one_sentence():
    """Hypotheses side by side, each sentence remembered once."""
    net = network(heads=2)
    source, lengths, target = batch()
    twice = torch.arange(3).repeat_interleave(2)
    with torch.no_grad():
        memory = net.encode(source, lengths)
        tokens = target[:, 1:3].flatten()
        shared = net.step(tokens, memory.state.rows(twice), memory)
        copied = net.step(tokens, memory.state.rows(twice), memory.rows(twice))
    torch.testing.assert_close(shared[0], copied[0], **ROUNDING)
    torch.testing.assert_close(shared[1], copied[1], **ROUNDING)
    assert shared[1].shape == (6, 7)


@pytest.mark.parametrize("cell", [*cells.names(), Own()])
def test_every_cell_decodes_and_learns(cell):
    net = network(cell).train()
    source, lengths, target = batch()
    translation_loss(net(source, lengths, target[:, :-1]), target[:, 1:]).backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
    for name in ("decoder.start_first.map.weight", "decoder.start_second.map.weight"):
        assert net.get_parameter(name).grad.abs().sum() > 0, name
    found = greedy(net.eval(), source, lengths)
    assert len(found) == 3


@pytest.mark.parametrize("options", VARIANTS)
def test_gradients_agree_with_differences(options):
    net = network("gru", **options)
    source, lengths, target = batch()
    source, lengths, target = source[:2, :5], lengths[:2], target[:2, :4]
    names = [
        "target.weight",
        "source.weight",
        "decoder.first.weight_hh_l0",
        "decoder.attention.key.weight",
        "decoder.second.weight_ih_l0",
        "decoder.readout.bias",
        "decoder.start_first.map.bias",
        "encoder.stack.weight_hh_l0_reverse",
    ]
    loss = translation_loss(net(source, lengths, target), target, 0.1)
    loss.backward()
    draw = torch.Generator().manual_seed(5)
    for name in names:
        weight = net.get_parameter(name)
        way = torch.randn(weight.shape, generator=draw, dtype=weight.dtype)
        if name == "source.weight":
            way[PAD] = 0
        found, step = [], 1e-5
        with torch.no_grad():
            for by in (step, -2 * step):
                weight += by * way
                found.append(
                    translation_loss(net(source, lengths, target), target, 0.1)
                )
            weight += step * way
        slope = (found[0] - found[1]) / (2 * step)
        torch.testing.assert_close(
            (weight.grad * way).sum(), slope, rtol=1e-6, atol=1e-9
        )


@pytest.mark.parametrize("options", [*VARIANTS, {"cell": Own()}, {"encoder": "tcn"}])
def test_config_and_weights_give_the_network_back(options):
    net = network(**options)
    again = TranslationNetwork(**net.config()).double().eval()
    assert again.config() == net.config()
    assert not any(isinstance(v, torch.Tensor) for v in net.config().values())
    again.load_state_dict(net.state_dict())
    source, lengths, target = batch()
    torch.testing.assert_close(
        net(source, lengths, target), again(source, lengths, target), rtol=0, atol=0
    )


def test_one_matrix_has_one_name():
    def names(**options):
        made = TranslationNetwork("gru", "gru", 9, 9, 8, 16, **options)
        return {
            n for n, _ in made.named_parameters() if not n.startswith(("enc", "dec"))
        }

    assert names(tied=True, shared=True) == {"target.weight", "bias"}
    assert names(tied=True) == {"target.weight", "source.weight", "bias"}
    apart = {"target.weight", "source.weight", "head.weight", "bias"}
    assert names(tied=False) == apart


DROPS = ("token_dropout", "embedding_dropout", "dropout", "output_dropout")


@pytest.mark.parametrize("name", DROPS)
@pytest.mark.parametrize("variational", [True, False])
def test_dropout_acts_in_training_alone(name, variational):
    source, lengths, target = batch()
    net = network(**{name: 0.5, "variational": variational})
    assert torch.equal(net(source, lengths, target), net(source, lengths, target))
    net.train()
    assert not torch.equal(net(source, lengths, target), net(source, lengths, target))


def test_masks_hold_for_a_sentence_or_for_a_step():
    tokens = torch.full((2, 40), 6)
    for variational in (True, False):
        net = network(embedding_dropout=0.5, variational=variational).train()
        gone = net._written(tokens) == 0
        assert 0.3 < gone.double().mean() < 0.7
        assert torch.equal(gone, gone[:, :1].expand_as(gone)) == variational
        assert not torch.equal(gone[0], gone[1])
    net = network(token_dropout=0.3).train()
    found = net._written(tokens)
    gone = (found == 0).all(-1)
    assert 0.1 < gone.double().mean() < 0.5
    torch.testing.assert_close(
        found[~gone], net.eval()._written(tokens)[~gone], rtol=0, atol=0
    )


def test_the_loss_leaves_padding_out():
    draw = torch.Generator().manual_seed(3)
    scores = torch.randn(2, 4, 9, generator=draw, dtype=torch.float64)
    target = torch.tensor([[4, 5, 2, PAD], [6, 2, PAD, PAD]])
    chances = scores.log_softmax(-1)
    terms = [-chances[b, u, target[b, u]] for b, u in target.nonzero().tolist()]
    expected = torch.stack(terms).mean()
    torch.testing.assert_close(translation_loss(scores, target), expected, **ROUNDING)
    even = torch.stack([-chances[b, u].mean() for b, u in target.nonzero().tolist()])
    torch.testing.assert_close(
        translation_loss(scores, target, 0.1),
        0.9 * expected + 0.1 * even.mean(),
        **ROUNDING,
    )


def test_what_cannot_be_built():
    with pytest.raises(InputError, match="shared: one embedding needs one"):
        network(shared=True)
    with pytest.raises(InputError, match="heads: 3 do not divide both"):
        network(heads=3)
    with pytest.raises(InputError, match=r"encoder must be one of .*got 'grv'"):
        network(encoder="grv")
