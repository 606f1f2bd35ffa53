"""The one training loop: settings in, best weights and a history out."""

from ._by_length import ByLength as ByLength
from ._by_length import padding_share as padding_share
from ._callbacks import BestWeights as BestWeights
from ._callbacks import Callback as Callback
from ._callbacks import MetricsFile as MetricsFile
from ._callbacks import TrainingState as TrainingState
from ._checkpoints import Checkpoints as Checkpoints
from ._digest import digest_of as digest_of
from ._divergence import Divergence as Divergence
from ._divergence import KeepDivergence as KeepDivergence
from ._evaluate import evaluate as evaluate
from ._evaluate import predict as predict
from ._examples import Examples as Examples
from ._examples import RaggedSequences as RaggedSequences
from ._examples import Subset as Subset
from ._find_batch import BatchSizes as BatchSizes
from ._find_batch import find_batch_size as find_batch_size
from ._find_rate import LearningRates as LearningRates
from ._find_rate import find_learning_rate as find_learning_rate
from ._lock import DirectoryLock as DirectoryLock
from ._optimizers import OPTIMIZERS as OPTIMIZERS
from ._optimizers import parameter_groups as parameter_groups
from ._progress import Progress as Progress
from ._recompute import Recomputed as Recomputed
from ._result import TrainingResult as TrainingResult
from ._rows import Rows as Rows
from ._schedules import SCHEDULES as SCHEDULES
from ._settings import TrainingSettings as TrainingSettings
from ._streams import Streams as Streams
from ._team import Team as Team
from ._team import joined as joined
from ._tensorboard import TensorBoard as TensorBoard
from ._train import train as train
from ._weight import mean_over as mean_over

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "BatchSizes",
    "BestWeights",
    "ByLength",
    "Callback",
    "Checkpoints",
    "DirectoryLock",
    "Divergence",
    "Examples",
    "KeepDivergence",
    "LearningRates",
    "MetricsFile",
    "Progress",
    "RaggedSequences",
    "Recomputed",
    "Rows",
    "Streams",
    "Subset",
    "Team",
    "TensorBoard",
    "TrainingResult",
    "TrainingSettings",
    "TrainingState",
    "digest_of",
    "evaluate",
    "find_batch_size",
    "find_learning_rate",
    "joined",
    "mean_over",
    "padding_share",
    "parameter_groups",
    "predict",
    "train",
]
