"""Every cell on every instruction set against the float64 equations."""

import pytest
import torch

from cells import by_operator, by_reference, draw
from native_core import every_cell, every_set, lengths_for, running_on
from tolerance import assert_close

# T, B, I, H: sizes of no vector, of one and of several; one row and many; more
# rows than one block of a weight gradient; panels with a part of a vector.
SIZES = [
    (1, 1, 1, 1),
    (5, 3, 4, 5),
    (4, 9, 17, 33),
    (3, 2, 20, 70),
    (12, 30, 3, 16),
    (30, 1, 5, 40),
    (2, 300, 2, 3),
]
FORMS = [(False, False, True), (True, True, True), (True, False, False)]


@every_set
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@every_cell
def test_forward_states_and_gradients(cell, dtype, threads, isa):
    for k, (T, B, I, H) in enumerate(SIZES):
        ragged, reverse, bias = FORMS[(k + threads) % 3]
        problem = draw(
            cell,
            T,
            B,
            I,
            H,
            lengths=lengths_for(T, B) if ragged else None,
            reverse=reverse,
            bias=bias,
            dtype=dtype,
        )
        expected = by_reference(problem)
        with running_on(isa, threads):
            actual = by_operator(problem, "native", dtype)
        assert actual.keys() == expected.keys()
        for name, value in actual.items():
            assert_close(
                value,
                expected[name],
                summands=problem.summands,
                steps=T,
                dtype=dtype,
                what=f"{name} at {T, B, I, H}",
            )
