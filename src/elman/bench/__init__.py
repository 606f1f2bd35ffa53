"""Elman's layers against their peers, in one process, taken in turns."""

from ._cases import CELLS as CELLS
from ._cases import EQUATIONS as EQUATIONS
from ._cases import GROUPS as GROUPS
from ._cases import OTHERS as OTHERS
from ._cases import SIZES as SIZES
from ._cases import Case as Case
from ._cases import Sizes as Sizes
from ._cases import cases as cases
from ._cases import title as title
from ._document import document as document
from ._document import machine as machine
from ._measure import measure as measure
from ._peers import PEERS as PEERS
from ._peers import find_peers as find_peers
from ._race import race as race
from ._rows import Row as Row
from ._rows import against as against
from ._rows import geometric_means as geometric_means
from ._rows import slower as slower

__all__ = [
    "CELLS",
    "EQUATIONS",
    "GROUPS",
    "OTHERS",
    "PEERS",
    "SIZES",
    "Case",
    "Row",
    "Sizes",
    "against",
    "cases",
    "document",
    "find_peers",
    "geometric_means",
    "machine",
    "measure",
    "race",
    "slower",
    "title",
]
