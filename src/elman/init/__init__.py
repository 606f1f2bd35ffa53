"""Initialisations that let gradients reach further back, in place and by name."""

from ._bias import chrono_ as chrono_
from ._bias import forget_bias_ as forget_bias_
from ._critical import critical_ as critical_
from ._names import NAMES as NAMES
from ._names import apply_ as apply_
from ._places import check_parameters as check_parameters
from ._recurrent import identity_ as identity_
from ._recurrent import orthogonal_ as orthogonal_

__all__ = [
    "NAMES",
    "apply_",
    "check_parameters",
    "chrono_",
    "critical_",
    "forget_bias_",
    "identity_",
    "orthogonal_",
]
