"""Every finding there is: what it is compared with, what helps, what that brings."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from elman.diagnosis._results import Finding
from elman.diagnosis._thresholds import source_of


@dataclass(frozen=True)
class Kind:
    """A finding before it is found.

    Parameters
    ----------
    name : str
    meaning : str
        What is wrong, in one sentence.
    limit : str
        The threshold's name in `THRESHOLDS`, or in words where it is no number.
    remedy : str
        What to do, in general.
    effect : str
        What that changes.
    source : str
        Where the remedy or a threshold that is no number comes from.
    """

    name: str
    meaning: str
    limit: str
    remedy: str
    effect: str
    source: str = ""


_VANISHED = "A(k)/A(0), vanished"
_SATURATED = "share of saturated values"
_REACH = "the steps the data need"

# In this order: of two findings equally severe, the cause comes before its effect.
_KINDS = (
    Kind(
        "inputs are not finite",
        "The batch holds NaN or infinite values.",
        "no such value",
        "fill or drop them; if a division made them, look for a constant feature",
        "the loss becomes a number",
        "one of them makes every weight NaN in one step",
    ),
    Kind(
        "weights are not finite",
        "A parameter or buffer of the model is NaN or infinite.",
        "no such value",
        "go back to the last good checkpoint; clip gradients, lower the learning rate",
        "the loss becomes a number",
        "a step once taken with a gradient that is no number cannot be taken back",
    ),
    Kind(
        "targets are not finite",
        "The targets hold NaN or infinite values that reach the loss.",
        "no such value",
        "drop or fill them, or leave them out of the loss by a mask",
        "the loss becomes a number",
        "one of them makes every weight NaN in one step",
    ),
    Kind(
        "states are not finite",
        "Inputs and weights are numbers, what a layer or module computes is not.",
        "no such value",
        "scale the inputs; a smaller recurrent gain, or a bounded nonlinearity",
        "the loss becomes a number",
        "what follows from such a value is no number either",
    ),
    Kind(
        "loss is not finite",
        "Inputs and weights are numbers, the loss of the first batch is not.",
        "a finite number",
        "look for infinite or missing targets, a logarithm of 0, a division by 0",
        "there is a gradient to follow",
        "a gradient of it is no number either",
    ),
    Kind(
        "gradients are not finite",
        "The loss is a number, its gradient is not.",
        "no such value",
        "look for a square root or a norm at 0, or a loss that overflows; clip later",
        "the step becomes a number",
        "one such step makes every weight NaN",
    ),
    Kind(
        "no gradient arrives",
        "The loss does not depend on a recurrent layer, or every gradient is zero.",
        "at least one step the loss depends on",
        "look for detach() or no_grad() between this layer and the loss, for units "
        "that are all shut, for a loss that is constant",
        "the layer learns",
        "a layer the loss does not depend on cannot learn",
    ),
    Kind(
        "weights are frozen",
        "No weight of a recurrent layer requires a gradient.",
        "at least one weight that does",
        "requires_grad_(True) on the layer, unless it is meant to stay as it is",
        "the layer learns",
        "a weight without a gradient is not moved by any step",
    ),
    Kind(
        "inputs are not scaled",
        "The layer's inputs are far from mean 0 and size 1, and they saturate it.",
        "size of a layer's inputs",
        "standardise every feature: subtract its mean, divide by its deviation",
        "gates and units leave saturation, so that their slopes are not zero",
    ),
    Kind(
        "dead units",
        "Units never change over the batch: they carry nothing.",
        "share of dead units",
        "smaller biases, scaled inputs, or another nonlinearity than ReLU",
        "they carry something again",
    ),
    Kind(
        "chaotic state",
        "Small differences of the state grow: the recurrent weights are too large.",
        "leading Lyapunov exponent",
        "a smaller recurrent gain: orthogonal or critical initialisation",
        "gradients neither explode nor depend on the last digit of the state",
    ),
    Kind(
        "gradients explode",
        "The gradient grows a thousandfold on its way back.",
        "A(k)/A(0), exploded",
        "orthogonal initialisation or a smaller recurrent gain; clip meanwhile",
        "a step is no longer decided by a few rows",
    ),
    Kind(
        "learning rate too high",
        "One step rewrites the weights, or the loss rises on the batch it was "
        "stepped on.",
        "step size ‖Δθ‖/‖θ‖, rewriting",
        "a smaller learning rate",
        "the loss falls",
    ),
    Kind(
        "state detached between calls",
        "The model's own forward cuts the state from the graph before the steps the "
        "data need.",
        _REACH,
        "hand the state on without detach(), or detach it less often",
        "the gradient reaches as far as the network lets it",
        "no gradient passes a detached state",
    ),
    Kind(
        "truncation too short",
        "Backpropagation is cut before the steps the data need.",
        "gradient error of a truncation",
        "cut later",
        "the gradient of the truncated loss is that of the loss",
    ),
    Kind(
        "sequences are too short",
        "The sequences end before the steps the data need.",
        _REACH,
        "train on longer windows",
        "the cause is in the same window as its effect",
        "no gradient reaches past the start of a sequence",
    ),
    Kind(
        "half precision loses the gradient",
        "What arrives is smaller than the rounding of the model's number format.",
        "the machine epsilon of the format",
        "run the recurrence in float32",
        "the gradient reaches as far as the network lets it",
        "a summand below epsilon times the sum is rounded away",
    ),
    Kind(
        "forget gate shut",
        "The gate that keeps the state is nearly closed: every step wipes it.",
        "median of a gate, shut",
        "a bias above zero: forget_bias or chrono initialisation",
        "the state lasts −1/ln f steps (LSTM) or −1/ln z (GRU)",
    ),
    Kind(
        "input gate shut",
        "The cell neither keeps its state nor lets inputs in.",
        "median of a gate, shut",
        "an input bias near zero",
        "inputs enter the cell",
    ),
    Kind(
        "output gate shut",
        "The cell shows nothing of its state.",
        "median of a gate, shut",
        "an output bias near zero",
        "state and gradient pass",
    ),
    Kind(
        "flat nonlinearity",
        "The slope of the nonlinearity alone shrinks the gradient; σ' is at most 1/4.",
        "share of the decay due to slopes",
        "tanh or ReLU with orthogonal or identity initialisation, or a gated cell",
        "the slope is 1 where the unit is not saturated",
    ),
    Kind(
        "saturated units",
        "Most values of a gate or slope are at the flat end of its nonlinearity.",
        _SATURATED,
        "scale the inputs, or start weights and biases nearer to zero",
        "slopes that are not zero",
    ),
    Kind(
        "gradients vanish",
        "The gradient falls to a thousandth before the steps the data need.",
        _VANISHED,
        "chrono initialisation of a gated cell; for an RNN identity or orthogonal",
        "the first steps that matter move the weights",
    ),
    Kind(
        "order is lost",
        "Steps that are to be told apart reach the end in much the same way.",
        "share of steps told apart",
        "a cell that rotates what it keeps: orthogonal, or an LRU with a narrow ring",
        "the network learns which of them came first",
        "units that decay slowly and do not rotate keep the sum of neighbouring steps",
    ),
    Kind(
        "reach grows",
        "A few dozen steps of training lengthen a reach that falls short.",
        "horizon after practice over the start",
        "none needed; a start that reaches at once saves the steps",
        "training may get there by itself",
    ),
    Kind(
        "linear in its inputs",
        "The model computes a linear function: no product of two inputs, no threshold.",
        "deviation from linear",
        "none if the answer is linear; else a pointwise layer before this one, "
        "Sequential(Linear, ReLU), or a gated cell",
        "it can form what no linear function can, such as number times mark",
    ),
    Kind(
        "clips most steps",
        "The clipping threshold is below most gradients.",
        "share of clipped steps",
        "clip at the 90th percentile of the norm, or lower the learning rate",
        "direction and size of the step are the gradient's",
    ),
    Kind(
        "gradient spikes",
        "A few batches have gradients many times the ordinary size.",
        "99th percentile of the gradient norm over its median",
        "clip at the 90th percentile of the norm",
        "no single batch decides where the weights go",
    ),
    Kind(
        "learning rate too low",
        "A step changes the weights by next to nothing.",
        "step size ‖Δθ‖/‖θ‖, tiny",
        "a larger learning rate",
        "training takes thousands of steps rather than millions",
    ),
    Kind(
        "gradient is noise",
        "Rows disagree so much that a batch shows the direction poorly.",
        "noise scale over batch size",
        "a larger batch, or several batches to a step",
        "fewer steps for the same progress",
    ),
    Kind(
        "measurement is noisy",
        "Horizon and need cannot be told apart with these rows: the verdict is unsure.",
        "standard errors of the horizon",
        "diagnose on more rows",
        "a sure verdict",
    ),
)

KINDS = MappingProxyType({kind.name: kind for kind in _KINDS})
"""Every finding by name, causes before effects."""

SEVERITIES = ("error", "warning", "note")


def finding(
    name: str,
    severity: str,
    evidence: str,
    *,
    value: float,
    limit: float,
    threshold: str,
    remedy: str = "",
    effect: str = "",
) -> Finding:
    """Make a finding; what is not given comes from the catalogue."""
    kind = KINDS[name]
    return Finding(
        name,
        severity,
        evidence,
        threshold,
        kind.source or source_of(kind.limit),
        remedy or kind.remedy,
        effect or kind.effect,
        float(value),
        float(limit),
    )


def in_order(findings: list[Finding]) -> list[Finding]:
    """Sort: errors first, and of equals the cause before its effect."""
    rank = {name: at for at, name in enumerate(KINDS)}
    return sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), rank[f.name]))
