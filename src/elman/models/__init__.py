"""Networks the estimators train: plain ``nn.Module``s, no frames, no scikit-learn."""

from ._cells import CELLS as CELLS
from ._cells import check_cell as check_cell
from ._competing_kernels import CompetingKernels as CompetingKernels
from ._convolution_features import ConvolutionFeatures as ConvolutionFeatures
from ._highway import HighwayNetwork as HighwayNetwork
from ._pooling import POOLINGS as POOLINGS
from ._reservoir import Reservoir as Reservoir
from ._sequence import SequenceNetwork as SequenceNetwork

__all__ = [
    "CELLS",
    "POOLINGS",
    "CompetingKernels",
    "ConvolutionFeatures",
    "HighwayNetwork",
    "Reservoir",
    "SequenceNetwork",
    "check_cell",
]
