"""Recurrent networks for PyTorch, with gradients you can see.

Public names load on first use, so ``import elman`` costs next to nothing and
``elman --help`` answers at once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._torch_version import check_torch as _check_torch

__version__ = "0.1.0"

_HOME = {
    "RNN": "elman.layers",
    "GRU": "elman.layers",
    "LSTM": "elman.layers",
    "CoRNN": "elman.layers",
    "CoupledLSTM": "elman.layers",
    "IndRNN": "elman.layers",
    "JANET": "elman.layers",
    "LayerNormGRU": "elman.layers",
    "LayerNormLSTM": "elman.layers",
    "LRU": "elman.layers",
    "MinGRU": "elman.layers",
    "PeepholeLSTM": "elman.layers",
    "SLSTM": "elman.layers",
    "MGU": "elman.layers",
    "LiGRU": "elman.layers",
    "FastGRNN": "elman.layers",
    "RHN": "elman.layers",
    "SRU": "elman.layers",
    "MinLSTM": "elman.layers",
    "RGLRU": "elman.layers",
    "HGRN": "elman.layers",
    "LinOSS": "elman.layers",
    "ParaGRU": "elman.layers",
    "ParaLSTM": "elman.layers",
    "LEM": "elman.layers",
    "CfC": "elman.layers",
    "UnICORNN": "elman.layers",
    "AntisymmetricRNN": "elman.layers",
    "OrthogonalRNN": "elman.layers",
    "Cell": "elman.cells",
    "compile_cells": "elman.ops",
    "RNNCell": "elman.layers",
    "GRUCell": "elman.layers",
    "LSTMCell": "elman.layers",
    "accelerate": "elman.layers",
    "restore": "elman.layers",
    "FrontEnd": "elman.data",
    "read_recordings": "elman.data",
    "read_sound": "elman.data",
    "Diagnosis": "elman.diagnosis",
    "diagnose": "elman.diagnosis",
    "SequenceClassifier": "elman.tasks",
    "SequenceRegressor": "elman.tasks",
    "SequenceTranscriber": "elman.tasks",
    "Forecaster": "elman.tasks",
    "LanguageModel": "elman.tasks",
    "Translator": "elman.tasks",
    "load": "elman.tasks",
    "search": "elman.tasks",
    "explain": "elman.tasks",
    "ElmanError": "elman._errors",
    "InputError": "elman._errors",
    "RunDirectoryError": "elman._errors",
}

_check_torch()

__all__ = sorted([*_HOME, "__version__", "init", "onnx"])

if TYPE_CHECKING:
    from elman import init as init
    from elman import onnx as onnx
    from elman._errors import ElmanError as ElmanError
    from elman._errors import InputError as InputError
    from elman._errors import RunDirectoryError as RunDirectoryError
    from elman.cells import Cell as Cell
    from elman.data import FrontEnd as FrontEnd
    from elman.data import read_recordings as read_recordings
    from elman.data import read_sound as read_sound
    from elman.diagnosis import Diagnosis as Diagnosis
    from elman.diagnosis import diagnose as diagnose
    from elman.layers import GRU as GRU
    from elman.layers import HGRN as HGRN
    from elman.layers import JANET as JANET
    from elman.layers import LEM as LEM
    from elman.layers import LRU as LRU
    from elman.layers import LSTM as LSTM
    from elman.layers import MGU as MGU
    from elman.layers import RGLRU as RGLRU
    from elman.layers import RHN as RHN
    from elman.layers import RNN as RNN
    from elman.layers import SLSTM as SLSTM
    from elman.layers import SRU as SRU
    from elman.layers import AntisymmetricRNN as AntisymmetricRNN
    from elman.layers import CfC as CfC
    from elman.layers import CoRNN as CoRNN
    from elman.layers import CoupledLSTM as CoupledLSTM
    from elman.layers import FastGRNN as FastGRNN
    from elman.layers import GRUCell as GRUCell
    from elman.layers import IndRNN as IndRNN
    from elman.layers import LayerNormGRU as LayerNormGRU
    from elman.layers import LayerNormLSTM as LayerNormLSTM
    from elman.layers import LiGRU as LiGRU
    from elman.layers import LinOSS as LinOSS
    from elman.layers import LSTMCell as LSTMCell
    from elman.layers import MinGRU as MinGRU
    from elman.layers import MinLSTM as MinLSTM
    from elman.layers import OrthogonalRNN as OrthogonalRNN
    from elman.layers import ParaGRU as ParaGRU
    from elman.layers import ParaLSTM as ParaLSTM
    from elman.layers import PeepholeLSTM as PeepholeLSTM
    from elman.layers import RNNCell as RNNCell
    from elman.layers import UnICORNN as UnICORNN
    from elman.layers import accelerate as accelerate
    from elman.layers import restore as restore
    from elman.ops import compile_cells as compile_cells
    from elman.tasks import Forecaster as Forecaster
    from elman.tasks import LanguageModel as LanguageModel
    from elman.tasks import SequenceClassifier as SequenceClassifier
    from elman.tasks import SequenceRegressor as SequenceRegressor
    from elman.tasks import SequenceTranscriber as SequenceTranscriber
    from elman.tasks import Translator as Translator
    from elman.tasks import explain as explain
    from elman.tasks import load as load
    from elman.tasks import search as search


def __getattr__(name: str) -> Any:
    if name in ("init", "onnx"):
        return importlib.import_module(f"elman.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'elman' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
