"""What the values of an input count for an output, of any function or module."""

from ._attribution import Array as Array
from ._attribution import Attribution as Attribution
from ._attribution import Function as Function
from ._attribution import Gradient as Gradient
from ._attribution import baselines_of as baselines_of
from ._blocks import Block as Block
from ._blocks import Blocks as Blocks
from ._fidelity import Fidelity as Fidelity
from ._fidelity import fidelity as fidelity
from ._gradients import TOLERANCE as TOLERANCE
from ._gradients import expected_gradients as expected_gradients
from ._gradients import integrated_gradients as integrated_gradients
from ._hiding import MOST_EXACT as MOST_EXACT
from ._hiding import PERMUTATIONS as PERMUTATIONS
from ._hiding import occlusion as occlusion
from ._hiding import shapley as shapley
from ._module import ModuleFunction as ModuleFunction
from ._module import likeness as likeness
from ._module import shuffled as shuffled

BY_GRADIENT = ("integrated gradients", "expected gradients")
METHODS = (*BY_GRADIENT, "shapley", "occlusion")
"""What `elman.explain` can be asked for."""

__all__ = [
    "BY_GRADIENT",
    "METHODS",
    "MOST_EXACT",
    "PERMUTATIONS",
    "TOLERANCE",
    "Array",
    "Attribution",
    "Block",
    "Blocks",
    "Fidelity",
    "Function",
    "Gradient",
    "ModuleFunction",
    "baselines_of",
    "expected_gradients",
    "fidelity",
    "integrated_gradients",
    "likeness",
    "occlusion",
    "shapley",
    "shuffled",
]
