"""The table of one or many series, and what of it is tested on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elman.cli._forecast_table import forecast_table

if TYPE_CHECKING:
    from elman.cli.run._job import Job
    from elman.data import Table


@dataclass(frozen=True)
class SeriesParts:
    """A table, which the estimator parts by itself.

    Attributes
    ----------
    table : Table
    steps : int or None
        Of a test file: how many at the end of each series came from there.
    test_file : path or None
    files : tuple of path
        What else was read: nothing.
    """

    table: Table
    steps: int | None = None
    test_file: Path | None = None
    files: tuple[Path, ...] = ()

    def fitting(self, job: Job) -> dict[str, Any]:
        """Return what ``fit`` takes besides the table."""
        fit = {key: value for key, value in job.fit.items() if key != "encoding"}
        name = job.data.name if job.data else ""
        return fit | {"source": getattr(self.table, "source", name)}


def parts_of(job: Job, data: Path) -> SeriesParts:
    """Return the table that a run began with."""
    test = None if job.test is None else Path(job.test.path)
    table, steps = forecast_table(
        data,
        encoding=job.fit.get("encoding"),
        missing=job.fit.get("missing"),
        ids=job.fit.get("id") or (),
        wide=job.fit.get("wide") if job.fit.get("target") is None else False,
        test=test,
    )
    return SeriesParts(table, steps, test)
