"""Loss, search and alignment beside all paths, written out one by one."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from elman.models import ctc


def every_path(output):
    """Yield what each path says, the path, and its probability."""
    chance = torch.tensor(output).softmax(-1).numpy()
    steps, symbols = chance.shape
    for path in itertools.product(range(symbols), repeat=steps):
        said = tuple(k for k, _ in itertools.groupby(path) if k != ctc.BLANK)
        yield said, path, math.prod(chance[t, k] for t, k in enumerate(path))


def draw(seed, steps=5, symbols=4, scale=1.5):
    return np.random.default_rng(seed).normal(scale=scale, size=(steps, symbols))


@pytest.mark.parametrize("labels", [(), (1,), (2, 2), (1, 2, 3), (3, 3, 3), (1, 2, 1)])
def test_the_loss_is_the_sum_over_all_alignments(labels):
    output = draw(len(labels))
    total = sum(p for said, _, p in every_path(output) if said == labels)
    target = ctc.ctc_targets([labels], [5])
    loss = ctc.ctc_loss(torch.tensor(output)[None], target)
    assert float(loss) * max(len(labels), 1) == pytest.approx(-math.log(total))


@pytest.mark.parametrize("seed", range(6))
def test_a_search_with_room_for_all_finds_the_most_probable_labels(seed):
    output = draw(seed)
    chances = {}
    for said, _, p in every_path(output):
        chances[said] = chances.get(said, 0.0) + p
    ranked = sorted(chances, key=chances.get, reverse=True)
    found = ctc.search(output, beam=10_000, n_best=10_000)
    assert [labels for labels, _ in found[:20]] == ranked[:20]
    assert len(found) == len(chances)
    for labels, value in found:
        assert value == pytest.approx(math.log(chances[labels]))


def test_a_search_finds_what_no_single_best_path_says():
    # At both steps nothing is likelier than the label, and the label in all.
    output = np.log(np.array([[0.6, 0.4], [0.6, 0.4]]))
    assert ctc.greedy(output) == ()
    ((labels, value),) = ctc.search(output, beam=2)
    assert labels == (1,)
    assert math.exp(value) == pytest.approx(1 - 0.36)


@pytest.mark.parametrize("seed", range(4))
def test_a_narrow_search_gives_no_more_than_there_is(seed):
    output = draw(seed, steps=8)
    wide = dict(ctc.search(output, 100_000, 100_000))
    for beam in (1, 3, 10):
        found = ctc.search(output, beam, beam)
        assert len(found) == beam
        for labels, value in found:
            assert value <= wide[labels] + 1e-9


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("labels", [(), (1,), (2, 2), (1, 2, 3)])
def test_the_alignment_is_the_most_probable_path(seed, labels):
    output = draw(10 + seed)
    chance, path = max(
        (p, path) for said, path, p in every_path(output) if said == labels
    )
    spans, value = ctc.aligned(output, labels)
    assert value == pytest.approx(math.log(chance))
    groups = [
        (k, [t for t, _ in own])
        for k, own in itertools.groupby(enumerate(path), lambda x: x[1])
    ]
    expected = [(own[0], own[-1] + 1) for k, own in groups if k != ctc.BLANK]
    assert [tuple(span) for span in spans] == expected


def test_greedy_takes_the_best_symbol_of_each_step():
    path = [0, 2, 2, 0, 2, 1, 1, 0]
    assert ctc.greedy(np.eye(3)[path]) == (2, 2, 1)


def test_labels_that_do_not_fit_have_no_alignment_and_no_end_of_loss():
    labels = (1, 1, 2)
    assert ctc.steps_needed(np.array(labels)) == 4
    assert ctc.aligned(draw(0, steps=3), labels) == ([], -math.inf)
    output = torch.tensor(draw(0, steps=3))[None]
    assert torch.isinf(ctc.ctc_loss(output, ctc.ctc_targets([labels], [3])))


def test_padding_and_batch_mates_have_no_say():
    draws = torch.Generator().manual_seed(0)
    output = torch.randn(3, 7, 4, generator=draws, dtype=torch.float64)
    labels, steps = [(1, 2), (3,), ()], [7, 4, 5]
    together = output.clone()
    for row, count in enumerate(steps):
        together[row, count:] = math.nan
    together.requires_grad_()
    loss = ctc.ctc_loss(together, ctc.ctc_targets(labels, steps))
    loss.backward()
    total = 0.0
    for row, (own, count) in enumerate(zip(labels, steps, strict=True)):
        alone = output[row : row + 1, :count].clone().requires_grad_()
        single = ctc.ctc_loss(alone, ctc.ctc_targets([own], [count]))
        share = max(len(own), 1)
        (single * share / 3).backward()
        total += single.item() * share / 3
        torch.testing.assert_close(together.grad[row, :count], alone.grad[0])
        assert not together.grad[row, count:].any()
    assert loss.item() == pytest.approx(total)
