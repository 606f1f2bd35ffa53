"""Layers: drop-in replacements of `torch.nn.RNN`, `torch.nn.GRU`, `torch.nn.LSTM`."""

from ._checks import ShapeError as ShapeError
from ._gru import GRU as GRU
from ._lstm import LSTM as LSTM
from ._rnn import RNN as RNN

__all__ = ["GRU", "LSTM", "RNN", "ShapeError"]
