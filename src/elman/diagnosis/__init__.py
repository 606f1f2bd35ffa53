"""How far gradients reach back in time, how far the data need them to, what helps."""

from __future__ import annotations

from ._diagnose import diagnose as diagnose
from ._results import Diagnosis as Diagnosis
from ._results import Finding as Finding
from ._results import LayerProfile as LayerProfile
from ._results import Remedy as Remedy
from ._thresholds import THRESHOLDS as THRESHOLDS
from ._thresholds import Threshold as Threshold
from .judge._catalogue import KINDS as KINDS
from .judge._catalogue import Kind as Kind
from .measure._behaviour import Behaviour as Behaviour
from .measure._gates import Saturation as Saturation
from .measure._lyapunov import Lyapunov as Lyapunov
from .measure._nonfinite import NonFinite as NonFinite
from .measure._nonfinite import first_nonfinite as first_nonfinite
from .measure._statistics import GradientStatistics as GradientStatistics
from .measure._statistics import gradient_statistics as gradient_statistics
from .measure._trial import Trial as Trial
from .measure._truncation import TruncationBias as TruncationBias
from .measure._truncation import truncation_bias as truncation_bias
from .need._autocorrelation import autocorrelation as autocorrelation
from .need._dependence import forecast_dependence as forecast_dependence
from .need._dependence import needed_dependence as needed_dependence
from .need._needed import Need as Need
from .need._needed import needed_from_lengths as needed_from_lengths
from .need._needed import needed_horizon as needed_horizon
from .remedy._floss import floss_ as floss_
from .remedy._prescribe import Prescription as Prescription
from .remedy._prescribe import prescribe as prescribe
from .watch._alarm import FlowWarning as FlowWarning
from .watch._recorder import FlowRecorder as FlowRecorder

__all__ = [
    "KINDS",
    "THRESHOLDS",
    "Behaviour",
    "Diagnosis",
    "Finding",
    "FlowRecorder",
    "FlowWarning",
    "GradientStatistics",
    "Kind",
    "LayerProfile",
    "Lyapunov",
    "Need",
    "NonFinite",
    "Prescription",
    "Remedy",
    "Saturation",
    "Threshold",
    "Trial",
    "TruncationBias",
    "autocorrelation",
    "diagnose",
    "first_nonfinite",
    "floss_",
    "forecast_dependence",
    "gradient_statistics",
    "needed_dependence",
    "needed_from_lengths",
    "needed_horizon",
    "prescribe",
    "truncation_bias",
]
