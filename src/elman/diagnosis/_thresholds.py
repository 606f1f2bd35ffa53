"""Every number a verdict rests on, with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Threshold:
    """A number that separates sound from unsound.

    Parameters
    ----------
    name : str
        What is compared with it.
    value : float
        The number.
    source : str
        Where it comes from, and why it is that number.
    """

    name: str
    value: float
    source: str


VANISHED = 1e-3
"""A(k)/A(0) below this: the gradient has not reached lag k."""

EXPLODED = 1e3
"""A(k)/A(0) above this: the gradient explodes."""

FARTHEST = 10
"""A horizon is extrapolated to at most this many times the window measured."""

FEWEST_ROWS = 0.25
"""A lag counts while at least this share of the rows is that long."""

NOISY = 2.0
"""Standard errors between horizon and need below which the two are not told apart."""

CHAOTIC = 0.01
"""A leading Lyapunov exponent above this, and above its noise, is chaos."""

GATE_LOW, GATE_HIGH = 0.01, 0.99
"""A gate outside is saturated: its slope σ(1 − σ) is under 4 % of the largest."""

SATURATED = 0.5
"""Share of saturated activations from which they are a finding: the majority."""

FLAT = 1e-6
"""A unit whose value varies by less over all rows and steps is dead."""

DEAD = 0.25
"""Share of dead units from which they are a finding: a quarter of the layer."""

SHUT = 0.2
"""A gate whose median over units is below this is shut."""

SLOPE_LOSS = 0.5
"""Share of the decay a step that slopes must explain to be named as its cause."""

LARGE_INPUT = 5.0
"""Root mean square, or mean, of a layer's inputs above which they count as large."""

REWRITTEN = 0.3
"""A step that changes the weights by more than this share rewrites them."""

LARGE_STEP = 0.03
"""A step above this share is too large if the loss rises with it."""

RISEN = 1.5
"""Loss after the trial steps, relative to before, above which it has risen."""

JUMPED = 30.0
"""Largest loss of the trial steps, relative to before, above which it has jumped."""

GROWN = 1.5
"""Horizon after practice over that at the start, above which training lengthens it."""

TOLD = 2 / 3
"""Share of the steps to be told apart that must be; below, their order is lost."""

STEADY = 0.25
"""Cosine of the far gradient before and after one step: below, its order is lost."""

LINEAR = 1e-3
"""Deviation from linear, relative to the change, below which a model is linear."""

TINY_STEP = 1e-6
"""A step below this share of the weights changes nothing."""

TRUNCATION_BIAS = 0.05
"""‖∇_K − ∇‖ / ‖∇‖ above this: the truncated gradient is another one."""

CLIPPED = 0.5
"""Share of clipped steps above which the threshold, not the gradient, steers."""

TAIL = 10.0
"""99th percentile of the gradient norm over its median: above, spikes steer."""

NOISE_TO_BATCH = 10.0
"""Noise scale over batch size above which a step is mostly noise."""

_LIBRARY = "definition of this library"

THRESHOLDS = (
    Threshold(
        "A(k)/A(0), vanished",
        VANISHED,
        "the thousandth part that is commonly called vanished, the mirror image of "
        f"exploded; {_LIBRARY}",
    ),
    Threshold(
        "A(k)/A(0), exploded",
        EXPLODED,
        "a norm a thousand times the ordinary one makes clipping replace nearly all of "
        "a step's direction by that of a few rows (Pascanu, Mikolov and Bengio 2013); "
        f"{_LIBRARY}",
    ),
    Threshold(
        "standard errors of the horizon",
        NOISY,
        "the usual 95 % interval",
    ),
    Threshold(
        "leading Lyapunov exponent",
        CHAOTIC,
        "chaotic dynamics have exploding gradients always (Mikhaeil, Monfared and "
        "Durstewitz 2022); a hundredth a step is e in a hundred steps",
    ),
    Threshold(
        "saturated gate, low",
        GATE_LOW,
        "there σ' is under 4 % of its largest value",
    ),
    Threshold(
        "saturated gate, high",
        GATE_HIGH,
        "there σ' is under 4 % of its largest value",
    ),
    Threshold("share of saturated values", SATURATED, "the majority"),
    Threshold("variation of a dead unit", FLAT, "a few times float32's rounding of 1"),
    Threshold("share of dead units", DEAD, f"a quarter of the layer; {_LIBRARY}"),
    Threshold(
        "median of a gate, shut",
        SHUT,
        "σ(−1.4): a state is a thousandth after four steps; an untrained gate is at "
        "0.5",
    ),
    Threshold(
        "share of the decay due to slopes",
        SLOPE_LOSS,
        "the larger half is the cause",
    ),
    Threshold(
        "size of a layer's inputs",
        LARGE_INPUT,
        "a standardised feature has mean 0 and root mean square 1; five of its "
        "standard deviations are an outlier (LeCun et al., Efficient BackProp, 1998)",
    ),
    Threshold(
        "step size ‖Δθ‖/‖θ‖, rewriting",
        REWRITTEN,
        "about a thousandth is healthy, a hundred times that is not (Bottou's rule of "
        "thumb, as in Karpathy's CS231n); three such steps replace the weights",
    ),
    Threshold(
        "step size ‖Δθ‖/‖θ‖, with a rising loss",
        LARGE_STEP,
        "ten times what Adam at 0.001 does to a layer of 64 units at most",
    ),
    Threshold(
        "loss after the trial steps over before",
        RISEN,
        "on the batch it was stepped on, a loss falls unless the steps are too long",
    ),
    Threshold(
        "largest loss of the trial steps over before",
        JUMPED,
        "a jump this large means that one step left the region the gradient describes; "
        f"{_LIBRARY}",
    ),
    Threshold(
        "step size ‖Δθ‖/‖θ‖, tiny",
        TINY_STEP,
        "a million steps to change the weights once; near float32's rounding 1.2e-7",
    ),
    Threshold(
        "horizon after practice over the start",
        GROWN,
        "cells that learn to add over 200 steps from a short reach lengthen it by 1.6 "
        f"and more in 128 training steps, those that do not lose some; {_LIBRARY}",
    ),
    Threshold(
        "share of steps told apart",
        TOLD,
        "rotations within a right angle tell half of neighbouring steps apart and do "
        f"not learn to repeat them, within the half circle nearly all; {_LIBRARY}",
    ),
    Threshold(
        "cosine of the far gradient over one step",
        STEADY,
        f"three quarters of its length point elsewhere after a single step; {_LIBRARY}",
    ),
    Threshold(
        "deviation from linear",
        LINEAR,
        "rounding of float32 over a thousand steps stays below a ten-thousandth, and a "
        f"nonlinearity that is used is far above; {_LIBRARY}",
    ),
    Threshold(
        "gradient error of a truncation",
        TRUNCATION_BIAS,
        "Aicher, Foti and Fox, Adaptively truncating backpropagation through time, "
        "2019: a bias well below 1 keeps the convergence of SGD; 5 % is ours",
    ),
    Threshold(
        "share of clipped steps",
        CLIPPED,
        "Godbole et al., Deep Learning Tuning Playbook, 2023: above half, lower the "
        "learning rate or raise the threshold",
    ),
    Threshold(
        "99th percentile of the gradient norm over its median",
        TAIL,
        "Godbole et al., Deep Learning Tuning Playbook, 2023: clip at the 90th "
        "percentile",
    ),
    Threshold(
        "noise scale over batch size",
        NOISE_TO_BATCH,
        "McCandlish et al., An empirical model of large-batch training, 2018: far "
        "above 1, a larger batch saves steps almost in proportion",
    ),
)
"""All of them, for documentation and reports."""


def source_of(value: str) -> str:
    """Return the source of the threshold with that name."""
    return next(t.source for t in THRESHOLDS if t.name == value)
