"""Recurrent cells as their equations, and what follows from them.

A cell is a subclass of `Cell` with its states and one `step`. `shipped` holds those
that come with the package, `cell` finds one by name. What other parts of the package
need of a cell is here: its parameters, its equations on numbers, and its program for
the core.
"""

from ._cell import Cell as Cell
from ._draws import ChronoBias as ChronoBias
from ._draws import Constant as Constant
from ._draws import Draw as Draw
from ._draws import Identity as Identity
from ._draws import Ladder as Ladder
from ._draws import LogRing as LogRing
from ._draws import LogUniform as LogUniform
from ._draws import Normal as Normal
from ._draws import Orthogonal as Orthogonal
from ._draws import Uniform as Uniform
from ._evaluate import Composite as Composite
from ._evaluate import specified as specified
from ._evaluate import unit_values as unit_values
from ._forward_mode import ForwardMode as ForwardMode
from ._functions import cos as cos
from ._functions import exp as exp
from ._functions import log as log
from ._functions import maximum as maximum
from ._functions import minimum as minimum
from ._functions import normalise as normalise
from ._functions import relu as relu
from ._functions import row_mean as row_mean
from ._functions import row_sum as row_sum
from ._functions import sigmoid as sigmoid
from ._functions import sin as sin
from ._functions import softplus as softplus
from ._functions import sqrt as sqrt
from ._functions import tanh as tanh
from ._functions import where as where
from ._layout import Weight as Weight
from ._lower import Lowered as Lowered
from ._lower import lower as lower
from ._lower import noisy as noisy
from ._program import Program as Program
from ._registry import cell as cell
from ._registry import find as find
from ._registry import is_shipped as is_shipped
from ._registry import names as names
from ._registry import register as register
from ._roles import Roles as Roles
from ._roles import roles as roles
from ._stock import STOCK as STOCK
from ._stock import a_variant as a_variant
from ._stock import gate_names as gate_names
from ._stock import state_names as state_names
from ._stock import stock as stock
from ._stock import stock_name as stock_name
from ._stock import title as title
from ._stored import restored as restored
from ._stored import stored as stored
from ._trace import Step as Step
from ._weights import core_bias as core_bias
from ._weights import core_weights as core_weights
from ._weights import initial as initial
from ._weights import paired_bias as paired_bias
from ._weights import row_blocks as row_blocks
from ._weights import shapes as shapes

__all__ = [
    "STOCK",
    "Cell",
    "ChronoBias",
    "Composite",
    "Constant",
    "Draw",
    "ForwardMode",
    "Identity",
    "Ladder",
    "LogRing",
    "LogUniform",
    "Lowered",
    "Normal",
    "Orthogonal",
    "Program",
    "Roles",
    "Step",
    "Uniform",
    "Weight",
    "a_variant",
    "cell",
    "core_bias",
    "core_weights",
    "cos",
    "exp",
    "find",
    "gate_names",
    "initial",
    "is_shipped",
    "log",
    "lower",
    "maximum",
    "minimum",
    "names",
    "noisy",
    "normalise",
    "paired_bias",
    "register",
    "relu",
    "restored",
    "roles",
    "row_blocks",
    "row_mean",
    "row_sum",
    "shapes",
    "sigmoid",
    "sin",
    "softplus",
    "specified",
    "sqrt",
    "state_names",
    "stock",
    "stock_name",
    "stored",
    "tanh",
    "title",
    "unit_values",
    "where",
]
