"""Every number a verdict rests on, with where it comes from."""

from __future__ import annotations

VANISHED = 1e-3
"""A(k)/A(0) below this: the gradient has not reached lag k.

The thousandth part that is commonly called vanished, and the mirror image of
`EXPLODED`; at the usual gradient norms of 0.1 to 10 and Adam's noise it no
longer moves a weight. Definition of this library.
"""

EXPLODED = 1e3
"""A(k)/A(0) above this: the gradient explodes.

A norm a thousand times the ordinary one makes clipping replace nearly all of a
step's direction by that of a few rows (Pascanu, Mikolov and Bengio, ICML 2013).
Definition of this library.
"""

FARTHEST = 10
"""A horizon is extrapolated to at most this many times the window measured."""

FEWEST_ROWS = 0.25
"""A lag counts while at least this share of the rows is that long."""

NOISY = 2.0
"""Standard errors between horizon and need below which the two are not told apart.

The usual 95 % interval.
"""

CHAOTIC = 0.01
"""A leading Lyapunov exponent above this, and above its noise, is chaos.

Chaotic recurrent dynamics have exploding gradients always (Mikhaeil, Monfared
and Durstewitz, NeurIPS 2022); a hundredth per step is e in a hundred steps.
"""

GATE_LOW, GATE_HIGH = 0.01, 0.99
"""A gate outside is saturated: its slope σ(1 − σ) is under 4 % of the largest."""

SATURATED = 0.5
"""Share of saturated activations from which they are a finding: the majority."""

FLAT = 1e-6
"""A unit whose value varies by less over all rows and steps is dead."""

DEAD = 0.25
"""Share of dead units from which they are a finding: a quarter of the layer."""
