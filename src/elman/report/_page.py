"""Every part of the page in its order, from one plain dict."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from elman._errors import InputError
from elman.tasks import TASKS

from ._comparison import comparison_table
from ._headline import big_numbers
from ._many import many_series
from ._numbers import duration, moment, number
from ._searched import searched
from ._tables import (
    ScoreTable,
    class_rows,
    confusion_rows,
    label_error_rows,
    next_rows,
    remedy_rows,
    score_table,
)
from ._values import finite, listed, rows, section
from ._written import samples, surprise_text, transcriptions, translations
from .flow._flow import flow_picture
from .flow._flow_map import flow_map_picture
from .flow._memory import scales_picture, spectrum_picture
from .pictures._alignment import alignment_picture
from .pictures._attention import attention_picture
from .pictures._comparison import comparison_picture
from .pictures._error_rates import error_rates_picture
from .pictures._events import events_picture, rows_picture
from .pictures._explanation import explained_pictures
from .pictures._forecast import forecast_picture
from .pictures._learning import learning_picture
from .pictures._next import next_picture
from .pictures._order import order_picture
from .pictures._scatter import scatter_picture
from .pictures._search import search_pictures
from .pictures._sequences import examples_picture, lengths_picture, targets_picture
from .pictures._series import series_picture
from .pictures._sounds import heard_picture, kept_picture
from .pictures._steps import steps_picture

_MOST_TARGETS = 6  # drawn in full beside the first; more would only be scrolled past


def render(results: Mapping[str, Any]) -> str:
    """Return the report as one HTML document that needs no other file.

    The same results give the same bytes. A part the results lack is left out.

    Parameters
    ----------
    results : mapping
        What an estimator's ``results_`` holds and ``results.json`` stores.

    Returns
    -------
    str
        The document: style and drawings inline, no script, no address.

    Raises
    ------
    InputError
        `results` is not a mapping.
    """
    if not isinstance(results, Mapping):
        raise InputError(
            f"the report needs a dict of results, got {type(results).__name__}; pass "
            "an estimator's results_ or the contents of results.json"
        )
    return _template().render(_context(results))


def _context(results: Mapping[str, Any]) -> dict[str, Any]:
    task = str(results.get("task") or "")
    diagnosis, data = section(results, "diagnosis"), section(results, "data")
    training, sounds = section(results, "training"), section(results, "sounds")
    steps = finite(diagnosis.get("needed"))
    needed = int(steps) if steps else None
    # Of a network of segments it counts them; the series has single steps.
    back = needed and needed * int(finite(diagnosis.get("segment")) or 1)
    known = TASKS.get(task)
    title = str(results.get("title") or (known.title if known else "Results"))
    scores = score_table(results)
    held_out = not (scores and scores.split.lower().startswith("validation"))
    part = "test" if held_out else "validation"
    return {
        "title": title,
        "task": known.title if known else task,
        "question": _pairs(listed(results, "question")),
        "notes": [str(note) for note in listed(results, "notes")],
        "scores": scores,
        "many": many_series(results),
        "numbers": big_numbers(results),
        "series": series_picture(data, back, section(results, "forecast")),
        "classes": class_rows(data),
        "counted": "How often each label is said"
        if known and known.labels == "tokens"
        else "Sequences of each class",
        "data_pictures": [
            drawn
            for drawn in (
                None if sounds else examples_picture(data),
                events_picture(data),
                rows_picture(data),
                lengths_picture(data),
                targets_picture(data.get("target_histogram")),
            )
            if drawn
        ],
        "heard": [
            drawn for drawn in (heard_picture(sounds), kept_picture(sounds)) if drawn
        ],
        "features": str(sounds.get("features") or ""),
        "flow": flow_picture(diagnosis),
        "memory": [
            drawn
            for drawn in (scales_picture(diagnosis), spectrum_picture(diagnosis))
            if drawn
        ],
        "findings": _findings(diagnosis),
        "remedies": remedy_rows(diagnosis),
        "learning": learning_picture(training, **_beside(results, scores)),
        "surprise": surprise_text(results),
        "samples": samples(results),
        "translations": translations(results),
        "attention": [
            drawn
            for place, row in enumerate(rows(results, "attention"))
            if (drawn := attention_picture(row, f"attention-{place}"))
        ],
        "error_rates": error_rates_picture(results),
        "transcriptions": transcriptions(results),
        "alignments": [
            drawn
            for place, row in enumerate(rows(results, "alignments"))
            if (drawn := alignment_picture(row, f"alignment-{place}"))
        ],
        "label_errors": label_error_rows(results),
        "flow_map": flow_map_picture(training),
        "training": _training(training),
        "part": part,
        "forecasts": _forecasts(
            results, needed, scores.metric if scores else "error", part
        ),
        "compared": comparison_table(section(results, "comparison")),
        "comparison": comparison_picture(section(results, "comparison")),
        "searched": searched(section(results, "search")),
        "search": search_pictures(section(results, "search")),
        "explained": explained_pictures(section(results, "explanation")),
        "explained_by": _explained_by(section(results, "explanation")),
        "order": order_picture(section(results, "order")),
        "confusion": confusion_rows(section(results, "confusion")),
        "scatter": scatter_picture(section(results, "predicted")),
        "environment": _environment(section(results, "environment")),
        "command": section(results, "environment").get("command"),
    }


def _forecasts(
    results: Mapping[str, Any], needed: int | None, metric: str, part: str
) -> list[dict[str, Any]]:
    """Return the pictures of each target's forecast, the first target first."""
    first = section(results, "forecast")
    name = str(section(results, "data").get("target") or "forecast")
    others = section(results, "targets") or section(first, "targets")
    several = {name: first} if first else {}
    several.update({k: v for k, v in others.items() if isinstance(v, dict)})
    shown = []
    for place, (target, forecast) in enumerate(list(several.items())[:_MOST_TARGETS]):
        test = forecast_picture(
            forecast,
            needed=needed,
            name=f"test-{place}",
            target=target,
            part=part,
        )
        steps = steps_picture(forecast, metric=metric, name=f"steps-{place}")
        coming = next_picture(forecast, name=f"next-{place}", target=target)
        if test or steps or coming:
            shown.append(
                {
                    "target": target,
                    "test": test,
                    "steps": steps,
                    "next": coming,
                    "rows": next_rows(forecast, moment),
                }
            )
    return shown


def _beside(results: Mapping[str, Any], scores: ScoreTable | None) -> dict[str, Any]:
    """Return how the loss of tokens is drawn: over time, of a text beside n-grams."""
    known = TASKS.get(str(results.get("task") or ""))
    if known is None or known.labels != "tokens":
        return {}
    if known.data != "text":
        return {"clock": True}
    found = rows(section(results, "scores"), "rows") if scores else []
    losses = [
        (finite(section(row, "values").get(scores.metric if scores else "")), row)
        for row in found
        if row.get("kind") == "baseline"
    ]
    ranked = [(value, str(row.get("model"))) for value, row in losses if value]
    return {"clock": True, "other": min(ranked, default=None)}


def _explained_by(explanation: Mapping[str, Any]) -> list[str]:
    """Return how predictions were explained, and what holds for all of them."""
    if not explanation:
        return []
    how = (
        f"By {explanation.get('method')}, compared with {explanation.get('baseline')};"
        f" in {explanation.get('unit')}."
    )
    return [how, *(str(note) for note in listed(explanation, "notes"))]


def _pairs(question: list[Any]) -> list[tuple[str, str]]:
    pairs = [pair for pair in question if isinstance(pair, list | tuple)]
    return [(str(pair[0]), str(pair[1])) for pair in pairs if len(pair) > 1]


def _findings(diagnosis: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what the diagnosis found in the network that was trained."""
    part = section(diagnosis, "after") or section(diagnosis, "before")
    return [
        {
            "name": str(row.get("name") or "").replace("_", " "),
            "severity": str(row.get("severity") or ""),
            "evidence": str(row.get("evidence") or ""),
            "remedy": str(row.get("remedy") or ""),
        }
        for row in rows(part, "findings")
    ]


def _training(training: Mapping[str, Any]) -> str:
    said = []
    if finite(training.get("parameters")) is not None:
        said.append(f"{number(training['parameters'], 9)} weights")
    if finite(training.get("seconds")) is not None:
        said.append(f"trained in {duration(training['seconds'])}")
    return ", ".join(said)


def _environment(environment: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (str(key), str(value))
        for key, value in environment.items()
        if key != "command" and value is not None
    ]


@cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")


def _read(name: str) -> str:
    folder = resources.files("elman.report").joinpath("templates")
    return folder.joinpath(name).read_text(encoding="utf-8")
