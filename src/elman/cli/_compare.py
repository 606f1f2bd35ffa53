"""``--compare``: the network beside others of its size, asked for and printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ._output import Output, number

if TYPE_CHECKING:
    from .held_out._parts import Parts
    from .run._job import Job

Compare = Annotated[
    bool,
    typer.Option(
        "--compare",
        help="Train others with as many parameters for as long, and show them beside.",
    ),
]
With = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,…", help="The others; gru, lstm, tcn, transformer if not given."
    ),
]
Seeds = Annotated[
    int | None, typer.Option(help="Trainings of each that is compared; 1.")
]
Seconds = Annotated[
    float | None,
    typer.Option(help="That each of the others may train; as long as the network did."),
]


def asked(
    compare: bool,
    names: str | None,
    seeds: int | None,
    seconds: float | None,
    task: str,
    options: dict[str, Any],
) -> dict[str, Any]:
    """Return what a job keeps of the options, checked before anything is read.

    Parameters
    ----------
    compare : bool
        Each of the next three asks for it as well.
    names : str or None
        Of encoders, with commas.
    seeds : int or None
    seconds : float or None
    task : str
    options : dict
        Of the estimator.

    Raises
    ------
    InputError
        A name is unknown, or none but the network's own is left.
    """
    if not compare and names is None and seeds is None and seconds is None:
        return {}
    from elman._arguments import number as real
    from elman._arguments import whole_number
    from elman.tasks import ESTIMATORS, other_encoders

    count = whole_number("--compare-seeds", 1 if seeds is None else seeds, 1)
    own = {name: options[name] for name in ("cell", "encoder") if name in options}
    other_encoders(ESTIMATORS[task](**own), names, "--compare-with")
    if seconds is not None:
        seconds = real("--compare-seconds", seconds)
    return {"compare_seeds": count, "compare_with": names, "compare_seconds": seconds}


def beside_others(
    estimator: Any, job: Job, parts: Parts, checkpoints: Any, quiet: bool
) -> None:
    """Train the others and put what is found into the results, if asked for."""
    seeds = job.fit.get("compare_seeds")
    if seeds is None:
        return

    def say(text: str) -> None:
        if not quiet:
            typer.echo(f"comparing: {text}", err=True)

    estimator.compare(
        *parts.train,
        *(parts.test or ()),
        **parts.fitting(),
        encoders=job.fit.get("compare_with"),
        seeds=seeds,
        seconds=job.fit.get("compare_seconds"),
        **({"split": parts.split} if parts.test else {}),
        checkpoints=checkpoints,
        say=say,
    )


def show_comparison(results: dict[str, Any], out: Output) -> None:
    """Print every network with its size, its time and its scores."""
    found = results.get("comparison")
    if not found:
        return
    metric = found["metric"]
    out.heading(f"Beside other networks, {found['split']}")
    rows = found["rows"]
    best = max if not found["lower_is_better"] else min
    winner = rows.index(best(rows, key=lambda row: row["values"][metric]))
    out.table(
        ["model", metric, "parameters", "layers × units", "seconds", "epochs", "ended"],
        [
            [
                row["model"],
                _score(row, metric),
                *(_cost(row) if "parameters" in row else ["", "", "", "", ""]),
            ]
            for row in rows
        ],
        best=winner,
    )
    out.line(found["verdict"])
    out.line(_fairness(found))


def without_curves(found: dict[str, Any]) -> dict[str, Any]:
    """Return a comparison without the losses over time."""
    rows = [{k: v for k, v in row.items() if k != "curve"} for row in found["rows"]]
    return {**found, "rows": rows}


def _fairness(found: dict[str, Any]) -> str:
    as_long = "" if found["given_seconds"] else ", what this one took"
    many = "" if found["seeds"] == 1 else f", the mean of {found['seeds']} seeds"
    # Comparisons of earlier versions were of networks beside linear models.
    among = found.get("among", "Networks are alone here, without linear models.")
    return (
        f"Each other network was trained for at most {found['seconds']:.1f} s"
        f"{as_long} with a part held out, or until its loss had settled{many}."
        f" {among}".rstrip()
    )


def _score(row: dict[str, Any], metric: str) -> str:
    deviation = (row.get("deviations") or {}).get(metric)
    spread = "" if deviation is None else f" ± {deviation:.2g}"
    return number(row["values"][metric]) + spread


def _cost(row: dict[str, Any]) -> list[str]:
    return [
        number(row["parameters"]),
        f"{row['layers']} × {row['hidden_size']}",
        f"{row['seconds']:.1f}",
        f"{row['epochs']:.0f}",
        ", ".join(dict.fromkeys(row["stopped"])),
    ]
