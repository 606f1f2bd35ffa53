"""The one training loop: settings in, best weights and a history out."""

from elman.training.data._by_length import ByLength as ByLength
from elman.training.data._by_length import padding_share as padding_share
from elman.training.data._digest import digest_of as digest_of
from elman.training.data._examples import Examples as Examples
from elman.training.data._examples import RaggedSequences as RaggedSequences
from elman.training.data._examples import Subset as Subset
from elman.training.data._rows import Rows as Rows
from elman.training.data._streams import Streams as Streams
from elman.training.keep._checkpoints import Checkpoints as Checkpoints
from elman.training.keep._lock import DirectoryLock as DirectoryLock
from elman.training.step._optimizers import OPTIMIZERS as OPTIMIZERS
from elman.training.step._optimizers import parameter_groups as parameter_groups
from elman.training.step._recompute import Recomputed as Recomputed
from elman.training.step._schedules import SCHEDULES as SCHEDULES
from elman.training.step._weight import mean_over as mean_over
from elman.training.together._team import Team as Team
from elman.training.together._team import joined as joined
from elman.training.tune._find_batch import BatchSizes as BatchSizes
from elman.training.tune._find_batch import find_batch_size as find_batch_size
from elman.training.tune._find_rate import LearningRates as LearningRates
from elman.training.tune._find_rate import find_learning_rate as find_learning_rate
from elman.training.watch._callbacks import BestWeights as BestWeights
from elman.training.watch._callbacks import Callback as Callback
from elman.training.watch._callbacks import MetricsFile as MetricsFile
from elman.training.watch._callbacks import TrainingState as TrainingState
from elman.training.watch._divergence import Divergence as Divergence
from elman.training.watch._divergence import KeepDivergence as KeepDivergence
from elman.training.watch._progress import Progress as Progress
from elman.training.watch._result import TrainingResult as TrainingResult
from elman.training.watch._tensorboard import TensorBoard as TensorBoard

from ._evaluate import evaluate as evaluate
from ._evaluate import predict as predict
from ._settings import TrainingSettings as TrainingSettings
from ._train import train as train

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
