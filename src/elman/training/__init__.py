"""The one training loop: settings in, best weights and a history out."""

from ._callbacks import BestWeights as BestWeights
from ._callbacks import Callback as Callback
from ._callbacks import MetricsFile as MetricsFile
from ._callbacks import TrainingState as TrainingState
from ._evaluate import evaluate as evaluate
from ._evaluate import predict as predict
from ._examples import Examples as Examples
from ._examples import RaggedSequences as RaggedSequences
from ._examples import Subset as Subset
from ._loop import TrainingResult as TrainingResult
from ._loop import train as train
from ._progress import Progress as Progress
from ._settings import OPTIMIZERS as OPTIMIZERS
from ._settings import TrainingSettings as TrainingSettings

__all__ = [
    "OPTIMIZERS",
    "BestWeights",
    "Callback",
    "Examples",
    "MetricsFile",
    "Progress",
    "RaggedSequences",
    "Subset",
    "TrainingResult",
    "TrainingSettings",
    "TrainingState",
    "evaluate",
    "predict",
    "train",
]
