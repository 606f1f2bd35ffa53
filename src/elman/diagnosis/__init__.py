"""How far gradients reach back in time, how far the data need them to, what helps."""

from __future__ import annotations

from ._alarm import FlowWarning as FlowWarning
from ._autocorrelation import autocorrelation as autocorrelation
from ._behaviour import Behaviour as Behaviour
from ._catalogue import KINDS as KINDS
from ._catalogue import Kind as Kind
from ._dependence import forecast_dependence as forecast_dependence
from ._dependence import needed_dependence as needed_dependence
from ._diagnose import diagnose as diagnose
from ._floss import floss_ as floss_
from ._gates import Saturation as Saturation
from ._lyapunov import Lyapunov as Lyapunov
from ._needed import Need as Need
from ._needed import needed_from_lengths as needed_from_lengths
from ._needed import needed_horizon as needed_horizon
from ._nonfinite import NonFinite as NonFinite
from ._nonfinite import first_nonfinite as first_nonfinite
from ._prescribe import Prescription as Prescription
from ._prescribe import prescribe as prescribe
from ._recorder import FlowRecorder as FlowRecorder
from ._results import Diagnosis as Diagnosis
from ._results import Finding as Finding
from ._results import LayerProfile as LayerProfile
from ._results import Remedy as Remedy
from ._statistics import GradientStatistics as GradientStatistics
from ._statistics import gradient_statistics as gradient_statistics
from ._thresholds import THRESHOLDS as THRESHOLDS
from ._thresholds import Threshold as Threshold
from ._trial import Trial as Trial
from ._truncation import TruncationBias as TruncationBias
from ._truncation import truncation_bias as truncation_bias

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
