"""``elman bench``: Elman's layers against torch's, and others that are installed."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import elman
from elman._arguments import whole_number
from elman._errors import InputError, did_you_mean
from elman._files import replace_durably
from elman.cli._main import Interrupted
from elman.cli._output import Output, is_terminal

if TYPE_CHECKING:
    from elman.bench import Case, Row, Sizes

_QUICK = ("grid", "ragged", "float64", "projection", "streaming", "loop")


def bench(
    cell: Annotated[
        list[str] | None,
        typer.Option(
            help="rnn, gru, lstm, or another cell: elman info lists them; several with"
            " commas or repeated."
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GROUP",
            help="grid, thin, ragged, float64, projection, streaming, loop, memory,"
            " cells.",
        ),
    ] = None,
    size: Annotated[
        list[str] | None,
        typer.Option(
            metavar="BxTxIxH",
            help="32x100x64x128, say; of grid and cells. Several as above.",
        ),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Every size and group: some minutes.")
    ] = False,
    peer: Annotated[
        list[str] | None,
        typer.Option(
            help="jax, keras, or none besides torch; all installed, if not given."
        ),
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(help="Turns of each peer, whose median counts.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Threads; torch's default if not given.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write the numbers here too."),
    ] = None,
) -> None:
    """Time the layers against torch's, jax's and Keras', in turns, in one process.

    Quick at first: less than a minute. Ratios are the peer's time over Elman's;
    2.00 is twice as fast. The share is of this machine's peak, measured now.

    Example: elman bench

    Example: elman bench --full --json bench.json

    Example: elman bench --cell lstm --only grid,streaming

    Example: elman bench --only cells --cell lru,janet --size 1x1000x64x512
    """
    from elman import bench as b

    known = [*b.CELLS, *b.OTHERS]
    cells = _chosen("--cell", cell, known, [c.lower() for c in known])
    groups = _chosen("--only", only, list(b.GROUPS), list(b.GROUPS))
    if not only and not full:
        further = any(c in b.OTHERS for c in cells) and bool(cell)
        groups = [*_QUICK, *(("cells",) if further else ())]
    sizes = _sizes(size)
    others = () if peer == ["none"] else _chosen("--peer", peer, list(b.PEERS))
    rounds = whole_number("--rounds", (7 if full else 5) if rounds is None else rounds)
    if file is not None:
        _check_writable(file)
    import torch

    if threads is not None:
        torch.set_num_threads(_allowed(threads))
    torch.manual_seed(0)
    out = Output()
    facts = b.machine()
    found, absent = b.find_peers(tuple(others), torch.get_num_threads())
    versions = {"elman": elman.__version__, "torch": str(torch.__version__)}
    versions |= {name: p.version for name, p in found.items()}
    _introduce(out, facts, versions, absent)
    todo = b.cases(cells, groups, full, sizes)
    if not todo:
        raise InputError(
            "nothing to measure: a projection is the LSTM's alone, and further cells "
            "have rows in the group cells"
        )
    rows: list[Row] = []
    try:
        with _Progress(len(todo)) as progress:
            for case in todo:
                progress.next(f"{b.GROUPS[case.group]}: {case.label}")
                rows.append(b.measure(case, rounds, found))
    except KeyboardInterrupt:
        _show(out, rows)
        unwritten = f"; {file} is not written" if file is not None else ""
        raise Interrupted(
            f"interrupted after {len(rows)} of {len(todo)} rows{unwritten}"
        ) from None
    facts = b.machine()
    rows = b.against(rows, facts["peak_gflops"])
    _show(out, rows)
    if file is not None:
        content = b.document(rows, facts, rounds, versions, absent)
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        replace_durably(file, f"{text}\n".encode())
        out.line()
        out.line(f"wrote {file}")


def _chosen(
    option: str,
    given: Sequence[str] | None,
    allowed: list[str],
    shown: list[str] | None = None,
) -> list[str]:
    """Return the names an option gives, in the order of those allowed; all if none."""
    names = {n.strip().lower() for v in given or [] for n in v.split(",") if n.strip()}
    known = {name.lower(): name for name in allowed}
    for name in sorted(names):
        if name not in known:
            listed = ", ".join(shown or allowed)
            raise InputError(
                f"{option}: unknown {name!r}; allowed are {listed}"
                f"{did_you_mean(name, known)}"
            )
    return [known[n] for n in known if n in names] if names else list(allowed)


def _sizes(given: Sequence[str] | None) -> list[Sizes]:
    """Return sizes as they were written, or raise."""
    from elman.bench import Sizes

    found = []
    for word in (w for text in given or [] for w in text.split(",") if w.strip()):
        numbers = word.strip().split("x")
        if len(numbers) != 4 or not all(n.isdecimal() and int(n) for n in numbers):
            raise InputError(
                f"--size: got {word.strip()!r}; write rows, steps, inputs and units as "
                "32x100x64x128"
            )
        found.append(Sizes(*map(int, numbers)))
    return found


def _allowed(threads: int) -> int:
    whole_number("--threads", threads)
    cores = os.cpu_count() or 1
    if threads > cores:
        raise InputError(f"--threads: got {threads}, this machine has {cores} cores")
    return threads


def _check_writable(file: Path) -> None:
    """Raise before the minutes, not after them."""
    if file.is_dir():
        raise InputError(f"--json: {file} is a directory; name a file in it")
    folder = file.parent
    if not folder.is_dir():
        raise InputError(f"--json: there is no directory {folder}; make it first")
    if not os.access(folder, os.W_OK):
        raise InputError(f"--json: {folder} cannot be written to; name another file")


def _introduce(
    out: Output,
    facts: dict[str, Any],
    versions: dict[str, str],
    absent: dict[str, str],
) -> None:
    peaks = facts["peak_gflops"]
    isa, theirs = facts["instruction_set"], facts["torch_instruction_set"]
    out.pairs(
        [
            ("processor", facts["processor"]),
            ("cores, threads", f"{facts['cores']}, {facts['threads']}"),
            ("instructions", f"{isa} (torch: {theirs})"),
            (
                "measured peak",
                f"{peaks['float32']:.0f} GFLOP/s in float32,"
                f" {peaks['float64']:.0f} in float64",
            ),
            *versions.items(),
            *((name, f"left out: {reason}") for name, reason in absent.items()),
        ]
    )


class _Progress:
    """What is being measured, on a terminal's standard error."""

    def __init__(self, total: int) -> None:
        self.total, self.count = total, 0
        self.status: Any = None
        self.stack = contextlib.ExitStack()

    def __enter__(self) -> _Progress:
        if is_terminal(sys.stderr):
            from rich.console import Console

            # A moving picture would take the time that is being measured.
            console = Console(stderr=True)
            self.status = self.stack.enter_context(
                console.status("", spinner="line", refresh_per_second=0.5)
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def next(self, what: str) -> None:
        self.count += 1
        if self.status is not None:
            from rich.text import Text

            text = f"{self.count}/{self.total} {what}"
            self.status.update(Text(text, no_wrap=True, overflow="ellipsis"))


def _show(out: Output, rows: Sequence[Row]) -> None:
    from elman import bench as b

    for group, title in b.GROUPS.items():
        found = [row for row in rows if row.case.group == group]
        if found:
            out.heading(title)
            header, lines = _table(found)
            out.table(*_fitted(header, lines, _width(out)))
    for group in ("grid", "cells"):
        means = b.geometric_means(rows, group)
        if not means:
            continue
        kind = " of every cell" if group == "cells" else ""
        out.heading(f"Geometric means of the training steps' ratios{kind}")
        out.pairs(
            [
                (b.title(c), ", ".join(f"{x:.2f} × {p}" for p, x in peers.items()))
                for c, peers in means.items()
            ]
        )
    worse = b.slower(rows)
    if worse:
        out.heading("Where another one is better")
        out.pairs([(_name(row.case), f"{x:.2f} × {p}") for row, p, x in worse])


def _name(case: Case) -> str:
    plain = case.group in ("grid", "streaming", "thin", "cells")
    return case.label if plain else f"{case.label} ({case.group})"


def _table(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Return one group's table with all of its columns."""
    names = [name for name in rows[0].values if name != "elman"]
    header = ["", "elman"]
    for name in names:
        header += [name, f"× {name}"]
    counted = rows[0].rate is not None
    header += ["GFLOP/s", "peak"] if counted else []
    lines = []
    for row in rows:
        line = [row.case.label, _value(row, "elman")]
        for name in names:
            line += [_value(row, name), f"{row.ratios[name]:.2f}"]
        if row.rate is not None:
            share = "–" if row.share is None else f"{row.share:.0%}"
            line += [f"{row.rate / 1e9:.0f}", share]
        lines.append(line)
    return header, lines


def _value(row: Row, name: str) -> str:
    value = row.values[name]
    if row.case.group == "memory":
        return f"{value / 1e6:.1f} MB"
    if value < 1e-3:
        return f"{value * 1e6:.1f} µs"
    return f"{value * 1e3:.2f} ms"


def _fitted(
    header: list[str], lines: list[list[str]], width: int | None
) -> tuple[list[str], list[list[str]]]:
    """Leave out what a narrow terminal has no room for; the ratios stay."""

    def needed(kept: list[int]) -> int:
        table = [header, *lines]
        return sum(max(len(line[i]) for line in table) + 2 for i in kept)

    kept = list(range(len(header)))
    dispensable = ["GFLOP/s", *_plain_names(header), "elman", "peak"]
    for name in dispensable:
        if width is None or needed(kept) <= width:
            break
        kept = [i for i in kept if header[i] != name]
    return [header[i] for i in kept], [[line[i] for i in kept] for line in lines]


def _plain_names(header: list[str]) -> Iterator[str]:
    """Yield the columns of the peers' own values, the last first."""
    for name in reversed(header):
        if f"× {name}" in header:
            yield name


def _width(out: Output) -> int | None:
    if not out.rich:
        return None
    from rich.console import Console

    return Console().width
