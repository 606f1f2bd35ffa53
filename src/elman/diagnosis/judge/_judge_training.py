"""Findings about the training around the model: step, clipping, truncation, noise."""

from __future__ import annotations

import math
from collections.abc import Sequence

from elman.diagnosis._results import Finding
from elman.diagnosis._thresholds import (
    CLIPPED,
    GROWN,
    JUMPED,
    LARGE_STEP,
    NOISE_TO_BATCH,
    NOISY,
    REWRITTEN,
    RISEN,
    TAIL,
    TINY_STEP,
)
from elman.diagnosis.measure._statistics import GradientStatistics
from elman.diagnosis.measure._trial import Trial

from ._catalogue import finding

FEWEST_BATCHES = 8
"""Batches whose gradients make a statistic."""


def judge_practice(
    start: float, later: Sequence[tuple[int, float]], needed: int
) -> list[Finding]:
    """Judge a horizon that falls short by what some steps of training made of it."""
    if not later:
        return []
    half, (steps, reached) = later[0][1], later[-1]
    start = max(start, 1.0)
    grows = reached > half > start and reached >= GROWN * start
    if not (grows or reached >= needed):
        return []
    along = ", ".join(f"{horizon:.0f} after {count}" for count, horizon in later)
    return [
        finding(
            "reach grows",
            "note",
            f"{start:.0f} steps at the start, {along} of {steps} training steps",
            value=reached / start,
            limit=GROWN,
            threshold=f"{GROWN:g} times the start, and farther at each look",
        )
    ]


def judge_trial(trial: Trial | None) -> list[Finding]:
    """Judge the length of a step by what a few of them did."""
    if trial is None or not trial.step_size:
        return []
    size, risen = trial.longest, trial.risen
    first, last = trial.losses[0], trial.losses[-1]
    what = (
        f"{trial.optimiser}: a step changes the weights by {size:.2g} of their size; "
        f"loss {first:.4g} → {last:.4g} in {len(trial.step_size)} steps"
    )
    if not size <= REWRITTEN:
        return [
            finding(
                "learning rate too high",
                "error",
                what,
                value=size,
                limit=REWRITTEN,
                threshold=f"‖Δθ‖/‖θ‖ at most {REWRITTEN:g}",
            )
        ]
    if size > LARGE_STEP and not risen <= RISEN:
        return [
            finding(
                "learning rate too high",
                "error",
                what,
                value=risen,
                limit=RISEN,
                threshold=f"the loss at most {RISEN:g} times what it was, or a step of "
                f"at most {LARGE_STEP:g}",
            )
        ]
    if not trial.peak <= JUMPED:
        return [
            finding(
                "learning rate too high",
                "error",
                f"{trial.optimiser}: the loss jumps from {first:.4g} to "
                f"{max(trial.losses):.4g} within {len(trial.step_size)} steps",
                value=trial.peak,
                limit=JUMPED,
                threshold=f"at most {JUMPED:g} times what it was",
            )
        ]
    if size < TINY_STEP:
        return [
            finding(
                "learning rate too low",
                "warning",
                what,
                value=size,
                limit=TINY_STEP,
                threshold=f"‖Δθ‖/‖θ‖ at least {TINY_STEP:g}",
            )
        ]
    return []


def judge_clipping(trial: Trial | None) -> list[Finding]:
    """Judge a clipping threshold by the share of trial steps it cuts."""
    if trial is None or not trial.norms or math.isnan(trial.clip_norm):
        return []
    cut = sum(norm > trial.clip_norm for norm in trial.norms) / len(trial.norms)
    if len(trial.norms) < 4 or cut <= CLIPPED:
        return []
    middle = sorted(trial.norms)[len(trial.norms) // 2]
    return [
        finding(
            "clips most steps",
            "note",
            f"clip_norm {trial.clip_norm:g} cuts {cut:.0%} of {len(trial.norms)} trial "
            f"steps; the median norm is {middle:.3g}",
            value=cut,
            limit=CLIPPED,
            threshold=f"at most {CLIPPED:.0%} of the steps",
        )
    ]


def judge_statistics(
    seen: GradientStatistics, clip_norm: float | None
) -> list[Finding]:
    """Judge the spread and the noise of the gradients of several batches."""
    found = []
    if seen.nonfinite:
        found.append(
            finding(
                "gradients are not finite",
                "error",
                f"{seen.nonfinite} of {len(seen.norms)} batches",
                value=seen.nonfinite,
                limit=0,
                threshold="none",
            )
        )
    # With a threshold set, a spike is cut already.
    if clip_norm is None and seen.median > 0 and seen.p99 / seen.median > TAIL:
        found.append(
            finding(
                "gradient spikes",
                "warning",
                f"gradient norm {seen.median:.3g} in the middle, {seen.p99:.3g} at the "
                f"99th percentile of {len(seen.norms)} batches",
                value=seen.p99 / seen.median,
                limit=TAIL,
                threshold=f"at most {TAIL:g} times the median",
                remedy=f"clip at {seen.p90:.2g}, the 90th percentile",
            )
        )
    ratio = seen.noise_scale / max(seen.batch_size, 1)
    sure = seen.noise_scale > NOISY * seen.noise_error  # false for NaN
    if seen.batch_size and sure and math.isfinite(ratio) and ratio > NOISE_TO_BATCH:
        found.append(
            finding(
                "gradient is noise",
                "note",
                f"noise scale {seen.noise_scale:.3g} ± {seen.noise_error:.2g} rows, "
                f"batches of {seen.batch_size}",
                value=ratio,
                limit=NOISE_TO_BATCH,
                threshold=f"at most {NOISE_TO_BATCH:g} times the batch size",
            )
        )
    return found
