"""Networks the estimators train: plain ``nn.Module``s, no frames, no scikit-learn."""

from ._cells import CELLS as CELLS
from ._cells import check_cell as check_cell
from ._competing_kernels import CompetingKernels as CompetingKernels
from ._convolution import ConvolutionEncoder as ConvolutionEncoder
from ._convolution import levels_for as levels_for
from ._convolution_features import ConvolutionFeatures as ConvolutionFeatures
from ._corrected import DECODERS as DECODERS
from ._corrected import correcting_from as correcting_from
from ._correcting import CorrectingNetwork as CorrectingNetwork
from ._encoded import Encoded as Encoded
from ._encoded import Encoder as Encoder
from ._encoders import ENCODERS as ENCODERS
from ._encoders import KINDS as KINDS
from ._encoders import check_encoder as check_encoder
from ._encoders import title_of as title_of
from ._highway import HighwayNetwork as HighwayNetwork
from ._log_link import LogLink as LogLink
from ._pooling import POOLINGS as POOLINGS
from ._pooling import check_pooling as check_pooling
from ._pooling import pooling_of as pooling_of
from ._recurrent import RecurrentEncoder as RecurrentEncoder
from ._reservoir import Reservoir as Reservoir
from ._segments import SegmentNetwork as SegmentNetwork
from ._sequence import SequenceNetwork as SequenceNetwork
from ._sized import parameters_of as parameters_of
from ._sized import width_for as width_for
from ._transformer import TransformerEncoder as TransformerEncoder
from ._transformer import heads_for as heads_for
from .inputs._timed import takes_time as takes_time
from .inputs._timed import with_time as with_time
from .language._network import LanguageNetwork as LanguageNetwork
from .language._network import language_loss as language_loss

__all__ = [
    "CELLS",
    "DECODERS",
    "ENCODERS",
    "KINDS",
    "POOLINGS",
    "CompetingKernels",
    "ConvolutionEncoder",
    "ConvolutionFeatures",
    "CorrectingNetwork",
    "Encoded",
    "Encoder",
    "HighwayNetwork",
    "LanguageNetwork",
    "LogLink",
    "RecurrentEncoder",
    "Reservoir",
    "SegmentNetwork",
    "SequenceNetwork",
    "TransformerEncoder",
    "check_cell",
    "check_encoder",
    "check_pooling",
    "correcting_from",
    "heads_for",
    "language_loss",
    "levels_for",
    "parameters_of",
    "pooling_of",
    "takes_time",
    "title_of",
    "width_for",
    "with_time",
]
