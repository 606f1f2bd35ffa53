"""The processes that train one module together, and what they say to each other."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch.distributed as dist
from safetensors.torch import load, save
from torch import Tensor

from elman.training.keep._state import pack, unpack


def team() -> Team | None:
    """Return the team this process is in, or None if it trains alone.

    A process is in a team once ``torch.distributed`` has a default process group of
    more than one member; `joined` makes that of what ``torchrun`` sets.
    """
    if not (dist.is_available() and dist.is_initialized()):
        return None
    return Team() if dist.get_world_size() > 1 else None


@contextlib.contextmanager
def joined() -> Iterator[Team | None]:
    """Join the processes that ``torchrun`` has started, and leave them at the end.

    Yields None, and does nothing, in a process that was started alone. The backend is
    NCCL where each process has a CUDA device, and Gloo elsewhere.
    """
    alone = int(os.environ.get("WORLD_SIZE", "1")) <= 1
    if alone or not dist.is_available() or dist.is_initialized():
        yield team()
        return
    local = int(os.environ.get("LOCAL_RANK", "0"))
    nccl = dist.is_nccl_available() and torch.cuda.device_count() > local
    if nccl:
        torch.cuda.set_device(local)
    # DistributedDataParallel imports this, and its functions have the process group of
    # the moment as a default: imported later, they would keep the group, and the group
    # its threads, which the end of the interpreter may then abort.
    importlib.import_module("torch.distributed.nn.functional")
    backend = "nccl" if nccl else "gloo"
    again = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    if again != "0" and os.environ.get("GROUP_WORLD_SIZE") == "1":
        # torchrun keeps its store over a restart, with the addresses of the dead.
        # Machines count their restarts apart, so this helps on one of them alone.
        store, rank, size = next(dist.rendezvous("env://"))  # type: ignore[attr-defined]
        store = dist.PrefixStore(f"restart-{again}", store)  # type: ignore[attr-defined]
        dist.init_process_group(backend, store=store, rank=rank, world_size=size)
    else:
        dist.init_process_group(backend)
    try:
        yield team()
    finally:
        dist.destroy_process_group()
        # A module that is garbage, but in a cycle, would keep the group as well.
        gc.collect()


class Team:
    """The process and its peers in torch's default process group.

    Every method but `share` is a meeting: all members have to call it, in the same
    order, and all of them get the same answer. Members walk through the same steps
    of the same global batches; each computes its share of a batch.

    Attributes
    ----------
    rank : int
        This member's number; 0 leads: it writes files and prints.
    size : int
        How many members there are.
    """

    def __init__(self) -> None:
        self.rank = dist.get_rank()
        self.size = dist.get_world_size()
        # Gloo talks about tensors on the CPU, NCCL about those of this device.
        self.device = (
            torch.device("cuda", torch.cuda.current_device())
            if dist.get_backend() == "nccl"
            else torch.device("cpu")
        )

    @property
    def leads(self) -> bool:
        """Whether this member writes files and prints."""
        return self.rank == 0

    def share(self, batch: Tensor) -> Tensor:
        """Return this member's part of a batch, shape (≤ ⌈B / size⌉,).

        The parts of all members, one after the other, are the batch: no example
        is lost or seen twice. With fewer examples than members some are empty.
        """
        begin = self.rank * len(batch) // self.size
        end = (self.rank + 1) * len(batch) // self.size
        return batch[begin:end]

    def total(self, values: Sequence[float]) -> list[float]:
        """Return the sums of these numbers over the members, in float64.

        Parameters
        ----------
        values : sequence of float
            As many on every member.
        """
        found: list[float] = self._tell(values).sum(0).tolist()
        return found

    def columns(self, values: Sequence[float]) -> list[list[float]]:
        """Return every member's numbers, in the order of their ranks.

        Parameters
        ----------
        values : sequence of float
            As many on every member.
        """
        found: list[list[float]] = self._tell(values).tolist()
        return found

    def hear(self, state: Any) -> Any:
        """Return the leader's state on every member.

        Parameters
        ----------
        state : Any
            A tree of plain values and tensors; only the leader's counts.
        """
        content = _written(state) if self.leads else b""
        size = torch.tensor([len(content)], device=self.device)
        dist.broadcast(size, 0)
        buffer = torch.empty(int(size), dtype=torch.uint8, device=self.device)
        if self.leads:
            buffer.copy_(torch.frombuffer(bytearray(content), dtype=torch.uint8))
        dist.broadcast(buffer, 0)
        return state if self.leads else _read(buffer.cpu().numpy().tobytes())

    def everyone(self, state: Any) -> list[Any]:
        """Return every member's state, in the order of their ranks.

        Parameters
        ----------
        state : Any
            A tree of plain values and tensors.
        """
        own = torch.frombuffer(bytearray(_written(state)), dtype=torch.uint8)
        sizes = [int(row[0]) for row in self.columns([float(len(own))])]
        padded = torch.zeros(max(sizes), dtype=torch.uint8, device=self.device)
        padded[: len(own)] = own
        found = [torch.empty_like(padded) for _ in sizes]
        dist.all_gather(found, padded)
        return [
            _read(content[:size].cpu().numpy().tobytes())
            for content, size in zip(found, sizes, strict=True)
        ]

    def _tell(self, values: Sequence[float]) -> Tensor:
        """Return all members' numbers, (size, n): summed here in one fixed order."""
        own = torch.tensor(values, dtype=torch.float64, device=self.device)
        everyone = [torch.empty_like(own) for _ in range(self.size)]
        dist.all_gather(everyone, own)
        return torch.stack(everyone)


def _written(state: Any) -> bytes:
    plain, tensors = pack(state)
    words = json.dumps(plain).encode()
    return len(words).to_bytes(8, "little") + words + save(tensors)


def _read(content: bytes) -> Any:
    begin = 8 + int.from_bytes(content[:8], "little")
    return unpack(json.loads(content[8:begin]), load(content[begin:]))
