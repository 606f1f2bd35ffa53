r"""The equations as mathematics: LaTeX for documents, plain text for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from elman.cells.graph._graph import Node, is_const, ordered, replaced

if TYPE_CHECKING:
    from elman.cells._cell import Cell

    from ._trace import Step

_GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa"),
    *("lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega"),
)


@dataclass(frozen=True)
class Equations:
    """A cell's equations; ``print`` shows them, ``latex`` is an ``aligned`` block.

    Attributes
    ----------
    lines : tuple of (str, str)
        Left and right sides as plain text.
    latex : str
    """

    lines: tuple[tuple[str, str], ...]
    latex: str

    @staticmethod
    def of(cell: Cell) -> Equations:
        """Return the equations of a cell."""
        step = cell.traced
        lines = _Writer(step, _Plain()).lines()
        rows = [f"{a} &= {b}" for a, b in _Writer(step, _Latex()).lines()]
        inner = " \\\\\n".join(rows)
        return Equations(tuple(lines), f"\\begin{{aligned}}\n{inner}\n\\end{{aligned}}")

    def __str__(self) -> str:
        width = max(len(left) for left, _ in self.lines)
        return "\n".join(f"{left:>{width}} = {right}" for left, right in self.lines)

    def _repr_latex_(self) -> str:
        return f"$${self.latex}$$"


class _Plain:
    """How plain text is written."""

    times = " ∘ "
    functions: Mapping[str, str] = {"sigmoid": "σ"}

    def name(self, text: str) -> str:
        return text

    def at(self, name: str, when: str) -> str:
        return f"{self.name(name)}[{when}]"

    def weight(self, letter: str, sub: str) -> str:
        return f"{letter}_{sub}"

    def call(self, op: str, args: str) -> str:
        return f"{self.functions.get(op, op)}({args})"

    def over(self, a: str, b: str) -> str:
        return f"{a} / {b}"

    def root(self, a: str) -> str:
        return f"√({a})"

    def where(self, condition: str, a: str, b: str) -> str:
        return f"({a} if {condition} else {b})"

    def mean(self, a: str) -> str:
        return f"mean({a})"


class _Latex(_Plain):
    r"""How LaTeX is written."""

    times = r" \circ "
    functions: Mapping[str, str] = {
        "sigmoid": r"\sigma",
        "relu": r"\operatorname{relu}",
        "softplus": r"\operatorname{softplus}",
        "abs": r"\operatorname{abs}",
        "norm": r"\operatorname{norm}",
        "sum": r"\operatorname{sum}",
        "sign": r"\operatorname{sign}",
        "step": r"\operatorname{step}",
        "log": r"\ln",
        "detach": r"\operatorname{detach}",
    }

    def name(self, text: str) -> str:
        if text[1:].isdigit():
            return f"{text[0]}_{{{text[1:]}}}"
        first, _, rest = text.partition("_")
        if first in _GREEK:
            first = f"\\{first}"
        elif len(first) > 1:
            first = rf"\mathrm{{{first}}}"
        return f"{first}_{{{self.name(rest)}}}" if rest else first

    def at(self, name: str, when: str) -> str:
        if name[1:].isdigit():
            return f"{name[0]}_{{{name[1:]},{when}}}"
        if "_" in name:
            return f"({self.name(name)})_{{{when}}}"
        return f"{self.name(name)}_{{{when}}}"

    def weight(self, letter: str, sub: str) -> str:
        short = all(len(part) == 1 for part in sub)
        return f"{letter}_{{{sub if short else rf'{chr(92)}mathrm{{{sub}}}'}}}"

    def call(self, op: str, args: str) -> str:
        return rf"{self.functions.get(op, chr(92) + op)}\left({args}\right)"

    def over(self, a: str, b: str) -> str:
        return rf"\frac{{{a}}}{{{b}}}"

    def root(self, a: str) -> str:
        return rf"\sqrt{{{a}}}"

    def where(self, condition: str, a: str, b: str) -> str:
        return (
            rf"\begin{{cases}} {a} & {condition} \\ {b} & \text{{else}} \end{{cases}}"
        )

    def mean(self, a: str) -> str:
        return rf"\overline{{{a}}}"


def _told(node: Node, args: tuple[Node, ...]) -> Node | None:
    return node.table.make("norm", args[1:2]) if node.op == "normed" else None


CONDITION, SUM, PRODUCT, ATOM = range(4)
"""How tightly a text holds together."""


class _Writer:
    """Writes a step's values, named ones on lines of their own."""

    def __init__(self, step: Step, style: _Plain) -> None:
        # Normalised values are told as such, not by how they are computed.
        new = replaced(step.roots, _told)
        self.step, self.style = step.renewed(new), style
        self.names = self._name()
        twice = [n.data.name for n in step.linears if not n.data.shared]
        self.double = {name for name in twice if twice.count(name) > 1}

    def _name(self) -> dict[Node, str]:
        """Return the texts of the values that have a line of their own."""
        step, at = self.step, self.style.at
        found = {node: at(name, "t") for name, node in step.values.items()}
        found.update(
            {n: at(s, "t") for n, s in zip(step.after, step.states, strict=True)}
        )
        uses: dict[Node, int] = {}
        order = ordered([*step.values.values(), *step.after])
        for node in order:
            for arg in node.args:
                uses[arg] = uses.get(arg, 0) + 1
        taken = {*step.states, *step.values, *step.units}
        letters = (f"v{k}" for k in range(1, len(order) + 1))
        free = (letter for letter in letters if letter not in taken)
        for node in order:
            parts = sum(bool(n.args) for n in ordered([node]))
            shared = uses.get(node, 0) > 1 and node not in found
            if shared and parts > 2 and not self._is_mean(node):
                moves = any(n.op in ("linear", "before") for n in ordered([node]))
                found[node] = at(next(free), "t") if moves else next(free)
            elif shared and node.op == "linear":
                found[node] = at(next(free), "t")
        return found

    def lines(self) -> list[tuple[str, str]]:
        """Return the equations in an order in which they can be computed."""
        found = []
        for node in ordered([*self.step.values.values(), *self.step.after]):
            if node in self.names:
                found.append((self.names[node], self._write(node, CONDITION, own=True)))
        for state, node in zip(self.step.states, self.step.after, strict=True):
            left = self.style.at(state, "t")
            if node in self.names and self.names[node] != left:
                found.append((left, self.names[node]))
            elif node not in self.names:
                found.append((left, self._write(node, CONDITION)))
        return found

    def _write(self, node: Node, least: int, own: bool = False) -> str:
        if node in self.names and not own:
            return self.names[node]
        text, holds = self._text(node)
        return f"({text})" if holds < least else text

    def _text(self, node: Node) -> tuple[str, int]:
        style, op, args = self.style, node.op, node.args
        if op in _LEAVES:
            return _LEAVES[op](self, node), ATOM
        if self._is_mean(node):
            inner = next(a for a in args if a.op == "rowsum").args[0]
            return style.mean(self._write(inner, SUM)), ATOM
        if op in ("add", "sub"):
            sign = "+" if op == "add" else "−" if type(style) is _Plain else "-"
            right = self._write(args[1], SUM if op == "add" else PRODUCT)
            return f"{self._write(args[0], SUM)} {sign} {right}", SUM
        if op == "linear":
            return self._linear(node)
        if op == "mul" and args[1].op == "div" and is_const(args[1].args[0], 1.0):
            tight = ATOM if type(style) is _Plain else SUM
            over, under = (
                self._write(args[0], tight),
                self._write(args[1].args[1], tight),
            )
            return style.over(over, under), PRODUCT
        if op == "mul":
            pair = [self._write(a, PRODUCT) for a in args]
            plain = any(a.op in ("const", "width") for a in args)
            return (" " if plain else style.times).join(pair), PRODUCT
        if op == "div":
            tight = ATOM if type(style) is _Plain else SUM
            over, under = self._write(args[0], tight), self._write(args[1], tight)
            return style.over(over, under), PRODUCT
        if op == "neg":
            sign = "−" if type(style) is _Plain else "-"
            return f"{sign}{self._write(args[0], PRODUCT)}", SUM
        if op == "sqrt":
            return style.root(self._write(args[0], SUM)), ATOM
        if op == "greater":
            return " > ".join(self._write(a, SUM) for a in args), CONDITION
        if op == "select":
            whole = self._write(args[0], CONDITION)
            return style.where(whole, *(self._write(a, SUM) for a in args[1:])), ATOM
        texts = ", ".join(self._write(a, CONDITION) for a in args)
        return style.call("sum" if op == "rowsum" else op, texts), ATOM

    def _is_mean(self, node: Node) -> bool:
        """Return whether a value is a sum over the units times 1 / H."""
        if node.op != "mul":
            return False
        ops = {a.op: a for a in node.args}
        share = ops.get("div")
        return "rowsum" in ops and share is not None and share.args[1].op == "width"

    def _linear(self, node: Node) -> tuple[str, int]:
        gate, style = node.data.name, self.style
        parts = []
        if node.data.inputs:
            parts.append(f"{style.weight('W', 'x' + gate)} {style.at('x', 't')}")
        for value in node.args:
            letter, source = "W", value
            if node.data.shared:  # it is called after what it multiplies first
                first = next(n for n in self.step.linears if _same_rows(n, node))
                source = first.args[0]
            if source.op == "before":
                sub = self.step.states[source.data] + gate
            elif source in self.step.after:
                sub = self.step.states[self.step.after.index(source)] + gate
            else:
                letter, sub = "U", gate
            parts.append(f"{style.weight(letter, sub)} {self._write(value, ATOM)}")
        if node.data.bias:
            kind = ("x" if node.data.inputs else "h") if gate in self.double else ""
            parts.append(style.weight("b", kind + gate))
        return " + ".join(parts), SUM if len(parts) > 1 else PRODUCT


def _same_rows(a: Node, b: Node) -> bool:
    own, other = a.data, b.data
    return bool(a.args) and (own.name, own.place) == (other.name, other.place)


_LEAVES: dict[str, Callable[[_Writer, Node], str]] = {
    "const": lambda writer, node: f"{node.data:.6g}",
    "width": lambda writer, node: "H",
    "before": lambda writer, node: writer.style.at(
        writer.step.states[node.data], "t−1" if type(writer.style) is _Plain else "t-1"
    ),
    "unit": lambda writer, node: writer.style.name(node.data),
    "mask": lambda writer, node: writer.style.name(node.data.replace(".", "_")),
}
