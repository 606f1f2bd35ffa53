"""Operators: one function a cell, for one layer in one direction.

Which implementation runs is decided by `choose_path`; ask with `record_paths`,
force with `force_path`.
"""

from typing import Any

from ._asked import asking as asking
from ._asked_once import exporting as exporting
from ._call import Call as Call
from ._call import Noise as Noise
from ._call import Result as Result
from ._call import Weights as Weights
from ._cell_keys import key_of as key_of
from ._equations import dropout_masks as dropout_masks
from ._gru import gru as gru
from ._half import computes_in_half as computes_in_half
from ._half import run_widened as run_widened
from ._half import stored_in as stored_in
from ._lstm import lstm as lstm
from ._ordinary import disturbed as disturbed
from ._ordinary import foreign as foreign
from ._ordinary import ordinary as ordinary
from ._paths import PREFERENCE as PREFERENCE
from ._paths import Request as Request
from ._paths import choose_path as choose_path
from ._paths import core_traces as core_traces
from ._paths import core_traces_program as core_traces_program
from ._paths import force_path as force_path
from ._paths import record_paths as record_paths
from ._paths import register_path as register_path
from ._paths import run as run
from ._paths import run_instead as run_instead
from ._paths import transformed as transformed
from ._rnn import NONLINEARITIES as NONLINEARITIES
from ._rnn import check_nonlinearity as check_nonlinearity
from ._rnn import rnn as rnn
from ._step_gradients import StepGradients as StepGradients
from ._step_gradients import record_step_gradients as record_step_gradients
from ._torch import STOCK as STOCK
from .native._border import BUILT as BUILT
from .native._border import CELLS as CELLS
from .native._border import MOST_ROWS as MOST_ROWS
from .native._border import STEPS as STEPS
from .native._border import fast_layer as fast_layer
from .native._border import step as step
from .native._compile import compile_cells as compile_cells
from .native._draws import held as held
from .native._held import held_back as held_back
from .native._instruction_set import instruction_set as instruction_set
from .native._peak import measured_peak as measured_peak
from .native._program import PROGRAMS as PROGRAMS
from .native._program import run_program as run_program
from .native._sequence import run_sequence as run_sequence
from .native._trained_step import trained_step as trained_step

core_forward: Any = None
"""The core's operator as a graph being compiled calls it."""
if BUILT:
    from .native import _native as _native
    from .native._native_library import forward as core_forward

__all__ = [
    "BUILT",
    "CELLS",
    "MOST_ROWS",
    "NONLINEARITIES",
    "PREFERENCE",
    "PROGRAMS",
    "STEPS",
    "STOCK",
    "Call",
    "Noise",
    "Request",
    "Result",
    "StepGradients",
    "Weights",
    "asking",
    "check_nonlinearity",
    "choose_path",
    "compile_cells",
    "computes_in_half",
    "core_forward",
    "core_traces",
    "core_traces_program",
    "disturbed",
    "dropout_masks",
    "exporting",
    "fast_layer",
    "force_path",
    "foreign",
    "gru",
    "held",
    "held_back",
    "instruction_set",
    "key_of",
    "lstm",
    "measured_peak",
    "ordinary",
    "record_paths",
    "record_step_gradients",
    "register_path",
    "rnn",
    "run",
    "run_instead",
    "run_program",
    "run_sequence",
    "run_widened",
    "step",
    "stored_in",
    "trained_step",
    "transformed",
]
