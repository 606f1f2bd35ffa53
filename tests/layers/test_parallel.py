"""DistributedDataParallel: two processes against one that sees all rows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tests.layers.parallel_program import INPUTS, KINDS, ROUNDS, ROWS, STEPS, trained
from tests.tolerance import assert_close

PROGRAM = Path(__file__).with_name("parallel_program.py")


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """All trainings by two processes."""
    directory = tmp_path_factory.mktemp("parallel")
    command = [sys.executable, "-W", "error", str(PROGRAM)]
    started = [
        subprocess.Popen(
            [*command, str(rank), str(directory / "rendezvous"), str(directory)],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    said = [process.communicate(timeout=120)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0], "\n".join(said)
    return directory


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("parts", [1, 2])
def test_two_processes_train_as_one(together, kind, parts):
    first, second = (
        load_file(together / f"{kind}-{parts}-{rank}.safetensors") for rank in range(2)
    )
    alone = trained(kind, 1)
    torch.manual_seed(3)
    fresh = KINDS[kind]().double().state_dict()
    for name, weight in alone.items():
        assert torch.equal(first[name], second[name]), name
        assert not torch.equal(weight, fresh[name]), name
        summands = ROWS * STEPS * (INPUTS + 96)
        assert_close(
            first[name], weight, summands=summands, steps=STEPS * ROUNDS, what=name
        )
