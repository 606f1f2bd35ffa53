"""Every gradient of the reference against central differences."""

import numpy as np
import pytest

from cells import CELLS, by_reference, draw, loss, with_values
from tolerance import FINITE_DIFFERENCE_STEP, finite_difference_tolerance


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
@pytest.mark.parametrize("lengths", [None, [4, 0, 2]], ids=["full", "ragged"])
@pytest.mark.parametrize("cell", CELLS, ids=lambda c: c.id)
def test_every_gradient_is_the_slope_of_the_loss(cell, lengths, reverse):
    problem = draw(cell, 4, 3, 2, 3, lengths=lengths, reverse=reverse)
    solution = by_reference(problem)
    limit = finite_difference_tolerance(abs(loss(problem, solution)))
    for name, value in problem.given.items():
        slope = np.zeros_like(value)
        for place in np.ndindex(value.shape):
            step = np.zeros_like(value)
            step[place] = FINITE_DIFFERENCE_STEP
            above, below = (
                loss(problem, by_reference(with_values(problem, name, value + s)))
                for s in (step, -step)
            )
            slope[place] = (above - below) / (2 * FINITE_DIFFERENCE_STEP)
        worst = np.abs(solution[f"d{name}"] - slope).max()
        assert worst <= limit, f"d{name} is off by {worst:.3g}"
