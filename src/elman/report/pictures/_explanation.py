"""What counted for a prediction: its sequence, each step shaded by what it counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from elman.report._numbers import number, percent
from elman.report._values import Floats, finite, floats, listed, rows
from elman.report.drawing._picture import Key, Picture
from elman.report.drawing._style import NARROW, WIDE
from elman.report.drawing._tracks import Track, tracks

_MOST_TRACKS = 8
_READING = (
    "Time runs to the right, a curve for each channel, those that count most on top."
    " The stronger the ground, the more that step of that channel counts: for the"
    " answer in the one colour, against it in the other. Dotted: what it is compared"
    " with."
)


def explained_pictures(explanation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return title, sentences and a picture for each output of each case."""
    channels = [str(name) for name in listed(explanation, "channels")]
    found = []
    for place, case in enumerate(rows(explanation, "cases")):
        for k, output in enumerate(listed(case, "outputs")):
            drawn = _picture(case, channels, k, f"explained-{place}-{k}")
            if drawn:
                found.append(
                    {
                        "title": f"{case.get('case')}: {case.get('predicted')}",
                        "output": str(output),
                        "picture": drawn,
                    }
                )
    return found


def adds_up(case: Mapping[str, Any], k: int) -> str:
    """Return in a sentence what there was to explain, and how far it is explained."""
    output = finite(_at(case, "output", k))
    reference = finite(_at(case, "reference", k))
    gap = finite(_at(case, "gap", k))
    if output is None or reference is None or gap is None:
        return ""
    whole = output - reference
    off = gap / abs(whole) if whole else 0.0
    said = (
        f"{number(output)}, at the baseline {number(reference)}; what the steps count"
        f" adds up to the difference, {number(whole)}, within {percent(off)} of it."
    )
    gain, like = _part(case, "fidelity").get("gain"), finite(case.get("likeness"))
    if finite(gain) is not None:
        said += (
            f" Fidelity {number(gain, 2)}: so much earlier it is lost where what counts"
            " most is hidden first than in chance order (0: no better than chance)."
        )
    if like is not None:
        said += (
            f" With weights in chance places the map is {number(like, 2)} like this one"
            " (rank correlation; near 0 is right)."
        )
    return said


def _picture(
    case: Mapping[str, Any], channels: list[str], k: int, name: str
) -> Picture | None:
    every = _matrices(case.get("attributions"))
    inputs, baseline = _matrix(case.get("inputs")), _matrix(case.get("baseline"))
    if inputs is None or baseline is None or k >= len(every):
        return None
    counts = every[k]
    if counts is None or counts.shape != inputs.shape or baseline.shape != inputs.shape:
        return None
    names = dict.fromkeys(channels)  # a text of several words is one of them
    places = {n: [i for i, one in enumerate(channels) if one == n] for n in names}
    sizes = {n: float(np.abs(counts[:, at]).sum()) for n, at in places.items()}
    whole = sum(sizes.values())
    order = sorted(places, key=lambda n: -sizes[n])
    shown = [
        Track(
            f"{n}: {percent(sizes[n] / whole) if whole else '0 %'} of what counts,"
            f" in sum {number(float(counts[:, places[n]].sum()))}",
            inputs[:, places[n][0]],
            counts[:, places[n]].sum(1),
            baseline[:, places[n][0]],
        )
        for n in order[:_MOST_TRACKS]
    ]
    steps = [f"step {i}" for i in range(len(inputs))]
    alt = (
        f"{len(shown)} channels of {case.get('case')}, shaded by what each step counts."
    )
    finding = adds_up(case, k)
    left = len(order) - len(shown)
    if left:
        rest = sum(sizes[n] for n in order[_MOST_TRACKS:])
        finding += (
            f" {left} more channels count"
            f" {percent(rest / whole) if whole else '0 %'} together."
        )
    return Picture(
        name,
        tracks(shown, steps, width=WIDE.width, columns=240, alt=alt),
        tracks(shown, steps, width=NARROW.width, columns=120, alt=alt),
        [
            Key("band accent", "counts for it"),
            Key("band signal", "counts against it"),
            Key("faint dotted", "compared with"),
        ],
        _READING,
        finding,
    )


def _at(case: Mapping[str, Any], key: str, k: int) -> Any:
    found = listed(case, key)
    return found[k] if k < len(found) else None


def _part(case: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = case.get(key)
    return found if isinstance(found, Mapping) else {}


def _matrices(values: Any) -> list[Floats | None]:
    return [_matrix(one) for one in values] if isinstance(values, list) else []


def _matrix(values: Any) -> Floats | None:
    if not isinstance(values, list) or not values:
        return None
    found = [floats(row) for row in values]
    return np.array(found) if len({len(row) for row in found}) == 1 else None
