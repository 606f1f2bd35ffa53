"""The examination as a whole: verdicts, findings, remedies, forms of models."""

import json

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss
from torch.nn.utils.rnn import pack_padded_sequence

import elman
from elman import InputError, diagnose
from readout import Last, net


def examine(layer, steps, rows=16, scale=1.0, **options):
    x = scale * torch.randn(rows, steps, 4)
    return diagnose(Last(layer), x, torch.randn(rows, 1), mse_loss, **options)


@pytest.mark.parametrize("home", [nn, elman])
@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM"])
def test_torch_defaults_vanish_over_a_hundred_steps(home, cell):
    d = examine(net(cell, home=home), 100)
    assert d.verdict == "vanishing"
    assert 5 < d.horizon < 25
    assert (d.needed, d.needed_source) == (
        100,
        "length of the sequences (median 100 steps)",
    )
    first = d.findings[0]
    assert (first.name, first.severity) == ("gradients vanish", "error")
    assert f"{d.horizon:.0f} steps" in first.evidence
    assert d.best == {"RNN": "relu + identity"}.get(cell, "chrono")
    after = next(r for r in d.remedies if r.name == d.best)
    assert (after.verdict_after, after.horizon_before) == ("healthy", d.horizon)
    assert after.horizon_after >= 100
    assert after.call in first.remedy


@pytest.mark.parametrize("cell", ["GRU", "LSTM"])
@pytest.mark.parametrize("steps", [10, 50, 300])
@pytest.mark.parametrize("layers", [1, 2])
def test_clean_bill_for_chrono(cell, steps, layers):
    layer = elman.init.chrono_(net(cell, home=elman, num_layers=layers), t_max=steps)
    d = examine(layer, steps)
    assert (d.verdict, d.findings, d.remedies) == ("healthy", [], [])
    assert d.horizon >= steps


@pytest.mark.parametrize(
    ("layer", "steps"),
    [
        (lambda: net("GRU"), 8),
        (lambda: net("LSTM"), 8),
        (lambda: elman.init.orthogonal_(net("RNN")), 40),
        (lambda: elman.init.identity_(net("RNN")), 150),
        (lambda: elman.init.identity_(net("RNN", nonlinearity="relu")), 50),
        (lambda: net("GRU", bidirectional=True), 8),
        (lambda: elman.init.forget_bias_(net("LSTM"), 3.0), 60),
    ],
)
def test_clean_bill_for_sound_models(layer, steps):
    d = examine(layer(), steps)
    assert (d.verdict, [f.evidence for f in d.findings]) == ("healthy", [])


def test_large_gain_explodes():
    layer = net("RNN", 64)
    nn.init.normal_(layer.weight_hh_l0, 0, 3 / 8)
    d = examine(layer, 100)
    assert d.verdict == "exploding"
    assert [f.name for f in d.findings] == ["chaotic state", "gradients explode"]
    assert d.lyapunov[0].exponents[0] > 0.1
    assert {r.name for r in d.remedies if r.kind != "cell"} == {
        "orthogonal", "critical", "identity", "relu + identity",
    }  # fmt: skip
    assert {"gru + chrono", "lstm + chrono"} <= {r.name for r in d.remedies}
    assert "grows up to" in str(d)


def test_short_window_of_a_long_need():
    d = examine(net(), 20, needed=168, needed_source="a week")
    assert "sequences are too short" in [f.name for f in d.findings]
    assert (d.needed, d.needed_source) == (168, "a week")
    assert "t_max=168" in next(r for r in d.remedies if r.name == "chrono").call


def test_detached_layer_is_named():
    class Cut(Last):
        def forward(self, x):
            return self.out(self.rnn(x)[0][:, -1].detach())

    d = diagnose(Cut(net()), torch.randn(4, 9, 4), torch.randn(4, 1), mse_loss)
    assert "no gradient arrives" in [f.name for f in d.findings]


def test_head_that_starts_at_zero_is_no_finding():
    model = Last(elman.init.chrono_(net(), t_max=9))
    nn.init.zeros_(model.out.weight)
    d = diagnose(model, torch.randn(4, 9, 4), torch.randn(4, 1), mse_loss)
    assert (d.verdict, d.findings) == ("healthy", [])
    assert set(d.head.loss_norm) == {0.0}


def test_loss_that_is_no_number_is_the_first_finding():
    model = Last(net())
    x = torch.randn(4, 9, 4)
    x[2, 3, 1] = torch.nan
    d = diagnose(model, x, torch.randn(4, 1), mse_loss, needed=5, remedies=False)
    assert [f.name for f in d.findings] == [
        "inputs are not finite",
        "loss is not finite",
    ]
    json.dumps(d.to_dict(), allow_nan=False)


class Translator(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.GRU(4, 16, batch_first=True)
        self.decoder = nn.GRU(1, 16, batch_first=True)
        self.out = nn.Linear(16, 1)

    def forward(self, x, start):
        _, h = self.encoder(x)
        y, outs = start, []
        for _ in range(6):
            s, h = self.decoder(y, h)
            y = self.out(s)
            outs.append(y)
        return torch.cat(outs, 1)


def test_encoder_and_decoder():
    x = torch.randn(8, 40, 4)
    d = diagnose(
        Translator(), (x, torch.zeros(8, 1, 1)), torch.randn(8, 6, 1), mse_loss
    )
    assert [(p.name, p.steps) for p in d.profile] == [("encoder", 40), ("decoder", 6)]
    assert d.headline == "encoder"
    assert d.needed == 40
    assert "every layer" in str(d)


def test_every_layer_and_direction_is_named():
    model = nn.ModuleDict({"a": net(num_layers=2, bidirectional=True)})

    class Whole(nn.Module):
        def __init__(self):
            super().__init__()
            self.part = model

        def forward(self, x):
            return self.part["a"](x)[0]

    d = diagnose(
        Whole(), torch.randn(3, 12, 4), torch.zeros(3, 12, 64), mse_loss, remedies=False
    )
    assert [p.name for p in d.profile] == [
        "part.a",
        "part.a reverse",
        "part.a layer 1",
        "part.a layer 1 reverse",
    ]
    assert len(d.lyapunov) == len(d.saturation) == 4
    assert len(d.head.loss_norm) == 12


def test_bare_layer_packed_and_classes():
    layer = nn.LSTM(4, 8, batch_first=True)
    packed = pack_padded_sequence(
        torch.randn(5, 9, 4), [9, 2, 4, 9, 1], batch_first=True, enforce_sorted=False
    )
    labels = torch.tensor([0, 1, 2, 3, 4])

    def loss(output, target):
        return cross_entropy(output[1][0][-1], target)

    d = diagnose(layer, packed, labels, loss, remedies=False)
    assert d.headline == "model"
    assert d.needed == 4  # the median of the lengths


def test_unbatched_and_sequence_first():
    d = diagnose(nn.GRU(4, 8), torch.randn(90, 4), 0, lambda y, _: y[0][-1].sum())
    assert (d.rows, d.head.steps) == (1, 90)
    d = diagnose(
        nn.GRU(4, 8, batch_first=True),
        torch.randn(90, 4),
        torch.randn(90, 8),
        lambda y, t: mse_loss(y[0], t),
    )
    assert (d.rows, d.head.steps) == (1, 90)
    d = diagnose(nn.GRU(4, 8), torch.randn(90, 70, 4), 0, lambda y, _: y[0].sum())
    assert (d.rows, d.head.steps) == (70, 90)


def test_large_batch_is_thinned_and_lengths_with_it():
    class Ragged(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = elman.GRU(4, 8, batch_first=True)

        def forward(self, x, lengths):
            return self.rnn(x, lengths=lengths)[1][-1]

    lengths = torch.arange(1, 201).clamp(max=30)
    inputs = (torch.randn(200, 30, 4), lengths)
    d = diagnose(Ragged(), inputs, torch.randn(200, 8), mse_loss, remedies=False)
    assert d.rows == 64
    assert d.needed == 30


def test_same_answer_twice_and_no_trace_left():
    model = Last(net(dropout=0.3, num_layers=2)).train()
    x, y = torch.randn(8, 30, 4), torch.randn(8, 1)
    random = torch.get_rng_state()
    weights = {k: v.clone() for k, v in model.state_dict().items()}
    first = diagnose(model, x, y, mse_loss)
    assert torch.equal(random, torch.get_rng_state())
    second = diagnose(model, x, y, mse_loss)
    assert first.to_dict() == second.to_dict()
    assert all(torch.equal(v, weights[k]) for k, v in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_any_floating_type(dtype):
    model = Last(net()).to(dtype)
    d = diagnose(
        model, torch.randn(4, 50, 4, dtype=dtype), torch.randn(4, 1, dtype=dtype),
        mse_loss, remedies=False,
    )  # fmt: skip
    assert d.verdict == "vanishing"


def test_frozen_and_no_grad_around():
    model = Last(net()).requires_grad_(False)
    with torch.no_grad():
        d = diagnose(model, torch.randn(4, 50, 4), torch.randn(4, 1), mse_loss)
    assert d.verdict == "vanishing"
    assert max(d.head.loss_norm) > 0


def test_plain_data_and_text():
    d = examine(net("LSTM", num_layers=2), 60)
    plain = json.loads(json.dumps(d.to_dict(), allow_nan=False))
    for name in (
        "verdict",
        "horizon",
        "needed",
        "needed_source",
        "findings",
        "remedies",
    ):
        assert name in plain
    assert plain["profile"][0]["lag"] == list(range(60))
    assert plain["lyapunov"][0]["exponents"][0] < 0
    text = str(d)
    assert max(map(len, text.splitlines())) <= 100
    for words in ("VANISHING", "needed", "Remedies", "← best", d.headline):
        assert words in text


def test_page(tmp_path):
    d = examine(net(), 60)
    path = d.save(tmp_path / "flow.html")
    text = path.read_text(encoding="utf-8")
    assert text.count("<svg") == text.count("</svg>") == 1
    assert "needed: 60" in text
    assert "prefers-color-scheme:dark" in text
    assert "http" not in text  # self-contained
    assert "nan" not in text.lower().replace("tenant", "")
    with pytest.raises(InputError, match="cannot write"):
        d.save(tmp_path / "nowhere" / "flow.html")


X, Y = torch.zeros(2, 5, 4), torch.zeros(2, 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"needed": 0}, "needed: got 0"),
        ({"max_lag": -1}, "max_lag: got -1"),
        ({"loss": lambda y, t: y - t}, r"loss: got \(2, 1\)"),
        ({"loss": lambda y, t: 1.0}, "loss: got float"),
        ({"model": nn.Linear(4, 1)}, "no recurrent layer in Linear"),
        ({"inputs": X[:0], "targets": Y[:0]}, "0 rows"),
    ],
)
def test_wrong_input_is_one_line(change, words):
    given = {
        "model": Last(net()),
        "inputs": X,
        "targets": Y,
        "loss": mse_loss,
        **change,
    }
    with pytest.raises(InputError, match=words) as caught:
        diagnose(**given)
    assert "\n" not in str(caught.value)


def test_layers_that_never_run():
    class Idle(Last):
        def forward(self, x):
            return x.sum((1, 2)).unsqueeze(1)

    with pytest.raises(InputError, match="did not run"):
        diagnose(Idle(net()), X, Y, mse_loss)
