"""How far gradients reach back in time, how far the data need them to, what helps."""

from __future__ import annotations

from ._diagnose import diagnose as diagnose
from ._gates import Saturation as Saturation
from ._lyapunov import Lyapunov as Lyapunov
from ._needed import Need as Need
from ._needed import needed_from_lengths as needed_from_lengths
from ._needed import needed_horizon as needed_horizon
from ._prescribe import prescribe as prescribe
from ._results import Diagnosis as Diagnosis
from ._results import Finding as Finding
from ._results import LayerProfile as LayerProfile
from ._results import Remedy as Remedy

__all__ = [
    "Diagnosis",
    "Finding",
    "LayerProfile",
    "Lyapunov",
    "Need",
    "Remedy",
    "Saturation",
    "diagnose",
    "needed_from_lengths",
    "needed_horizon",
    "prescribe",
]
