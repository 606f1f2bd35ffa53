"""The specification: every cell in NumPy float64, forward and backward by hand.

Each cell is one file that reads like its equations. Nothing here is fast, and
nothing but tests imports it.

Axes
----
N rows of the batch, T steps, F input features, H hidden units, P projected units,
K outputs. Sequences are (N, T, ·), states (N, ·). Gates are stacked in torch's
order: GRU r|z|n, LSTM i|f|g|o. A letter d before a name is the derivative of the
loss with respect to it.
"""

from . import activations as activations
from . import dense as dense
from . import gru as gru
from . import lstm as lstm
from . import ragged as ragged
from . import rnn as rnn

__all__ = ["activations", "dense", "gru", "lstm", "ragged", "rnn"]
