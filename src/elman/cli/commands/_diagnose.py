"""``elman diagnose``: how far gradients reach, of a run or before training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from elman._errors import InputError
from elman._files import replace_durably
from elman.cli import _options as opt
from elman.cli._destination import check_destination
from elman.cli._estimator_options import some_options
from elman.cli._order import order_of_run, show_order
from elman.cli._output import Output, number
from elman.tasks import ESTIMATORS, TASKS

# Of sequences, where they are trained on to be scored in other orders.
_HELD_OUT = 0.2


@some_options(
    *("context", "cell", "hidden_size", "num_layers", "init", "random_state"),
    before="apply",
)
def diagnose(
    what: Annotated[
        str,
        typer.Argument(metavar="RUN|TASK", help=f"A run, or {'|'.join(TASKS)}."),
    ],
    data: Annotated[
        Path | None, typer.Argument(metavar="[DATA]", help="With a task: the data.")
    ] = None,
    target: opt.Target = None,
    time: opt.Time = None,
    horizon: opt.Horizon = 24,
    known: opt.Known = None,
    past: opt.Past = None,
    ignore: opt.Ignore = None,
    label: opt.Label = None,
    id_: opt.Id = None,
    missing: opt.Missing = None,
    encoding: opt.Encoding = None,
    categories: opt.Categories = None,
    texts: opt.Texts = None,
    numbers: opt.Numbers = None,
    gaps: opt.Gaps = None,
    apply: Annotated[
        str | None,
        typer.Option(metavar="best|NAME", help="Write this remedy as a configuration."),
    ] = None,
    order: Annotated[
        bool,
        typer.Option(
            "--order",
            help="Of sequences: train, and score those held out with their steps in"
            " other orders.",
        ),
    ] = False,
    max_seconds: Annotated[
        float, typer.Option(help="With --order: that training may take.")
    ] = 60.0,
    to: Annotated[Path, typer.Option(help="Where --apply writes.")] = Path(
        "prescription.toml"
    ),
    force: opt.Force = False,
    as_json: opt.Json = False,
    options: Any = None,
) -> None:
    """Show how far back gradients reach, and how far the data need them to.

    Example: elman diagnose runs/bikes-1

    Example: elman diagnose forecast bikes.csv --target count --cell rnn

    Example: elman diagnose forecast bikes.csv --target count --apply best

    Example: elman diagnose classify JapaneseVowels_TRAIN.ts --order

    Example: elman diagnose runs/vowels JapaneseVowels_TEST.ts
    """
    out = Output(as_json)
    if apply is not None:
        check_destination("--to", to, force)
    if what not in TASKS:
        if data is not None and not Path(what).is_dir():
            raise InputError(
                f"{what!r} is no task and no run; write elman diagnose RUN, or elman"
                f" diagnose {'|'.join(TASKS)} DATA"
            )
        if order:
            raise InputError(
                f"--order trains a model to score it; {what} is trained: elman diagnose"
                f" {what} shows its scores by order, where it has them"
            )
        if data is not None:
            given = opt.given(label=label, id=id_, time=time, encoding=encoding)
            given |= opt.given(missing=opt.split_missing(missing))
            results = order_of_run(what, data, given)
        else:
            import elman

            results = dict(elman.load(what).results_)
        _show(results, out)
        _apply(apply, to, results, out)
        return
    if data is None:
        raise InputError(f"name the data: elman diagnose {what} DATA")
    if TASKS[what].data == "series":
        options |= {"horizon": horizon}
        columns = {"known": known, "past": past, "ignore": ignore}
        how = {"encoding": encoding, "missing": opt.split_missing(missing)}
        results = _forecast(data, target, time, columns, options, how)
    elif TASKS[what].data == "text":
        options.pop("context", None)
        results = _text(data, encoding, options)
    elif TASKS[what].data == "pairs":
        options.pop("context", None)
        results = _pairs(data, encoding, options)
    else:
        options.pop("context", None)
        if order and TASKS[what].labels == "tokens":
            raise InputError(f"--order is for classify and regress, not for {what}")
        kinds = {"category": categories, "text": texts, "number": numbers}
        found = opt.sequence_columns(
            label, id_, time, encoding, missing, kinds=kinds, gaps=gaps
        )
        results = _sequences(what, data, found, options, max_seconds if order else None)
    _show(results, out)
    _apply(apply, to, results, out)


def _forecast(
    data: Path,
    target: list[str] | None,
    time: str | None,
    columns: dict[str, list[str] | None],
    options: dict[str, Any],
    how: dict[str, Any],
) -> dict[str, Any]:
    from elman.data import open_table

    table = open_table(data, **how)
    targets = opt.targets_of(target, table.frame, table.source)
    names = {k: opt.split_names(v, table.frame.columns) for k, v in columns.items()}
    from elman.cli._naming import naming
    from elman.tasks import Forecaster, examining

    # The diagnosis comes before the first step: one step is all that is trained.
    forecaster = Forecaster(**options, epochs=1, windows_per_epoch=1)
    with naming(str(data), forecaster), examining():
        forecaster.fit(
            table,
            target=targets,
            time=time,
            known=names["known"],
            past=names["past"] or None,
            ignore=names["ignore"],
            missing=how["missing"],
            source=table.source,
        )
    return dict(forecaster.results_)


def _sequences(
    task: str,
    data: Path,
    columns: dict[str, Any],
    options: dict[str, Any],
    seconds: float | None,
) -> dict[str, Any]:
    """Return what is found before training, or after so many seconds of it."""
    from elman.cli.held_out._parts import held_out

    share = 0.0 if seconds is None else _HELD_OUT
    parts = held_out(task, data, columns, None, share, options.get("random_state", 0))
    from elman.cli._naming import naming

    length: dict[str, Any] = {"epochs": 1, "refit": False}
    if seconds is not None:
        length = {"max_seconds": seconds}
    estimator = ESTIMATORS[task](**parts.arguments(options), **length)
    from elman.tasks import examining

    with naming(str(data), estimator), examining():
        estimator.fit(*parts.train)
        if seconds is not None:
            if parts.test is None:
                raise InputError(f"{data}: too few sequences to hold any out; --order")
            estimator.scores_by_order(*parts.test, split=parts.split)
    return dict(estimator.results_)


def _text(data: Path, encoding: str | None, options: dict[str, Any]) -> dict[str, Any]:
    from elman.cli._naming import naming
    from elman.data import read_text
    from elman.tasks import LanguageModel, examining

    # The diagnosis comes before the first step: little more is trained.
    given: dict[str, Any] = {"init": "auto", **options, "validation_fraction": 0.0}
    estimator = LanguageModel(**given, epochs=1, max_seconds=0.1)
    with naming(str(data), estimator), examining():
        estimator.fit(read_text(data, encoding).text)
    return dict(estimator.results_)


def _pairs(data: Path, encoding: str | None, options: dict[str, Any]) -> dict[str, Any]:
    from elman.cli._naming import naming
    from elman.data import read_pairs
    from elman.tasks import Translator, examining

    found = read_pairs(data, encoding=encoding)
    given: dict[str, Any] = {"init": "auto", **options, "validation_fraction": 0.0}
    estimator = Translator(**given, epochs=1, max_seconds=0.1)
    with naming(str(data), estimator), examining():
        estimator.fit(found.source, found.target)
    return dict(estimator.results_)


def _show(results: dict[str, Any], out: Output) -> None:
    """Print the flow, what was found, and what each remedy would change."""
    from elman.cli.run._finish import show_flow

    show_order(results, out)
    diagnosis = results.get("diagnosis")
    found = {k: results[k] for k in ("order",) if k in results}
    if found and not (diagnosis and diagnosis.get("before")):
        out.document({"task": results["task"], "diagnosis": None, **found})
        return
    if not diagnosis or not diagnosis.get("before"):
        without = [n for n in results.get("notes", []) if "has no recurrence" in n]
        raise InputError(
            "there is nothing to diagnose: "
            + (without or ["sequences of one step have no gradient through time"])[0]
        )
    show_flow(diagnosis, out)
    before = diagnosis["before"]
    for finding in before.get("findings", []):
        out.heading(f"{finding['severity']}: {finding['name']}")
        out.line(finding["evidence"])
        if finding.get("remedy"):
            out.line(f"remedy: {finding['remedy']}")
    remedies = diagnosis.get("remedies") or before.get("remedies") or []
    if remedies:
        out.heading("Remedies, measured on copies")
        names = [remedy["name"] for remedy in remedies]
        chosen = diagnosis.get("remedy") or before.get("best")
        out.table(
            ["change", "steps reached", "verdict"],
            [
                [r["name"], number(_whole(r["horizon_after"])), r["verdict_after"]]
                for r in remedies
            ],
            best=names.index(chosen) if chosen in names else None,
        )
    for name, reason in (before.get("skipped") or {}).items():
        out.line(f"cell {name} was not tried: {reason}")
    out.document({"task": results["task"], "diagnosis": diagnosis, **found})


def _apply(name: str | None, to: Path, results: dict[str, Any], out: Output) -> None:
    """Write the settings of the best remedy, or of the one named, as TOML."""
    if name is None:
        return
    import tomli_w

    from elman._errors import did_you_mean

    diagnosis = results["diagnosis"]
    remedies = diagnosis.get("remedies") or diagnosis["before"].get("remedies") or []
    best = diagnosis.get("remedy") or diagnosis["before"].get("best")
    names = [remedy["name"] for remedy in remedies]
    wanted = best if name == "best" else name
    if wanted is None:
        out.line("nothing to apply: no remedy was needed, or none measured helps")
        return
    if wanted not in names:
        raise InputError(
            f"--apply: {name!r} was not measured; choose from best,"
            f" {', '.join(names) or 'nothing else'}{did_you_mean(name, names)}"
        )
    remedy = remedies[names.index(wanted)]
    settings = {k: v for k, v in remedy["settings"].items() if v is not None}
    document = {
        "prescription": settings,
        "measured": {
            "steps_before": _whole(remedy["horizon_before"]) or 0,
            "steps_after": _whole(remedy["horizon_after"]) or 0,
            "verdict_after": remedy["verdict_after"],
        },
    }
    replace_durably(to, tomli_w.dumps(document).encode())
    how = " ".join(
        f"--{key} {settings[key]}" for key in ("cell", "init") if key in settings
    )
    out.line(f"written to {to}; train with it: elman train ... {how}")


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
