from collections.abc import Sequence
from typing import Any

from torch import Tensor

def setup(*arguments: object) -> bool: ...
def step(*arguments: object) -> Any: ...
def fast_layer(*arguments: object) -> Any: ...
def sequence_forward(*arguments: object) -> Any: ...
def sequence_backward(*arguments: object) -> Any: ...
def isa() -> str: ...
def isa_list() -> str: ...
def force_isa(name: str | None) -> None: ...
def share_above(step: int, call: int) -> None: ...
def burn(doubles: bool, rounds: int, threads: int) -> float: ...
def own_threads(own: bool) -> None: ...
def use_compiled(use: bool) -> None: ...

class Graph:
    """A program of a cell, checked: see core/include/elman/program.h."""

    def __init__(self, integers: Sequence[int], floats: Sequence[float]) -> None: ...
    @property
    def hash(self) -> int: ...
    @property
    def compiled(self) -> bool: ...
    def forward(
        self,
        x: Tensor,
        weights: Sequence[Tensor],
        bias: Tensor | None,
        units: Sequence[Tensor],
        masks: Sequence[Tensor],
        first: Sequence[Tensor | None] | None,
        y: Tensor,
        last: Sequence[Tensor],
        saved: Tensor | None = None,
        tracks: Sequence[Tensor | None] | None = None,
        rows: Tensor | None = None,
        lengths: Tensor | None = None,
        reverse: bool = False,
        threads: int = 1,
        save: bool = False,
    ) -> None: ...
    def backward(
        self,
        x: Tensor,
        weights: Sequence[Tensor],
        units: Sequence[Tensor],
        masks: Sequence[Tensor],
        first: Sequence[Tensor | None] | None,
        y: Tensor,
        saved: Tensor | None,
        tracks: Sequence[Tensor | None] | None,
        rows: Tensor | None,
        lengths: Tensor | None = None,
        reverse: bool = False,
        threads: int = 1,
        dy: Tensor | None = None,
        dlast: Sequence[Tensor | None] | None = None,
        dx: Tensor | None = None,
        dweights: Sequence[Tensor | None] | None = None,
        dbias: Tensor | None = None,
        dunits: Sequence[Tensor | None] | None = None,
        dfirst: Sequence[Tensor | None] | None = None,
        norms: Tensor | None = None,
    ) -> None: ...
