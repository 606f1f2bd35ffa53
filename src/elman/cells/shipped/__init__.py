"""The cells that come with the package, one file of equations each."""

from .dynamical.antisymmetric import AntisymmetricRNN as AntisymmetricRNN
from .dynamical.cfc import CfC as CfC
from .dynamical.cornn import CoRNN as CoRNN
from .dynamical.lem import LEM as LEM
from .dynamical.unicornn import UnICORNN as UnICORNN
from .gated.coupled_lstm import CoupledLSTM as CoupledLSTM
from .gated.fastgrnn import FastGRNN as FastGRNN
from .gated.gru import GRU as GRU
from .gated.gru import GRUResetBefore as GRUResetBefore
from .gated.janet import JANET as JANET
from .gated.layer_norm import LayerNormGRU as LayerNormGRU
from .gated.layer_norm import LayerNormLSTM as LayerNormLSTM
from .gated.ligru import LiGRU as LiGRU
from .gated.lstm import LSTM as LSTM
from .gated.mgu import MGU as MGU
from .gated.peephole_lstm import PeepholeLSTM as PeepholeLSTM
from .gated.rhn import RHN as RHN
from .gated.slstm import SLSTM as SLSTM
from .orthogonal import OrthogonalRNN as OrthogonalRNN
from .rnn import RNN as RNN
from .scans.hgrn import HGRN as HGRN
from .scans.indrnn import IndRNN as IndRNN
from .scans.linoss import LinOSS as LinOSS
from .scans.lru import LRU as LRU
from .scans.mingru import MinGRU as MinGRU
from .scans.minlstm import MinLSTM as MinLSTM
from .scans.paragru import ParaGRU as ParaGRU
from .scans.paralstm import ParaLSTM as ParaLSTM
from .scans.rglru import RGLRU as RGLRU
from .scans.sru import SRU as SRU

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
    "CfC",
    "CoRNN",
    "CoupledLSTM",
    "FastGRNN",
    "GRUResetBefore",
    "IndRNN",
    "LayerNormGRU",
    "LayerNormLSTM",
    "LiGRU",
    "LinOSS",
    "MinGRU",
    "MinLSTM",
    "OrthogonalRNN",
    "ParaGRU",
    "ParaLSTM",
    "PeepholeLSTM",
    "UnICORNN",
]
