"""A layer class for every cell that comes with the package, and layers of others."""

from __future__ import annotations

import inspect
from typing import Any

from elman import cells
from elman.cells import shipped

from ._equations import CellLayer


class Named(CellLayer):
    """Layers of a cell that comes with the package."""

    cell_class: type[cells.Cell]

    def __init__(self, input_size: int, hidden_size: int, *args: Any, **options: Any):
        known = self.cell_class.options()
        own = {name: options.pop(name) for name in list(options) if name in known}
        try:
            _SIGNATURE.bind(None, None, input_size, hidden_size, *args, **options)
        except TypeError as error:
            raise TypeError(f"{self.cell_class.__name__}: {error}") from None
        super().__init__(
            self.cell_class(**own), input_size, hidden_size, *args, **options
        )


_SIGNATURE = inspect.signature(CellLayer.__init__)
_HEADS = "heads : int\n    Matrices of states are block diagonal, so many blocks.\n"


def _layer_class(cell: type[cells.Cell]) -> type[Named]:
    """Return the class of a cell's layers, with the cell's options among its own."""
    given = list(_SIGNATURE.parameters.values())
    own = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=value)
        for name, value in cell.options().items()
    ]
    title = (inspect.getdoc(cell) or cell.__name__).split("Parameters\n----------")
    text = inspect.getdoc(CellLayer) or ""
    rest = text[text.index("input_size, hidden_size : int") :]
    parameters = title[1].strip("\n") + "\n" if len(title) > 1 else ""
    if "heads : int" not in parameters:
        parameters += _HEADS
    return type(
        cell.__name__,
        (Named,),
        {
            "__doc__": f"{title[0].rstrip()}\n\nParameters\n----------\n"
            f"{parameters}{rest}",
            "__module__": __name__,
            "__signature__": inspect.Signature([*given[2:], *own]),
            "cell_class": cell,
        },
    )


AntisymmetricRNN = _layer_class(shipped.AntisymmetricRNN)
CoRNN = _layer_class(shipped.CoRNN)
CoupledLSTM = _layer_class(shipped.CoupledLSTM)
FastGRNN = _layer_class(shipped.FastGRNN)
HGRN = _layer_class(shipped.HGRN)
IndRNN = _layer_class(shipped.IndRNN)
JANET = _layer_class(shipped.JANET)
LayerNormGRU = _layer_class(shipped.LayerNormGRU)
LayerNormLSTM = _layer_class(shipped.LayerNormLSTM)
LEM = _layer_class(shipped.LEM)
CfC = _layer_class(shipped.CfC)
LiGRU = _layer_class(shipped.LiGRU)
LinOSS = _layer_class(shipped.LinOSS)
LRU = _layer_class(shipped.LRU)
MGU = _layer_class(shipped.MGU)
MinGRU = _layer_class(shipped.MinGRU)
MinLSTM = _layer_class(shipped.MinLSTM)
OrthogonalRNN = _layer_class(shipped.OrthogonalRNN)
ParaGRU = _layer_class(shipped.ParaGRU)
ParaLSTM = _layer_class(shipped.ParaLSTM)
PeepholeLSTM = _layer_class(shipped.PeepholeLSTM)
RGLRU = _layer_class(shipped.RGLRU)
RHN = _layer_class(shipped.RHN)
SLSTM = _layer_class(shipped.SLSTM)
SRU = _layer_class(shipped.SRU)
UnICORNN = _layer_class(shipped.UnICORNN)

NAMED = {
    kind.cell_class: kind
    for kind in list(globals().values())
    if isinstance(kind, type) and issubclass(kind, Named) and kind is not Named
}
"""The layer class of each cell of the package that is no twin of torch's."""


def layer_class(cell: type[cells.Cell]) -> type:
    """Return the class of the layers of a cell.

    Parameters
    ----------
    cell : type
    """
    return NAMED.get(cell, CellLayer)


def layer_of(
    cell: str | type[cells.Cell] | cells.Cell,
    input_size: int,
    hidden_size: int,
    **options: Any,
) -> CellLayer:
    """Return layers of a cell.

    Parameters
    ----------
    cell : Cell
        Also its class, or a registered name.
    input_size, hidden_size : int
    **options
        Those of `CellLayer`.
    """
    if isinstance(cell, str | type):
        cell = cells.cell(cell)
    named = NAMED.get(type(cell))
    if named is None:
        return CellLayer(cell, input_size, hidden_size, **options)
    return named(input_size, hidden_size, **cell.chosen(), **options)
