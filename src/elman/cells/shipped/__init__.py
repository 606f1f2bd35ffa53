"""The cells that come with the package, one file of equations each."""

from .cornn import CoRNN as CoRNN
from .coupled_lstm import CoupledLSTM as CoupledLSTM
from .gru import GRU as GRU
from .gru import GRUResetBefore as GRUResetBefore
from .indrnn import IndRNN as IndRNN
from .janet import JANET as JANET
from .layer_norm import LayerNormGRU as LayerNormGRU
from .layer_norm import LayerNormLSTM as LayerNormLSTM
from .lru import LRU as LRU
from .lstm import LSTM as LSTM
from .mingru import MinGRU as MinGRU
from .peephole_lstm import PeepholeLSTM as PeepholeLSTM
from .rnn import RNN as RNN
from .slstm import SLSTM as SLSTM

__all__ = [
    "GRU",
    "JANET",
    "LRU",
    "LSTM",
    "RNN",
    "SLSTM",
    "CoRNN",
    "CoupledLSTM",
    "GRUResetBefore",
    "IndRNN",
    "LayerNormGRU",
    "LayerNormLSTM",
    "MinGRU",
    "PeepholeLSTM",
]
