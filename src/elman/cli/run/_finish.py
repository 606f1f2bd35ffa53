"""What every training ends with: save, report, and the results in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from elman._plain import visible
from elman.cli._compare import show_comparison, without_curves
from elman.cli._main import Interrupted
from elman.cli._order import show_order
from elman.cli._output import Output, number
from elman.cli._spark import sparkline
from elman.cli.search._shown import show_search

from ._incomplete import after_training, save, terminable
from ._members import Follower
from ._run_directory import RunDirectory


def finish(
    estimator: Any,
    run: RunDirectory | Follower,
    out: Output,
    score: Callable[[], object] | None = None,
    **extra: Any,
) -> None:
    """Write the run directory and its report, and print what was found.

    The trained model is written before anything that might fail.

    Parameters
    ----------
    estimator : fitted estimator
    run : RunDirectory or Follower
        A follower leaves all of it to the leader.
    out : Output
    score : callable or None
        What else to do with the model, with more for its results.
    extra
        More for ``results.json``, such as the columns of the input.

    Raises
    ------
    Interrupted
        Training was ended with Ctrl-C; everything is saved all the same.
    Incomplete
        Scoring or the report failed; the model is saved.
    """
    if isinstance(run, Follower):
        return
    from elman.report import write_report

    results = estimator.results_
    failure: Exception | None = None
    report: Path | None = None
    with terminable():
        directory = save(estimator, run, **extra)
        try:
            if score is not None:
                score()
                save(estimator, run)
        except (Exception, KeyboardInterrupt) as error:
            failure = after_training(error, "scoring", run)
        try:
            report = write_report(directory)
        except (Exception, KeyboardInterrupt) as error:
            failure = failure or after_training(error, "the report", run)
        interrupted = results["training"]["stopped"] == "interrupted"
        # Scores that are missing are made by going on with the run.
        if not interrupted and (failure is None or "elman report" in str(failure)):
            run.end()
    if isinstance(failure, Interrupted):
        raise failure
    show_results(results, out)
    out.heading("Written")
    written = {"run": str(directory)} | ({"report": str(report)} if report else {})
    out.pairs(list(written.items()))
    out.document(summary(results) | written)
    if failure is not None:
        raise failure
    if interrupted:
        epoch = results["training"]["best_epoch"]
        raise Interrupted(
            f"interrupted; the best weights so far (epoch {epoch}) are in {directory};"
            f" {run.how_to_go_on()}"
        )


def show_results(results: dict[str, Any], out: Output) -> None:
    """Print question, notes, gradient flow, training and scores."""
    out.heading(results["title"])
    out.pairs([(str(name), str(value)) for name, value in results["question"]])
    if results["notes"]:
        out.heading("Notes")
        for note in results["notes"]:
            out.line(f"- {note}")
    show_flow(results.get("diagnosis"), out)
    training = results["training"]
    out.heading("Training")
    epochs = max((row["epoch"] for row in training["history"]), default=0)
    out.line(
        f"{number(training['parameters'])} parameters,"
        f" {epochs} {'epoch' if epochs == 1 else 'epochs'} in"
        f" {training['seconds']:.1f} s, best epoch {training['best_epoch']}"
        f" ({_STOPPED.get(training['stopped'], training['stopped'])})"
    )
    show_scores(results.get("scores"), out)
    show_translations(results, out)
    show_transcriptions(results, out)
    show_comparison(results, out)
    show_order(results, out)
    show_search(results, out)
    show_worst(results, out)
    show_coverage(results, out)
    show_next(results, out)


def show_next(results: dict[str, Any], out: Output) -> None:
    """Print the forecast beyond the data, one line a target."""
    if not results.get("forecast"):
        return
    each = results.get("targets") or {results["data"]["target"]: results["forecast"]}
    times = next(iter(each.values()))["next"]["time"]
    out.heading(f"Next, {times[0]} … {times[-1]}")
    rows = []
    for name, forecast in each.items():
        values = [v for v in forecast["next"]["prediction"] if v is not None]
        rows.append((name, sparkline(forecast["next"]["prediction"])))
        rows.append(("", f"{number(min(values))} to {number(max(values))}"))
    out.pairs(rows)


def show_flow(diagnosis: dict[str, Any] | None, out: Output) -> None:
    """Print how far gradients reach, before and after the remedy."""
    if not diagnosis or not diagnosis.get("before"):
        return
    before, after = diagnosis["before"], diagnosis.get("after")
    needed = f"{number(diagnosis['needed'])} steps"
    rows = [
        ("needed", f"{needed}: {diagnosis['needed_source']}"),
        *_seen(diagnosis["needed"], before.get("needed")),
        ("reached", _reach(before)),
    ]
    if after and diagnosis.get("remedy"):
        rows.append((f"after {diagnosis['remedy']}", _reach(after)))
    out.heading("Gradient flow, before training")
    out.pairs(rows)


def show_scores(scores: dict[str, Any] | None, out: Output) -> None:
    """Print the table of models and baselines, and the verdict."""
    if not scores or not scores["rows"]:
        return
    rows = scores["rows"]
    metrics = list(dict.fromkeys(name for row in rows for name in row["values"]))
    winner = [i for i, row in enumerate(rows) if row["model"] == scores["winner"]]
    out.heading(f"Scores, {scores['split']}")
    out.table(
        ["model", *metrics],
        [
            [row["model"], *(number(row["values"].get(name)) for name in metrics)]
            for row in rows
        ],
        best=winner[0] if winner else None,
    )
    for name, signature in scores.get("signatures", {}).items():
        out.line(f"{name}: {signature}")
    out.line(scores["verdict"])


def show_translations(results: dict[str, Any], out: Output) -> None:
    """Print a few pairs with their translations."""
    for row in results.get("translations", [])[:_TRANSLATIONS]:
        out.line()
        names = ("source", "reference", "translation")
        out.pairs([(name, _one_line(row[name])) for name in names])


def show_transcriptions(results: dict[str, Any], out: Output) -> None:
    """Print what a few sequences say, and what was found."""
    for row in results.get("transcriptions", [])[:_TRANSLATIONS]:
        out.line()
        names = ("reference", "transcription")
        out.pairs([(name, _one_line(row[name])) for name in names])


def _one_line(text: str) -> str:
    """Return a text with what can be seen of it, and not more than a few lines."""
    seen = visible(text)
    return seen if len(seen) <= _LETTERS else f"{seen[: _LETTERS - 1]}…"


def show_worst(results: dict[str, Any], out: Output) -> None:
    """Print the few of many series that are forecast worst."""
    worst = results.get("worst")
    if not worst:
        return
    metrics = ("MASE", "sMAPE", "best baseline", "coverage")
    out.heading(f"The worst of {results['scores']['series']:,} series")
    out.table(
        ["series", "steps", *metrics],
        [
            [row["id"], number(row["steps"]), *(number(row[m]) for m in metrics)]
            for row in worst
        ],
    )


def show_coverage(results: dict[str, Any], out: Output) -> None:
    """Print how much of the truth fell into the intervals, beside what should."""
    rows = []
    for name, found in coverages(results).items():
        share, level = found["coverage"], found["level"]
        if share is None:
            continue
        kept = f"{share:.0%} of the values scored are inside, {level:.0%} promised"
        rows.append([name, kept + ("" if share > level - _SHORT else ": too narrow")])
    if rows:
        out.heading("Prediction intervals")
        out.pairs(rows)


def coverages(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the level and the coverage of each target's intervals."""
    if not results.get("forecast"):
        return {}
    each = results.get("targets") or {results["data"]["target"]: results["forecast"]}
    return {
        name: {"level": found["level"], "coverage": found["coverage"]}
        for name, found in each.items()
    }


def summary(results: dict[str, Any]) -> dict[str, Any]:
    """Return the part of the results that the JSON document holds."""
    diagnosis = results.get("diagnosis") or {}
    before, after = diagnosis.get("before"), diagnosis.get("after")
    flow = {
        "needed": diagnosis.get("needed"),
        "needed_source": diagnosis.get("needed_source"),
        # Steps of the series in each step counted here.
        "segment": diagnosis.get("segment"),
        "verdict": before and before["verdict"],
        "horizon": before and before["horizon"],
        "remedy": diagnosis.get("remedy"),
        "verdict_after": after and after["verdict"],
        "horizon_after": after and after["horizon"],
    }
    training = {k: v for k, v in results["training"].items() if k != "history"}
    intervals = coverages(results)
    return {
        "task": results["task"],
        "title": results["title"],
        "notes": results["notes"],
        "gradient_flow": flow,
        "training": training,
        "scores": results.get("scores"),
        **(
            {"comparison": without_curves(results["comparison"])}
            if "comparison" in results
            else {}
        ),
        **{name: results[name] for name in ("order", "search") if name in results},
        **({"intervals": intervals} if intervals else {}),
        **({"series": results["series"]} if "series" in results else {}),
        "environment": results["environment"],
    }


def _seen(needed: float, measured: float | None) -> list[tuple[str, str]]:
    """Return a row where the network sees less than the data need."""
    if measured is None or measured >= needed:
        return []
    return [("in its view", f"{number(measured)} steps: those are judged")]


def _reach(diagnosis: dict[str, Any]) -> str:
    if diagnosis.get("reason"):
        return f"cannot be said: {diagnosis['reason']} ({diagnosis['verdict']})"
    horizon = diagnosis["horizon"]
    steps = "no bound found" if horizon is None else f"{horizon:,.0f} steps"
    return f"{steps} ({diagnosis['verdict']})"


_TRANSLATIONS = 3
_LETTERS = 240
# Percentage points below its promise that an interval may lack by chance.
_SHORT = 0.1
_STOPPED = {
    "epochs": "all epochs done",
    "settled": "the loss had settled",
    "steps": "all steps done",
    "time": "its time was over",
    "patience": "no better for a while",
    "interrupted": "interrupted",
    "diverged": "the loss was no longer finite",
}
