"""The one training loop: settings in, best weights and a history out."""

from ._evaluate import evaluate as evaluate
from ._evaluate import predict as predict
from ._settings import TrainingSettings as TrainingSettings
from ._settings_check import needs_epochs as needs_epochs
from ._train import train as train
from .data._by_length import ByLength as ByLength
from .data._by_length import padding_share as padding_share
from .data._digest import digest_of as digest_of
from .data._examples import Examples as Examples
from .data._examples import RaggedSequences as RaggedSequences
from .data._examples import Subset as Subset
from .data._rows import Rows as Rows
from .data._streams import Streams as Streams
from .data._weighted import WithWeights as WithWeights
from .keep._checkpoints import Checkpoints as Checkpoints
from .keep._lock import DirectoryLock as DirectoryLock
from .keep._lock import FileLock as FileLock
from .step._gradient import Gradient as Gradient
from .step._gradient import Seen as Seen
from .step._gradient import Setup as Setup
from .step._objective import Objective as Objective
from .step._objective import Supervised as Supervised
from .step._objective import Value as Value
from .step._objective import Weighted as Weighted
from .step._optimizers import OPTIMIZERS as OPTIMIZERS
from .step._optimizers import parameter_groups as parameter_groups
from .step._recompute import Recomputed as Recomputed
from .step._schedules import SCHEDULES as SCHEDULES
from .step._weight import mean_over as mean_over
from .together._ended import manner_of as manner_of
from .together._team import Team as Team
from .together._team import joined as joined
from .tune._find_batch import BatchSizes as BatchSizes
from .tune._find_batch import find_batch_size as find_batch_size
from .tune._find_rate import LearningRates as LearningRates
from .tune._find_rate import find_learning_rate as find_learning_rate
from .watch._callbacks import BestWeights as BestWeights
from .watch._callbacks import Callback as Callback
from .watch._callbacks import MetricsFile as MetricsFile
from .watch._callbacks import TrainingState as TrainingState
from .watch._divergence import Divergence as Divergence
from .watch._divergence import KeepDivergence as KeepDivergence
from .watch._progress import Progress as Progress
from .watch._result import TrainingResult as TrainingResult
from .watch._tensorboard import TensorBoard as TensorBoard
from .watch._working import working as working

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
    "FileLock",
    "Gradient",
    "KeepDivergence",
    "LearningRates",
    "MetricsFile",
    "Objective",
    "Progress",
    "RaggedSequences",
    "Recomputed",
    "Rows",
    "Seen",
    "Setup",
    "Streams",
    "Subset",
    "Supervised",
    "Team",
    "TensorBoard",
    "TrainingResult",
    "TrainingSettings",
    "TrainingState",
    "Value",
    "Weighted",
    "WithWeights",
    "digest_of",
    "evaluate",
    "find_batch_size",
    "find_learning_rate",
    "joined",
    "manner_of",
    "mean_over",
    "needs_epochs",
    "padding_share",
    "parameter_groups",
    "predict",
    "train",
    "working",
]
