"""Parameters of the forecaster alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ._cell import CellKind, cell_names, cell_reader
from ._row import MODEL, Between, Checked, Choice, Option, Parameter, Share, Whole
from ._texts import CELL_WORDS, read_numbers

_ONLY = ("forecast",)


def _holidays(value: object) -> str | None:
    from elman.tasks.forecast.columns._holidays import check_holidays

    return check_holidays(value)


def _scales() -> Sequence[str]:
    from elman.tasks.forecast.columns._transform import Transform

    return ("auto", *(transform.value for transform in Transform))


def _quantiles(value: Any) -> Any:
    from elman.tasks.forecast.intervals._quantiles import check_quantiles

    return check_quantiles(value)


FORECAST: tuple[Parameter, ...] = (
    Parameter(
        "horizon",
        Whole(none=True),
        "Steps ahead. None: 24, or what suits the calendar (12 months, 4 quarters, 13"
        " weeks, 5 years), and at most a sixth of the rows.",
        Option(
            "Steps to forecast; 24, or what suits the calendar and the length.", int
        ),
        _ONLY,
    ),
    Parameter(
        "context",
        Whole(none=True),
        "Steps back. None: what the autocorrelation of the target asks for, at least a"
        " season and twice the horizon, as far as the series allows.",
        Option("Steps to look back; chosen from the data.", int),
        _ONLY,
    ),
    Parameter(
        "decoder",
        Choice(lambda: ("auto", "steps", "segments")),
        "How the correction is decoded: step by step, or several steps at once from a"
        " recurrence over segments. ``auto`` takes segments for horizons of 48 steps"
        " and more, with known columns of 24.",
        Option(
            "auto, steps, or segments: several steps at once, for long horizons.",
            panel=MODEL,
        ),
        _ONLY,
    ),
    Parameter(
        "cell",
        CellKind(cell_names),
        "Kind of recurrent layer, of the encoder and the decoder: a name, or a cell of"
        " yours.",
        Option(
            f"{CELL_WORDS}; or FILE.py:CLASS.",
            panel=MODEL,
            read=cell_reader(cell_names),
        ),
        _ONLY,
        tried=("gru", "lstm"),
    ),
    Parameter(
        "num_layers",
        Whole(),
        "Recurrent layers on top of each other, in the encoder and in the decoder.",
        Option("Stacked layers.", int, "--layers", MODEL),
        _ONLY,
        tried=(1, 2),
    ),
    Parameter(
        "holidays",
        Checked("str or None", _holidays),
        "Whose holidays are known, of the past and of the rows to forecast: the code of"
        ' a country ("DE"), of a part of one ("DE-BY"), of an exchange ("XNYS"), or'
        " several with commas. Needs the package holidays.",
        Option(
            "Whose holidays count: DE, US, DE-BY, XNYS, …; needs elman[holidays].",
            metavar="CODE",
        ),
        _ONLY,
    ),
    Parameter(
        "scale",
        Choice(_scales),
        "Monotone transform of the targets; ``auto`` takes the square root of counts.",
        Option("auto, none, sqrt or log; of the target."),
        _ONLY,
    ),
    Parameter(
        "loss",
        Choice(
            lambda: ("auto", "absolute", "squared", "poisson", "tweedie", "pinball")
        ),
        "What is made small: the absolute error, so that the median is forecast, or"
        " the squared error, for the mean. ``auto`` takes the squared error for targets"
        " that are mostly 0 and whose median would always be (intermittent demand). The"
        " deviances of a Poisson and of a Tweedie distribution, of power 3/2, are for"
        " counts and for amounts that are often 0: a mean, on a log link, so that no"
        " forecast is below 0. ``pinball`` is for the quantiles asked for.",
        Option("auto, absolute, squared, poisson, tweedie or pinball.", panel=MODEL),
        _ONLY,
    ),
    Parameter(
        "quantiles",
        Checked("sequence of float or None", _quantiles),
        "Levels such as ``(0.1, 0.5, 0.9)``: predictions get a column for each, q0.1"
        " and so on, which never cross, and the results their pinball loss and"
        " coverage.",
        Option(
            "Levels of quantiles to predict beside the intervals, such as 0.1,0.5,0.9.",
            metavar="LEVELS",
            read=read_numbers,
        ),
        _ONLY,
    ),
    Parameter(
        "batch_size",
        Checked('int or "all"'),
        "Windows a step; ``all`` takes one step an epoch, of every window.",
        Option("Examples a step.", int, panel=MODEL),
        _ONLY,
        "batch_size",
    ),
    Parameter(
        "windows_per_epoch",
        Checked("int or None"),
        "Windows drawn in an epoch; None draws all.",
        tasks=_ONLY,
        setting="examples_per_epoch",
    ),
    Parameter(
        "learning_rate",
        Checked("float"),
        "Step size of the optimiser, Adam.",
        Option("Learning rate.", float, "--lr", MODEL),
        _ONLY,
        "learning_rate",
        tried=Between(3e-4, 3e-2, log=True),
    ),
    Parameter(
        "validation_fraction",
        Share(),
        "Share of the training rows, their last, on which training stops.",
        tasks=_ONLY,
    ),
    Parameter(
        "level",
        Share(),
        "Share of the future that the prediction intervals are to cover.",
        Option("Of the prediction intervals, such as 0.9.", float),
        _ONLY,
    ),
)
