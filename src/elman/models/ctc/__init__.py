"""Labels without places: the loss over all alignments, searches, the best alignment.

Connectionist temporal classification (Graves, Fernández, Gomez and Schmidhuber 2006).
"""

from ._align import Span as Span
from ._align import aligned as aligned
from ._loss import BLANK as BLANK
from ._loss import ctc_loss as ctc_loss
from ._loss import ctc_targets as ctc_targets
from ._loss import steps_needed as steps_needed
from ._search import greedy as greedy
from ._search import search as search
