"""What was found: attributions, whether they add up, and how far they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import polars as pl

from elman._plain import plain
from elman.attribution import Array, Attribution, Fidelity

FEW = 0.01
"""A gap of more than this share of what there is to explain is said."""


@dataclass(frozen=True)
class Case:
    """One case explained.

    Attributes
    ----------
    name : str
    predicted : str
        In words.
    outputs : list of str
        What was explained, K of them.
    inputs : ndarray
        (T, C), in the data's own units.
    baseline : ndarray
        (T, C): what they are compared with; of several, their mean.
    attribution : Attribution
        Its ``values`` are (K, T, C).
    fidelity : Fidelity or None
        Of the first output.
    likeness : float or None
        The rank correlation of this map with that of the same model with its weights
        in chance places.
    """

    name: str
    predicted: str
    outputs: list[str]
    inputs: Array
    baseline: Array
    attribution: Attribution
    fidelity: Fidelity | None = None
    likeness: float | None = None

    @property
    def values(self) -> Array:
        """(K, T, C): what each value counts."""
        return self.attribution.values

    def most(self, channels: Sequence[str], output: int = 0, count: int = 3) -> str:
        """Return in words which parts of the input count most."""
        labels = self.attribution.labels
        values = self.values[output]
        if labels is None:
            labels = np.arange(values.size).reshape(values.shape)
        sums = np.bincount(labels.ravel(), values.ravel())
        whole = float(np.abs(sums).sum())
        if whole == 0.0:
            return "nothing"
        found = []
        for label in np.argsort(-np.abs(sums), kind="stable")[:count]:
            steps, columns = np.nonzero(labels == label)
            names = list(dict.fromkeys(channels[c] for c in np.unique(columns)))
            first, last = int(steps.min()), int(steps.max())
            at = f"step {first}" if first == last else f"steps {first} to {last}"
            named = names[0] if len(names) == 1 else f"{len(names)} channels"
            found.append(f"{named} at {at} ({sums[label]:+.3g})")
        return ", ".join(found)


@dataclass(frozen=True)
class Explanation(Sequence[Case]):
    """What each value counts for each prediction: a sequence of cases.

    Attributes
    ----------
    kind : str
        The task, or the class of the module.
    method : str
        One of `elman.attribution.METHODS`.
    unit : str
        Of the values.
    baseline : str
        What the cases are compared with, in words.
    channels : list of str
    cases : list of Case
    notes : list of str
        What holds for all of them.
    """

    kind: str
    method: str
    unit: str
    baseline: str
    channels: list[str]
    cases: list[Case]
    notes: list[str]

    def __len__(self) -> int:
        """Return the number of cases."""
        return len(self.cases)

    @overload
    def __getitem__(self, place: int) -> Case: ...
    @overload
    def __getitem__(self, place: slice) -> list[Case]: ...
    def __getitem__(self, place: int | slice) -> Case | list[Case]:
        """Return a case, or some."""
        return self.cases[place]

    def __iter__(self) -> Iterator[Case]:
        """Yield the cases."""
        return iter(self.cases)

    def __str__(self) -> str:
        """Return a few lines a case: what was predicted, what counted, what is left."""
        lines = [f"{self.method}, compared with {self.baseline}"]
        for case in self.cases:
            lines.append(f"{case.name}: {case.predicted}")
            found = case.attribution
            for k, output in enumerate(case.outputs):
                lines.append(
                    f"  {output}: {found.output[k]:.4g}, at the baseline"
                    f" {found.reference[k]:.4g}; {case.most(self.channels, k)}"
                )
            lines.append(f"  {self._adds_up(case)}")
        return "\n".join([*lines, *self.notes])

    def _adds_up(self, case: Case) -> str:
        found = case.attribution
        worst = float(found.relative_gap.max())
        said = f"the values add up to the difference within {100 * worst:.2g} % of it"
        if self.method == "occlusion":
            said = f"parts hidden one at a time: {100 * worst:.2g} % off adding up"
        if found.error is not None:
            said += f"; standard errors up to {found.error.max():.2g}"
        if case.fidelity is not None:
            said += f"; fidelity {case.fidelity.gain:.2f}"
        if case.likeness is not None:
            said += f"; {case.likeness:.2f} like that of chance weights"
        return said

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each case, output, step and channel.

        Columns case, output, step, channel, value, baseline, attribution; and error
        where attributions were sampled.
        """
        frames = []
        for case in self.cases:
            count, steps, channels = case.values.shape
            size = steps * channels
            step, channel = (part.ravel() for part in np.indices((steps, channels)))
            columns: dict[str, Any] = {
                "case": [case.name] * (count * size),
                "output": np.repeat(case.outputs, size),
                "step": np.tile(step, count),
                "channel": np.tile(np.array(self.channels)[channel], count),
                "value": np.tile(case.inputs.ravel(), count),
                "baseline": np.tile(case.baseline.ravel(), count),
                "attribution": case.values.ravel(),
            }
            if case.attribution.error is not None:
                columns["error"] = case.attribution.error.ravel()
            frames.append(pl.DataFrame(columns))
        return pl.concat(frames)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        cases = []
        for case in self.cases:
            found = case.attribution
            one: dict[str, Any] = {
                "case": case.name,
                "predicted": case.predicted,
                "outputs": case.outputs,
                "output": found.output,
                "reference": found.reference,
                "gap": found.gap,
                "evaluations": found.evaluations,
                "inputs": case.inputs,
                "baseline": case.baseline,
                "attributions": found.values,
                "errors": found.error,
                "blocks": found.labels,
                "likeness": case.likeness,
            }
            if case.fidelity is not None:
                curves = case.fidelity
                one["fidelity"] = {
                    "gain": curves.gain,
                    "shares": curves.shares,
                    "deleted": curves.deleted,
                    "inserted": curves.inserted,
                    "at random": curves.at_random,
                }
            cases.append(one)
        found_: dict[str, Any] = plain(
            {
                "kind": self.kind,
                "method": self.method,
                "unit": self.unit,
                "baseline": self.baseline,
                "channels": self.channels,
                "cases": cases,
                "notes": self.notes,
            }
        )
        return found_
