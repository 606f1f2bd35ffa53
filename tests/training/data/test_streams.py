"""How streams cut series: every step once, resets at starts, lengths drawn."""

from __future__ import annotations

import pytest
import torch

from elman._errors import InputError
from elman.training import Streams
from elman.training.data._chunks import chunk_ends


def test_every_step_is_seen_once_an_epoch_but_a_rest_shorter_than_the_rows():
    lengths = [5, 1, 30, 14, 9]
    count = sum(lengths)
    numbers = torch.arange(count)
    streams = Streams(numbers, numbers, lengths, rows=4, steps=6, random_lengths=True)
    for epoch in (1, 2, 5):
        layout, ends = streams.layout(3, epoch), streams.ends(3, epoch)
        seen = torch.cat(
            [
                streams.window(layout, a, b)[0][0].flatten()
                for a, b in zip([0, *ends[:-1]], ends, strict=True)
            ]
        )
        assert len(seen.unique()) == len(seen) == count - count % 4


def test_resets_are_where_series_begin():
    lengths = [5, 1, 30, 14, 9, 2, 2, 2]
    numbers = torch.cat([torch.arange(n) for n in lengths])
    streams = Streams(numbers, numbers, lengths, rows=5, steps=4)
    for epoch in (0, 1, 2):
        layout = streams.layout(1, epoch)
        positions, _ = streams.window(layout, 0, streams.length)
        resets = layout.resets(0, streams.length)
        expected = positions[0] == 0
        found = torch.zeros_like(expected)
        for step, rows in resets.items():
            found[:, step] = rows
        assert torch.equal(found, expected)


def test_random_lengths_are_a_function_of_seed_and_epoch_and_cover_all():
    def drawn(seed, epoch):
        return chunk_ends(20_000, 70, random=True, seed=seed, epoch=epoch)

    first = drawn(1, 1)
    chunk_ends.cache_clear()
    assert drawn(1, 1) == first
    assert drawn(1, 2) != first
    assert drawn(2, 1) != first
    sizes = torch.tensor(first).diff(prepend=torch.tensor([0]))
    assert first[-1] == 20_000
    assert sizes[:-1].min() >= 5
    assert sizes.max() <= 140
    # 0.95 · 70 + 0.05 · 35, give or take four deviations of the mean of 290.
    assert abs(float(sizes.double().mean()) - 68.25) < 4 * 9.1 / 290**0.5
    assert 0 < (sizes < 50).sum() < 40


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda x: Streams(x, x[:-1]), "one target a step"),
        (lambda x: Streams(x, x, [3, 4]), "lengths add up to 7"),
        (lambda x: Streams(x, x, rows=11), "too few for 11 streams"),
        (lambda x: Streams(x, x, rows=2, steps=0), "steps must be at least 1"),
        (
            lambda x: Streams(x, x, rows=2, steps=4, gradient_steps=3),
            "at least steps",
        ),
        (lambda x: Streams.of([]), "no series"),
    ],
)
def test_wrong_streams_say_so(make, words):
    with pytest.raises(InputError, match=words) as caught:
        make(torch.zeros(10, 1))
    assert "\n" not in str(caught.value)
