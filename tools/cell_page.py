"""The page of one cell, written from its class and from what was measured of it."""

from __future__ import annotations

import inspect
import re

from cell_curves import picture
from cell_results import (
    LANGUAGES,
    Learned,
    costs,
    languages,
    learned,
    with_options,
)
from cell_words import kept, starts

from elman import cells

GROUPS = {
    "gated": "Gated",
    "scans": "Own past",
    "dynamical": "Dynamical",
    "simple": "Without gates",
    "others": "Others",
}
"""Folders of equations, and what their cells are called together."""


def group(name: str) -> str:
    """Return the key of the group that a cell is in."""
    if not cells.is_shipped(name):
        return "others"
    folder = type(cells.cell(name)).__module__.split(".")[-2]
    return folder if folder in GROUPS else "simple"


def title(name: str) -> str:
    """Return what a cell is called: its class's name."""
    return cells.find(name).__name__


def page(name: str) -> str:
    """Return the Markdown of a cell's page."""
    cell = cells.cell(name)
    first, prose = _texts(type(cell))
    states = ", ".join(f"`{state}`" for state in cell.states)
    gates = ", ".join(f"`{gate}`" for gate in cell.traced.values)
    lines = [
        f"# {title(name)}",
        "",
        f'`cell="{name}"` · {first} [All cells](../mathematics/cells.md).',
        "",
        f'!!! tip "When to use it"\n\n    {cell.use}',
        "",
        "## Equations",
        "",
        "$$",
        cell.equations.latex,
        "$$",
        "",
        *prose,
        f"Source: {cell.source.rstrip('.')}.",
        "",
        *_used(name),
        f"States: {states}." + (f" Gates in a trace: {gates}." if gates else ""),
        "",
        *_options(cell),
        "## Start and constraint",
        "",
        *starts(cell),
        *kept(cell),
        *_learned(name),
        *_told(name),
        *_costs(name),
    ]
    return "\n".join(lines)


_INDEXED = re.compile(r"\b(\w)_\{([^}`]*)\}")


def _texts(cell: type[cells.Cell]) -> tuple[str, list[str]]:
    """Return the first line of a class's docstring, and its prose below."""
    first, *parts = (inspect.getdoc(cell) or "").split("\n\n")
    prose: list[str] = []
    for part in parts:
        if part.startswith("Parameters\n"):
            break
        if part != "::" and not part.startswith(" "):
            text = _INDEXED.sub(r"$\1_{\2}$", part.replace("``", "`"))
            prose += [text, ""]
    return first, prose


def _used(name: str) -> list[str]:
    """Return how the cell is taken, as code."""
    if not cells.is_shipped(name):
        return []
    return [
        "```python",
        f"layer = elman.{title(name)}(8, 32)    # (T, B, 8) → (T, B, 32)",
        f'model = elman.SequenceClassifier(cell="{name}")',
        "```",
        "",
    ]


def _options(cell: cells.Cell) -> list[str]:
    about = _parameters(type(cell))
    rows = [
        f"| `{option}` | `{value!r}` | {about.get(option, '')} |"
        for option, value in cell.options().items()
        if option != "heads" or value != 1
    ]
    head = ["| option | default | |", "|---|---|---|"]
    return [*head, *rows, ""] if rows else []


_PARAMETER = re.compile(r"^(\w[\w, ]*) :.*\n((?: .*\n?)*)", re.MULTILINE)


def _parameters(cell: type[cells.Cell]) -> dict[str, str]:
    """Return what a class's docstring says of its options."""
    text = (inspect.getdoc(cell) or "").partition("Parameters\n----------\n")[2]
    found = {}
    for names, body in _PARAMETER.findall(text):
        said = _INDEXED.sub(r"$\1_{\2}$", " ".join(body.split()))
        found |= dict.fromkeys(names.split(", "), said)
    return found


def _learned(name: str) -> list[str]:
    """Return the picture and the words of a cell's learning curves."""
    found = learned()
    if name not in found:
        return []
    own = found[name]
    other = found.get("gru") if name != "gru" else None
    lines = [
        "## What it learns",
        "",
        picture(own, other, title(name), "GRU"),
        "",
        f"{_adding(own)} {_digits(own)} How: [All cells]"
        "(../mathematics/cells.md#how-they-were-trained).",
        "",
    ]
    for form, one in with_options(name).items():
        options = form.removeprefix(name)
        lines += [
            f"With an option, `{title(name)}{options}`:",
            "",
            picture(one, own, options.strip("()"), title(name)),
            "",
            f"{_adding(one)} {_digits(one)}",
            "",
        ]
    return lines


def _adding(own: Learned) -> str:
    where = "behind a pointwise layer, relu(W x + b), " if own.behind else ""
    before = ""
    if own.behind:
        alone = "diverges" if own.alone is None else f"comes to {own.alone:.2g}"
        before = f"Alone the layer does not solve adding 100 (its error {alone}). "
    errors = [run["test"] for run in own.adding if run["test"] is not None]
    if not own.solved:
        best = f"{min(errors):.2g}" if errors else "not finite"
        text = f"in 3,000 steps adding 100 is not solved: the best error is {best}."
    else:
        steps = [run["solved_at"] for run in own.adding]
        said = ", ".join("never" if s is None else f"{s:,}" for s in steps)
        text = (
            f"adding 100 is solved after {said} steps "
            f"({len(steps)} seed{'s' if len(steps) > 1 else ''}), at a rate of "
            f"{own.rate:g}; error on fresh sequences {max(errors):.2g} or less."
        )
    text = where + text
    return before + text[0].upper() + text[1:]


def _digits(own: Learned) -> str:
    last = [100 * run["curve"][-1] for run in own.digits]
    if not last:
        return ""
    between = f" ({min(last):.1f} to {max(last):.1f})" if len(last) > 1 else ""
    return f"Digits: {100 * own.accuracy:.1f} % after 20 epochs{between}."


def _told(name: str) -> list[str]:
    """Return how well the cell follows formal languages."""
    own = languages().get(name, {})
    known = [language for language in LANGUAGES if language in own]
    if not known:
        return []
    shares = " | ".join(f"{100 * own[language]:.1f} %" for language in known)
    return [
        "## What it can tell",
        "",
        f"| [formal language](../guide/formal-languages.md) | {' | '.join(known)} |",
        "|---|" + "--:|" * len(known),
        f"| accuracy at steps 41 to 256 | {shares} |",
        "",
        "One layer, trained at up to 40 steps. Each asks for the order of what came or "
        "for a count of it, without an end.",
        "",
    ]


def _costs(name: str) -> list[str]:
    own = costs().get(name)
    if not own:
        return []
    from elman.layers import layer_of

    layer = layer_of(cells.cell(name), 64, 64)
    count = sum(p.numel() for p in layer.parameters())
    head = " | ".join(own)
    shares = " | ".join(f"{share:.2f}" for share in own.values())
    return [
        "## What it costs",
        "",
        f"| rows × steps, inputs → units | {head} |",
        "|---|" + "--:|" * len(own),
        f"| training step, × GRU | {shares} |",
        "",
        f"With 64 inputs and 64 units a layer has {count:,} parameters. Measured by "
        "`benchmarks/beside_gru.py`: forward and backward of a whole layer on one "
        "thread, in turns with a GRU.",
        "",
    ]
