"""Whether a model leans on the order of the steps, printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from elman._errors import InputError

from ._output import Output, number


def show_order(results: dict[str, Any], out: Output) -> None:
    """Print the scores on steps in other orders, and what they say."""
    order = results.get("order")
    if not order:
        return
    out.heading(f"Does it lean on order? {order['metric']}, {order['split']}")
    models = list(order["rows"][0]["values"])
    out.table(
        ["steps", *models, "draws"],
        [
            [
                row["order"],
                *(_with_spread(row["values"][model]) for model in models),
                number(row["draws"]),
            ]
            for row in order["rows"]
        ],
    )
    out.line(order["verdict"])


def order_of_run(run: str, data: Path, given: dict[str, Any]) -> dict[str, Any]:
    """Return a run's results with its scores by order on a file of sequences.

    Parameters
    ----------
    run : str
        The run directory.
    data : path
        Sequences with labels that the run was not trained on.
    given : dict
        Columns, what means missing, and the encoding, as for ``elman predict``.

    Raises
    ------
    InputError
        The run is one of forecasts; the file has no labels, or other channels.
    """
    import elman

    from ._predict_sequences import labelled_sequences

    estimator = elman.load(run)
    if not hasattr(estimator, "scores_by_order"):
        raise InputError(
            f"{run} is a run of {estimator.task}; scores on data in another order are"
            f" for runs of classify and regress: elman diagnose {run}"
        )
    X, y = labelled_sequences(estimator, data, given)
    estimator.scores_by_order(X, y, split=data.name)
    return dict(estimator.results_)


def _with_spread(value: dict[str, float]) -> str:
    spread = value["deviation"]
    return number(value["mean"]) + (f" ± {spread:.2g}" if spread else "")
