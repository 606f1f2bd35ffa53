"""``elman demo``."""

from __future__ import annotations

from . import _options as opt
from ._output import Output


def demo(
    seed: opt.Seed = None,
    out: opt.Out = None,
    force: opt.Force = False,
    quiet: opt.Quiet = False,
    as_json: opt.Json = False,
) -> None:
    """Watch a network learn a year of bike rentals, in about a minute.

    Example: elman demo

    Example: elman demo --out runs/bikes --force
    """
    from elman.data import load_bikeshare
    from elman.tasks import Forecaster

    from ._finish import finish
    from ._run_directory import RunDirectory

    shown = Output(as_json)
    frame = load_bikeshare()
    shown.line(
        "Bike rentals in Washington, D.C., hour by hour through 2011 (UCI Bike"
        " Sharing, CC BY 4.0): the next 24 hours, with the weather known."
    )
    with RunDirectory(out, "demo", force) as run:
        forecaster = Forecaster(
            **opt.given(random_state=seed),
            progress=not quiet,
            callbacks=run.callbacks(),
        )
        forecaster.fit(
            frame, "count", "time", known=frame.columns[2:], test="2011-11-01"
        )
        finish(forecaster, run, shown)
