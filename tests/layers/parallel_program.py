"""One of two processes of DistributedDataParallel: trains, writes its weights.

``python parallel_program.py RANK RENDEZVOUS DIRECTORY``
"""

from __future__ import annotations

import gc
import sys
from contextlib import nullcontext
from pathlib import Path

import torch

# DistributedDataParallel imports this, with the group of the moment as a default of
# its functions: imported later, they would keep that group and its threads.
import torch.distributed.nn.functional
from safetensors.torch import save_file
from torch import nn
from torch.nn.parallel import DistributedDataParallel

import elman

ROWS, STEPS, INPUTS, ROUNDS = 8, 5, 3, 3


class Layers(nn.Module):
    """Two bidirectional LSTM layers over ragged rows."""

    def __init__(self):
        super().__init__()
        self.rnn = elman.LSTM(INPUTS, 6, 2, bidirectional=True, batch_first=True)
        self.out = nn.Linear(12, 1)

    def forward(self, x, lengths):
        return self.out(
            self.rnn(x, lengths=lengths)[1][0][-2:].transpose(0, 1).flatten(1)
        )


class Loop(nn.Module):
    """A loop over a cell, wide enough that its weights' gradients come at the end."""

    def __init__(self):
        super().__init__()
        self.cell = elman.LSTMCell(INPUTS, 96)
        self.out = nn.Linear(96, 1)

    def forward(self, x, lengths):
        state = None
        for t in range(x.shape[1]):
            state = self.cell(x[:, t], state)
        return self.out(state[0])


KINDS = {"layers": Layers, "loop": Loop}


def trained(kind, shares, rank=None, parts=1):
    """Return the weights after a few steps of SGD on every shares-th row.

    With two parts, the gradients of two halves are added up before a step, the
    first without being sent.
    """
    torch.manual_seed(3)
    model = KINDS[kind]().double()
    x = torch.randn(ROWS, STEPS, INPUTS, dtype=torch.float64)
    lengths = torch.tensor([5, 1, 4, 5, 0, 2, 3, 5])
    target = torch.randn(ROWS, 1, dtype=torch.float64)
    mine = slice(rank, None, shares)
    x, lengths, target = x[mine], lengths[mine], target[mine]
    run = model if rank is None else DistributedDataParallel(model)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(ROUNDS):
        optimiser.zero_grad()
        for part in range(parts):
            quiet = rank is not None and part < parts - 1
            rows = slice(part, None, parts)
            with run.no_sync() if quiet else nullcontext():
                error = run(x[rows], lengths[rows]) - target[rows]
                (error.square().mean() / parts).backward()
        optimiser.step()
    return {name: value.detach() for name, value in model.state_dict().items()}


def main():
    """Train every kind with one part and with two."""
    rank, rendezvous, directory = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=2
    )
    try:
        for kind in KINDS:
            for parts in (1, 2):
                weights = trained(kind, 2, rank, parts)
                save_file(weights, directory / f"{kind}-{parts}-{rank}.safetensors")
    finally:
        torch.distributed.destroy_process_group()
        # The wrappers are cycles that hold the group, and the group its threads: one
        # that lets go of a Python object while the interpreter ends aborts it.
        gc.collect()


if __name__ == "__main__":
    main()
