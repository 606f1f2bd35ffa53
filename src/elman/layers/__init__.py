"""Layers: drop-in replacements of torch.nn's recurrent layers and cells."""

from ._cells import GRUCell as GRUCell
from ._cells import LSTMCell as LSTMCell
from ._cells import RNNCell as RNNCell
from ._checks import ShapeError as ShapeError
from ._checks import as_lengths as as_lengths
from ._equations import CellLayer as CellLayer
from ._gru import GRU as GRU
from ._lstm import LSTM as LSTM
from ._one_step import OneStep as OneStep
from ._registered import HGRN as HGRN
from ._registered import JANET as JANET
from ._registered import LEM as LEM
from ._registered import LRU as LRU
from ._registered import MGU as MGU
from ._registered import RGLRU as RGLRU
from ._registered import RHN as RHN
from ._registered import SLSTM as SLSTM
from ._registered import SRU as SRU
from ._registered import AntisymmetricRNN as AntisymmetricRNN
from ._registered import CfC as CfC
from ._registered import CoRNN as CoRNN
from ._registered import CoupledLSTM as CoupledLSTM
from ._registered import FastGRNN as FastGRNN
from ._registered import IndRNN as IndRNN
from ._registered import LayerNormGRU as LayerNormGRU
from ._registered import LayerNormLSTM as LayerNormLSTM
from ._registered import LiGRU as LiGRU
from ._registered import LinOSS as LinOSS
from ._registered import MinGRU as MinGRU
from ._registered import MinLSTM as MinLSTM
from ._registered import OrthogonalRNN as OrthogonalRNN
from ._registered import ParaGRU as ParaGRU
from ._registered import ParaLSTM as ParaLSTM
from ._registered import PeepholeLSTM as PeepholeLSTM
from ._registered import UnICORNN as UnICORNN
from ._registered import layer_class as layer_class
from ._registered import layer_of as layer_of
from ._rnn import RNN as RNN
from ._stack import run_stack as run_stack
from ._twins import extras_of as extras_of
from .convert._accelerate import Swap as Swap
from .convert._accelerate import accelerate as accelerate
from .convert._accelerate import restore as restore
from .convert._keras import from_keras as from_keras
from .convert._keras import load_keras as load_keras
from .convert._keras import to_keras as to_keras
from .convert._standard import as_ours as as_ours
from .convert._standard import equations_of as equations_of
from .convert._standard import is_one_step as is_one_step
from .convert._standard import is_recurrent as is_recurrent
from .convert._standard import name_of as name_of
from .convert._standard import peculiarity as peculiarity
from .convert._standard import standard_class as standard_class

__all__ = [
    "GRU",
    "HGRN",
    "JANET",
    "LEM",
    "LRU",
    "LSTM",
    "MGU",
    "RGLRU",
    "RHN",
    "RNN",
    "SLSTM",
    "SRU",
    "AntisymmetricRNN",
    "CellLayer",
    "CfC",
    "CoRNN",
    "CoupledLSTM",
    "FastGRNN",
    "GRUCell",
    "IndRNN",
    "LSTMCell",
    "LayerNormGRU",
    "LayerNormLSTM",
    "LiGRU",
    "LinOSS",
    "MinGRU",
    "MinLSTM",
    "OneStep",
    "OrthogonalRNN",
    "ParaGRU",
    "ParaLSTM",
    "PeepholeLSTM",
    "RNNCell",
    "ShapeError",
    "Swap",
    "UnICORNN",
    "accelerate",
    "as_lengths",
    "as_ours",
    "equations_of",
    "extras_of",
    "from_keras",
    "is_one_step",
    "is_recurrent",
    "layer_class",
    "layer_of",
    "load_keras",
    "name_of",
    "peculiarity",
    "restore",
    "run_stack",
    "standard_class",
    "to_keras",
]
