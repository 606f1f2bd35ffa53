"""Options of commands that read recordings."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from elman._errors import InputError

PANEL = "Recordings"

Recording = Annotated[
    str | None,
    typer.Option(
        help="Column of a table with the paths of recordings; found if it is called"
        " path, file or the like.",
        rich_help_panel=PANEL,
    ),
]
Pattern = Annotated[
    str | None,
    typer.Option(
        help="What names in a folder say, such as '{label}_{group}_*.wav'.",
        rich_help_panel=PANEL,
    ),
]
TestPattern = Annotated[
    str | None,
    typer.Option(
        help="Names of the recordings that are held out for scores.",
        rich_help_panel=PANEL,
    ),
]
Features = Annotated[
    str | None,
    typer.Option(
        metavar="log-mel|mfcc", help="What is read of them.", rich_help_panel=PANEL
    ),
]
Bands = Annotated[
    int | None, typer.Option(help="Bands of frequencies.", rich_help_panel=PANEL)
]
Rate = Annotated[
    int | None,
    typer.Option(
        help="Samples a second; that of most, at most 16,000, if not given.",
        rich_help_panel=PANEL,
    ),
]
Window = Annotated[
    float | None, typer.Option(help="Seconds of a step.", rich_help_panel=PANEL)
]
Hop = Annotated[
    float | None,
    typer.Option(help="Seconds from one step to the next.", rich_help_panel=PANEL),
]
Range = Annotated[
    float | None,
    typer.Option(
        help="Decibels below the loudest band of a recording that are read; 40.",
        rich_help_panel=PANEL,
    ),
]
Level = Annotated[
    str | None,
    typer.Option(
        metavar="mean|none",
        help="What is subtracted from each band.",
        rich_help_panel=PANEL,
    ),
]


def sound_columns(
    recording: str | None,
    pattern: str | None,
    test_pattern: str | None,
    **front_end: Any,
) -> dict[str, Any]:
    """Return what the options say of recordings, as `read_any` takes it.

    Parameters
    ----------
    recording, pattern, test_pattern : str or None
    **front_end
        Of `FrontEnd`, by the names of its parameters; None where not given.

    Raises
    ------
    InputError
        A parameter of the front end is out of its range.
    """
    from elman.data import FrontEnd

    asked = {k: v for k, v in front_end.items() if v is not None}
    if asked:
        try:
            FrontEnd.from_description({"rate": 400_000, **asked})
        except InputError as error:
            raise InputError(f"--{error}".replace("--kind", "--features")) from None
    return {
        "recording": recording,
        "pattern": pattern,
        "test_pattern": test_pattern,
        "front_end": asked or None,
    }
