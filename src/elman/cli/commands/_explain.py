"""``elman explain``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from elman._errors import InputError, did_you_mean
from elman.cli import _options as opt
from elman.cli._able import check_able
from elman.cli._deliver import WRITERS, check_format, write_table
from elman.cli._destination import check_destination
from elman.cli._output import Output, is_terminal, plain_warnings

HOW = "How to explain"
_MOST = 5


def explain(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.")],
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="A file like the one trained on.")
    ],
    case: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME,…",
            help=f"Sequences by their name; the first {_MOST} else.",
        ),
    ] = None,
    most: Annotated[
        int | None, typer.Option(help="Explain so many, from the first on.", min=1)
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            help="auto, shapley, occlusion, integrated gradients (or ig), expected"
            " gradients (or eg).",
            rich_help_panel=HOW,
        ),
    ] = "auto",
    output: Annotated[
        str | None,
        typer.Option(
            help="A class, or a target's number; what was predicted else.",
            rich_help_panel=HOW,
        ),
    ] = None,
    step: Annotated[
        int | None,
        typer.Option(
            help="Which step's answer, where each has one; the last else.",
            rich_help_panel=HOW,
        ),
    ] = None,
    baseline: Annotated[
        str,
        typer.Option(
            help="What cases are compared with: mean, zero, background.",
            rich_help_panel=HOW,
        ),
    ] = "auto",
    background: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Real sequences to compare with, such as those trained on.",
            rich_help_panel=HOW,
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Also measure fidelity, and the map of chance weights.",
            rich_help_panel=HOW,
        ),
    ] = False,
    label: opt.Label = None,
    id_: opt.Id = None,
    time: opt.Order = None,
    missing: opt.Missing = None,
    encoding: opt.Encoding = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=f"The page to draw, .html; or a table: {', '.join(WRITERS)}."
            " RUN/explanation.html if not given.",
        ),
    ] = None,
    force: opt.Force = False,
    as_json: opt.Json = False,
) -> None:
    """Say which steps and channels made a run's predictions, and draw it.

    Every value gets a number, and together they are what the prediction differs by
    from that for a baseline; how far they are from adding up is said.

    Example: elman explain runs/vowels-1 JapaneseVowels_TEST.ts --case 1,8

    Example: elman explain runs/vowels-1 JapaneseVowels_TEST.ts --check --out why.html

    Example: elman explain runs/vowels-1 JapaneseVowels_TEST.ts --out why.csv
    """
    page = out is None or out.suffix.lower() == ".html"
    if out is not None:
        if not page:
            check_format("--out", out)
        check_destination("--out", out, force)
    if case and most is not None:
        raise InputError("--case names the sequences and --most counts them: give one")
    import elman
    from elman.cli._predict_sequences import sequences_like

    estimator = elman.load(run)
    check_able(run, estimator.task, "explain")
    given = opt.given(label=label, id=id_, time=time, encoding=encoding)
    given |= opt.given(missing=opt.split_missing(missing))
    found = sequences_like(estimator, data, given)
    names = [str(name) for name in found.ids]
    chosen = _chosen(case, names, most or _MOST, data)
    shown = Output(as_json)
    compared = None
    if background is not None:
        compared = sequences_like(estimator, background, given).X
    with plain_warnings():
        explanation = elman.explain(
            estimator,
            _taken(found.X, chosen),
            method={"ig": "integrated gradients", "eg": "expected gradients"}.get(
                method, method
            ),
            output=_number(output) if not hasattr(estimator, "classes_") else output,
            step=step,
            baseline=baseline,
            background=compared,
            check=check,
            names=[names[i] for i in chosen],
            say=_say if is_terminal(sys.stderr) and not as_json else None,
        )
    shown.line(str(explanation))
    left = len(names) - len(chosen)
    if left and not case:
        shown.line(f"{left:,} more sequences: name them by --case, or raise --most")
    target = out or run / "explanation.html"
    if page:
        from elman.report import write_explanation

        write_explanation(target, explanation.to_dict())
    else:
        write_table(explanation.to_frame(), target)
    shown.line(f"written to {target}")
    shown.document({**explanation.to_dict(), "written": str(target)})


def _say(case: str) -> None:
    typer.echo(f"explained {case}", err=True)


def _chosen(
    asked: list[str] | None, names: list[str], most: int, data: Path
) -> list[int]:
    """Return the places of the cases asked for."""
    if not asked:
        return list(range(min(most, len(names))))
    found = []
    for name in (part.strip() for one in asked for part in one.split(",")):
        if name not in names:
            raise InputError(
                f"--case {name}: {data} has no such sequence"
                f"{did_you_mean(name, names)}; there are {len(names):,}, from"
                f" {names[0]} to {names[-1]}"
            )
        found.append(names.index(name))
    return list(dict.fromkeys(found))


def _taken(X: Any, chosen: list[int]) -> Any:
    if hasattr(X, "taken"):
        return X.taken(chosen)
    return [X[i] for i in chosen] if isinstance(X, list) else X[chosen]


def _number(output: str | None) -> int | None:
    if output is None:
        return None
    try:
        return int(output)
    except ValueError:
        raise InputError(
            f"--output {output}: give the number of a target, from 0 on"
        ) from None
