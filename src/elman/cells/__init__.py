"""Recurrent cells as their equations, and what follows from them.

A cell is a subclass of `Cell` with its states and one `step`. `shipped` holds those
that come with the package, `cell` finds one by name. What other parts of the package
need of a cell is here: its parameters, its equations on numbers, and its program for
the core.
"""

from ._cell import Cell as Cell
from ._registry import cell as cell
from ._registry import find as find
from ._registry import given as given
from ._registry import is_shipped as is_shipped
from ._registry import names as names
from ._registry import register as register
from ._stock import STOCK as STOCK
from ._stock import a_variant as a_variant
from ._stock import gate_names as gate_names
from ._stock import state_names as state_names
from ._stock import stock as stock
from ._stock import stock_name as stock_name
from ._stock import title as title
from ._stored import restored as restored
from ._stored import stored as stored
from .equations._draws import ChronoBias as ChronoBias
from .equations._draws import Constant as Constant
from .equations._draws import Draw as Draw
from .equations._draws import FanIn as FanIn
from .equations._draws import Geometric as Geometric
from .equations._draws import HeNormal as HeNormal
from .equations._draws import Identity as Identity
from .equations._draws import Ladder as Ladder
from .equations._draws import LogRing as LogRing
from .equations._draws import LogUniform as LogUniform
from .equations._draws import Normal as Normal
from .equations._draws import Orthogonal as Orthogonal
from .equations._draws import Rotations as Rotations
from .equations._draws import SoftplusRing as SoftplusRing
from .equations._draws import Uniform as Uniform
from .equations._functions import cos as cos
from .equations._functions import detach as detach
from .equations._functions import exp as exp
from .equations._functions import log as log
from .equations._functions import maximum as maximum
from .equations._functions import minimum as minimum
from .equations._functions import normalise as normalise
from .equations._functions import relu as relu
from .equations._functions import row_mean as row_mean
from .equations._functions import row_sum as row_sum
from .equations._functions import sigmoid as sigmoid
from .equations._functions import sin as sin
from .equations._functions import softplus as softplus
from .equations._functions import sqrt as sqrt
from .equations._functions import tanh as tanh
from .equations._functions import where as where
from .equations._roles import Roles as Roles
from .equations._roles import roles as roles
from .equations._trace import Step as Step
from .equations._transforms import Antisymmetric as Antisymmetric
from .equations._transforms import Cayley as Cayley
from .equations._transforms import Elapsed as Elapsed
from .equations._transforms import Exponential as Exponential
from .equations._transforms import Transform as Transform
from .graph._layout import Weight as Weight
from .numeric._evaluate import Composite as Composite
from .numeric._evaluate import specified as specified
from .numeric._evaluate import unit_values as unit_values
from .numeric._forward_mode import ForwardMode as ForwardMode
from .numeric._weights import affine as affine
from .numeric._weights import core_bias as core_bias
from .numeric._weights import core_weights as core_weights
from .numeric._weights import initial as initial
from .numeric._weights import paired_bias as paired_bias
from .numeric._weights import paired_gradient as paired_gradient
from .numeric._weights import recurs as recurs
from .numeric._weights import row_blocks as row_blocks
from .numeric._weights import shapes as shapes
from .program._lower import Lowered as Lowered
from .program._lower import lower as lower
from .program._lower import noisy as noisy
from .program._print_cpp import library_text as library_text
from .program._program import Program as Program

__all__ = [
    "STOCK",
    "Antisymmetric",
    "Cayley",
    "Cell",
    "ChronoBias",
    "Composite",
    "Constant",
    "Draw",
    "Elapsed",
    "Exponential",
    "FanIn",
    "ForwardMode",
    "Geometric",
    "HeNormal",
    "Identity",
    "Ladder",
    "LogRing",
    "LogUniform",
    "Lowered",
    "Normal",
    "Orthogonal",
    "Program",
    "Roles",
    "Rotations",
    "SoftplusRing",
    "Step",
    "Transform",
    "Uniform",
    "Weight",
    "a_variant",
    "affine",
    "cell",
    "core_bias",
    "core_weights",
    "cos",
    "detach",
    "exp",
    "find",
    "gate_names",
    "given",
    "initial",
    "is_shipped",
    "library_text",
    "log",
    "lower",
    "maximum",
    "minimum",
    "names",
    "noisy",
    "normalise",
    "paired_bias",
    "paired_gradient",
    "recurs",
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
