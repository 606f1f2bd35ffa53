"""A search's own options, and commands that search for what others train with."""

from __future__ import annotations

import functools
import inspect
import os
import shlex
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import typer

from elman._arguments import without_password
from elman._errors import InputError

_PANEL = "Search"

Try = Annotated[
    list[str] | None,
    typer.Option(
        "--try",
        metavar="NAME=VALUES",
        help="What to try: hidden=16..256:log, cell=gru,lstm; repeat for several. Not"
        " given: learning rate, units, cell, layers, dropout.",
        rich_help_panel=_PANEL,
    ),
]
TryFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help='The same in TOML: hidden = "16..256:log", cell = ["gru", "lstm"].',
        rich_help_panel=_PANEL,
    ),
]
Sampler = Annotated[
    str, typer.Option(help="tpe, random or grid.", rich_help_panel=_PANEL)
]
Trials = Annotated[
    int | None,
    typer.Option(
        help="So many; 20 if no other limit is given.", rich_help_panel=_PANEL
    ),
]
Seconds = Annotated[
    float | None,
    typer.Option(help="Of all trials together.", rich_help_panel=_PANEL),
]
AllEpochs = Annotated[
    int | None, typer.Option(help="Of all trials together.", rich_help_panel=_PANEL)
]
Folds = Annotated[
    int, typer.Option(help="In which each trial is scored.", rich_help_panel=_PANEL)
]
Seeds = Annotated[
    int,
    typer.Option(
        help="Fits of the chosen parameters, and of the default, for the test part.",
        rich_help_panel=_PANEL,
    ),
]
Workers = Annotated[
    int,
    typer.Option(
        metavar="N",
        help="Processes on this machine that search at once, with one thread each.",
        rich_help_panel=_PANEL,
    ),
]
Study = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="A database that several machines share: postgresql://USER@HOST/DATABASE;"
        " the password is best in PGPASSWORD or ~/.pgpass.",
        rich_help_panel=_PANEL,
    ),
]
Prune = Annotated[
    bool,
    typer.Option(
        "--prune/--no-prune",
        help="Drop trials that are worse than the median at the same epoch.",
        rich_help_panel=_PANEL,
    ),
]
SkipHopeless = Annotated[
    bool,
    typer.Option(
        "--skip-hopeless/--train-hopeless",
        help="Leave out networks whose gradients cannot reach what the data need.",
        rich_help_panel=_PANEL,
    ),
]


def _own(
    tries: Try = None,
    try_file: TryFile = None,
    sampler: Sampler = "tpe",
    trials: Trials = None,
    seconds: Seconds = None,
    all_epochs: AllEpochs = None,
    folds: Folds = 3,
    seeds: Seeds = 3,
    prune: Prune = True,
    skip_hopeless: SkipHopeless = True,
    workers: Workers = 1,
    study: Study = None,
) -> dict[str, Any]:
    """Return what is asked of a search, as a job keeps it."""
    return {
        "space": _space(tries or (), try_file),
        "sampler": sampler,
        "trials": trials,
        "seconds": seconds,
        "epochs": all_epochs,
        "folds": folds,
        "seeds": seeds,
        "prune": prune,
        "skip_hopeless": skip_hopeless,
        "workers": workers,
        "study": study,
    }


# A search trains many models, each of them in one process.
_NOT_HERE = (
    "processes",
    "nodes",
    "tensorboard",
    "compare",
    "compare_with",
    "compare_seeds",
    "compare_seconds",
    "checkpoint_every",
)


def searching(train: Callable[..., None], task: str, says: str) -> Callable[..., None]:
    """Return the command that searches for what another one trains with.

    Parameters
    ----------
    train : callable
        The command that trains; all its options but a few are this one's too.
    task : str
    says : str
        What its help says of it.
    """
    theirs, ours = inspect.signature(train), inspect.signature(_own)
    hints = get_type_hints(_own, include_extras=True)
    kept = {n: p for n, p in theirs.parameters.items() if n not in _NOT_HERE}
    gone = {n: p.default for n, p in theirs.parameters.items() if n in _NOT_HERE}
    own = [p.replace(annotation=hints[n]) for n, p in ours.parameters.items()]
    place = list(kept).index("out")
    every = [*kept.values()]
    every[place:place] = own

    def command(**values: Any) -> None:
        asked = _own(**{name: values.pop(name) for name in ours.parameters})
        from elman.cli.run import _train
        from elman.tasks import check_search

        from ._go import go
        from ._opening import open_search

        check_search(task, asked)
        asked["study"] = _without_secret(asked["study"])
        begin = functools.partial(
            _train.begin, do=go, search=asked, opening=open_search
        )
        train(**values, **gone, begin=begin)

    command.__name__, command.__doc__ = task, says
    command.__signature__ = theirs.replace(parameters=every)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in every}
    return command


def _without_secret(study: str | None) -> str | None:
    """Return an address without its password, which only this process keeps."""
    if study is None:
        return None
    from elman.tasks import study_password

    if password := study_password(study):
        os.environ["PGPASSWORD"] = password
    return without_password(study)


def training_command(command: str, chosen: Sequence[Sequence[str]]) -> str:
    """Return the command that trains with what a search has chosen.

    Parameters
    ----------
    command : str
        That of the search.
    chosen : sequence of sequence of str
        An option of each parameter, and its value.
    """
    flags, valued = _words()
    replaced = {words[0].replace("--no-", "--") for words in chosen}
    found, skipped = [], False
    for word in shlex.split(command):
        flag, equals, _ = word.partition("=")
        if skipped:
            skipped = False
        elif flag in valued or flag in replaced:
            skipped = not equals and flag not in _switches(chosen)
        elif flag not in flags and flag.replace("--no-", "--") not in replaced:
            found.append(word)
    place = found.index("search") if "search" in found else 0
    found[place] = "train"
    return shlex.join([*found, *(word for words in chosen for word in words)])


def _words() -> tuple[set[str], set[str]]:
    """Return a search's own options: those without a value, and those with one."""
    flags, valued = set[str](), {"--out"}
    hints = get_type_hints(_own, include_extras=True)
    for name in inspect.signature(_own).parameters:
        kind, option = get_args(hints[name])[:2]
        # Inside an annotation typer has the first name where a default would be.
        given = [d for d in (option.default, *option.param_decls) if isinstance(d, str)]
        words = [word for names in given for word in names.split("/")]
        of = flags if kind is bool else valued
        of.update(words or [f"--{name.replace('_', '-')}"])
    return flags, valued


def _switches(chosen: Sequence[Sequence[str]]) -> set[str]:
    """Return the options without a value, with and without "no"."""
    names = [words[0].replace("--no-", "--") for words in chosen if len(words) == 1]
    return {*names, *(name.replace("--", "--no-", 1) for name in names)}


def _space(tries: Sequence[str], file: Path | None) -> dict[str, Any]:
    """Return what to try by the names given, of the file and of the options.

    Raises
    ------
    InputError
        It cannot be read, or a value names a file to be run.
    """
    found: dict[str, Any] = {}
    if file is not None:
        try:
            read = tomllib.loads(file.read_bytes().decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{file} is not TOML ({error})") from None
        table = read.get("try", read)
        if not isinstance(table, dict):
            raise InputError(f"{file}: try must be a table of parameters and values")
        found |= table
    named = set[str]()
    for text in tries:
        name, equals, values = text.partition("=")
        name = name.strip()
        if not equals or not values.strip():
            raise InputError(
                f"--try {text}: write NAME=VALUES, such as hidden=16..256:log or"
                " cell=gru,lstm"
            )
        if name in named:
            raise InputError(
                f"--try {name} is given twice; give all its values at once"
            )
        named.add(name)
        found[name] = values.strip()
    for name, values in found.items():
        if ".py:" in str(values):
            # Going on with a run executes no file.
            raise InputError(
                f"--try {name}: cells of a file are not searched for here; give them"
                " to elman.search"
            )
    return found
