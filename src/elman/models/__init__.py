"""Networks the estimators train: plain ``nn.Module``s, no frames, no scikit-learn."""

from ._cells import CELLS as CELLS
from ._cells import check_cell as check_cell
from ._highway import HighwayNetwork as HighwayNetwork
from ._pooling import POOLINGS as POOLINGS
from ._sequence import SequenceNetwork as SequenceNetwork

__all__ = [
    "CELLS",
    "POOLINGS",
    "HighwayNetwork",
    "SequenceNetwork",
    "check_cell",
]
