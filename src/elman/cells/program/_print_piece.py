"""One piece of a program printed as C++: see `_print_cpp`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from elman.cells.graph._layout import BEFORE

from ._program import Instruction, Piece, Program

_FUNCTIONS = {
    **{"SIGMOID": "sigmoid", "TANH": "tanh", "SOFTPLUS": "softplus", "FMA": "fma"},
    **{"FNMA": "fnma", "EXP": "exp_of", "LOG": "log_of", "SQRT": "sqrt_of"},
    **{"NEG": "negated", "ABS": "absolute", "SELECT": "where_nonzero"},
    **{name: f"ops::{name.lower()}" for name in ("RELU", "MAX", "MIN", "GREATER")},
    **{"STEP": "ops::step", "SIGN": "ops::sign"},
}
_OPERATORS = {"ADD": "+", "SUB": "-", "MUL": "*", "DIV": "/"}

SLOTS, FRAME, SAVED, SUMS, STATES = range(5)
"""The core's places; behind the last of them come states, masks and gradients."""


def way_of(back: bool) -> str:
    """Return the name of a pass."""
    return "Backward" if back else "Forward"


class Printer:
    """Prints one piece as a struct with one function."""

    def __init__(self, program: Program, back: bool, tails: bool) -> None:
        self.program, self.back, self.tails = program, back, tails
        self.rest = not tails
        self.moved: dict[str, str] = {}
        self.heads: list[str] = []

    def piece(self, number: int, piece: Piece) -> Iterator[str]:
        """Yield the lines of a piece."""
        body = list(self._body(piece))
        yield "template <class V>"
        yield f"struct {self._title(number)} {{"
        yield "  using T = typename V::T;"
        yield (
            "  static void run([[maybe_unused]] const Tape& tape, "
            "const PieceRows<T>& at, long first, long count, long u0,"
        )
        yield "                  long u1) {"
        yield "    [[maybe_unused]] const long H = at.hidden;"
        if not self.tails:
            yield "    const long whole = u1 - (u1 - u0) % V::width;"
        yield "    for (long i = first; i < first + count; ++i) {"
        yield from (f"      {line}" for line in self.heads)
        yield from self._units(body)
        yield "    }"
        if self.rest:
            yield "    if (whole < u1) at.rest(tape, at, first, count, whole, u1);"
        yield "  }"
        yield "};"
        yield ""

    def _title(self, number: int) -> str:
        return f"{way_of(self.back)}{number}"

    def _units(self, body: Sequence[str]) -> Iterator[str]:
        if not self.tails:
            yield "      for (long u = u0; u < whole; u += V::width) {"
            yield "        constexpr Full m{};"
            yield from (f"        {line}" for line in body)
            yield "      }"
            return
        yield "      const auto one = [&](long u, auto m) ELMAN_INLINE_LAMBDA {"
        yield from (f"        {line}" for line in body)
        yield "      };"
        yield "      long u = u0;"
        yield "      for (; u + V::width <= u1; u += V::width) one(u, Full{});"
        yield "      if (u < u1) one(u, V::lanes(u1 - u));"

    def _body(self, piece: Piece) -> Iterator[str]:
        held: dict[int, str] = {}
        code = [i for i in piece.instructions if not self._idle(i)]
        for k, i in enumerate(code):
            reads = [held[register] for register in i.reads]
            if i.op == "STORE" and self._of_unit(i):
                unit = i.b - self.program.slots
                place = f"at.place[{self._unit_sums()}]"
                text = f"{place} ? {place}[i] + {unit} * H : nullptr"
                where = self._head("sum", "T* const", text)
                yield (
                    f"if ({where}) (V::load({where} + u, m) + {reads[0]})"
                    f".store({where} + u, m);"
                )
            elif i.op == "STORE":
                if special := self._stored(i, reads[0]):
                    yield special
                    continue
                where = self._pointer(i)
                check = f"if ({where}) " if self._may_lack(i) else ""
                yield f"{check}{reads[0]}.store({where} + u, m);"
            elif i.op == "SUM":
                where = self._head(
                    "sum", "T* const", f"at.place[{SUMS}][i] + {i.a} * H"
                )
                yield f"{reads[0]}.store({where} + u, m);"
            else:
                held[i.to] = f"v{k}"
                yield f"const V v{k} = {self._value(i, reads)};"

    def _stored(self, i: Instruction, value: str) -> str:
        """Return what stands for a store, nothing where it is one."""
        return ""

    def _value(self, i: Instruction, reads: list[str]) -> str:
        if i.op == "LOAD":
            return f"V::load({self._pointer(i)} + u, m)"
        if i.op == "CONST":
            return f"V::all({number(self.program.constants[i.a])})"
        if i.op == "WIDTH":
            return "V::all(T(H))"
        if i.op == "ROW":
            known = self.program.rows if self.back else 0
            saved = i.a < known
            array = "saved_scalars" if saved else "scalars"
            place = i.a if saved else i.a - known
            return f"V::all({self._head('row', 'const T', f'at.{array}[i][{place}]')})"
        if i.op in _OPERATORS:
            return f"{reads[0]} {_OPERATORS[i.op]} {reads[1]}"
        return f"{_FUNCTIONS[i.op]}({', '.join(reads)})"

    def _pointer(self, i: Instruction) -> str:
        """Return the name of the pointer to a row's vector, made before the loop."""
        space, column = i.space, i.b
        if space == "UNIT":
            return self._head("p", "const T* const", f"at.units[{column}]")
        place, offset = self._place(i)
        kind = "T* const" if i.op == "STORE" else "const T* const"
        text = f"at.place[{place}][i]" + (f" + {offset} * H" if offset else "")
        if i.op == "STORE" and self._may_lack(i):
            text = f"at.place[{place}] ? {text} : nullptr"
        return self._head("to" if i.op == "STORE" else "from", kind, text)

    def _head(self, kind: str, declared: str, text: str) -> str:
        key = f"{declared} {text}"
        if key not in self.moved:
            self.moved[key] = f"{kind}{len(self.moved)}"
            self.heads.append(f"{declared} {self.moved[key]} = {text};")
        return self.moved[key]

    def _may_lack(self, i: Instruction) -> bool:
        """Return whether the core may have no memory there: in inference."""
        return i.space == "SAVED"

    def _place(self, i: Instruction) -> tuple[int, int]:
        """Return the core's place of a vector, and its column there."""
        p, space, column = self.program, i.space, i.b
        if space == "FRAME":
            if self.back:
                return FRAME, column
            return (SLOTS, column) if column < p.slots else (FRAME, column - p.slots)
        if space in ("SAVED", "DSLOT"):
            return (SAVED if space == "SAVED" else SLOTS), column
        behind = 2 * p.states + p.masks + (p.states if i.op == "STORE" else 0)
        first = {"BEFORE": 0, "AFTER": p.states, "MASK": 2 * p.states, "DSTATE": behind}
        return STATES + first[space] + column, 0

    def _of_unit(self, i: Instruction) -> bool:
        """Return whether a vector is the gradient of a unit, which adds up."""
        return i.space == "DSLOT" and i.b >= self.program.slots

    def _unit_sums(self) -> int:
        """Return the place of the units' gradients, behind all others."""
        return STATES + 4 * self.program.states + self.program.masks

    def _idle(self, i: Instruction) -> bool:
        """Return whether the core has no memory for a store: zeros it need not keep."""
        return i.op == "STORE" and i.space == "DSTATE" and not self._passes_on(i.b)

    def _passes_on(self, state: int) -> bool:
        """Return whether a state's gradient passes a step other than by products."""
        products = [
            p for p in self.program.products if (p.kind, p.source) == (BEFORE, state)
        ]
        if not products or any(p.heads > 1 for p in products):
            return True
        for piece in self.program.backward_pieces:
            zeros: set[int] = set()
            for i in piece.instructions:
                if i.op == "STORE" and (i.space, i.b) == ("DSTATE", state):
                    return i.to not in zeros
                if i.op in ("STORE", "SUM", "SET"):
                    continue
                zero = i.op == "CONST" and self.program.constants[i.a] == 0
                (zeros.add if zero else zeros.discard)(i.to)
        return True


def number(value: float) -> str:
    """Return a constant of the core's type, to the bit."""
    if value == int(value) and abs(value) < 2**20:
        return f"T({int(value)})" if value or str(value)[0] != "-" else "T(-0.0)"
    return f"T({value.hex()})"
