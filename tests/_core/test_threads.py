"""The core's threads: after a fork, in several Python threads, at exit."""

import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from cells import by_operator, draw
from native_core import SERVED, every_cell, native, running_on, same_bits

CELL = next(c for c in SERVED if c.id == "lstm-plain")

SCRIPT = textwrap.dedent(
    """
    import os, torch, elman
    torch.set_num_threads(2)
    layer = elman.LSTM(8, 64)
    x = torch.randn(30, 16, 8)
    with torch.no_grad():
        expected = layer(x)[0]
        child = os.fork()
        if child == 0:
            same = torch.equal(layer(x)[0], expected)
            os._exit(0 if same else 1)
        _, status = os.waitpid(child, 0)
        assert status == 0, status
        assert torch.equal(layer(x)[0], expected)
    print("done")
    """
)


def run(script):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env=os.environ | {"OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_after_a_fork_and_at_exit():
    done = run(SCRIPT)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "done\n"


def test_several_python_threads_at_once():
    problem = draw(CELL, 20, 8, 5, 40)
    with running_on(threads=2):
        expected = by_operator(problem, "native")
        with ThreadPoolExecutor(4) as pool:

            def solve(_):
                torch.set_num_threads(2)
                return by_operator(problem, "native")

            for solution in pool.map(solve, range(24)):
                same_bits(expected, solution)


@every_cell
def test_a_call_that_is_given_up_and_begun_again_has_the_same_bits(cell):
    problem = draw(cell, 9, 3, 5, 40)
    with running_on():
        expected = by_operator(problem, "native")
    with running_on(threads=4):
        native.give_up_at_meetings(True)
        try:
            for _ in range(3):
                same_bits(expected, by_operator(problem, "native"))
        finally:
            native.give_up_at_meetings(False)
