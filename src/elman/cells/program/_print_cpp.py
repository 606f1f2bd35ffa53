"""A program printed as C++: what the core's interpreter does, compiled.

The operations and their order are those of the tape, so that the bits are too. What is
printed is included once for every instruction set, behind the core's own functions:
see ``core/include/elman/program.h`` for `PieceRows` and `CompiledPieces`.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from ._print_at_once import at_once
from ._print_piece import Printer, way_of
from ._program import Program


def digest(program: Program) -> int:
    """Return the core's own name of a program: FNV-1a over its lists."""
    integers, floats = program.encode()
    data = struct.pack(f"<{len(integers)}q", *integers)
    data += struct.pack(f"<{len(floats)}d", *floats)
    found = 14695981039346656037
    for byte in data:
        found = (found ^ byte) * 1099511628211 % 2**64
    return found


def pieces_of(program: Program, tails: bool = True) -> list[str]:
    """Return the lines of every piece, which programs may have in common.

    Without `tails` a row's last units, too few for a vector, are interpreted: compiling
    takes half as long.
    """
    return [
        line
        for back, pieces in enumerate((program.forward_pieces, program.backward_pieces))
        for number, piece in enumerate(pieces)
        if not piece.of_rows
        for line in Printer(program, bool(back), tails).piece(number, piece)
    ]


def printed(
    programs: Sequence[Program], name: str, about: str = "", tails: bool = True
) -> str:
    """Return a header with every piece of some programs and the tables of them.

    Parameters
    ----------
    programs : sequence of Program
        Whose pieces are the same, such as those of other numbers of heads.
    name : str
        In lower case with underscores: a namespace, and the file's name.
    about : str
        What to say in its first line.
    tails : bool
        As of `pieces_of`.
    """
    first = about or f"The cell {name}"
    lines = [f"// {first}, printed by tools/print_cells.py: do not edit.", ""]
    lines += [f"namespace printed::{name} {{", ""]
    program = programs[0]
    lines += pieces_of(program, tails)
    around = at_once(program) if all(map(at_once, programs)) else []
    lines += around
    for back, pieces in enumerate((program.forward_pieces, program.backward_pieces)):
        way = way_of(bool(back))
        # What sets row scalars is run once a row, and interpreted.
        table = ", ".join(
            "nullptr" if piece.of_rows else f"{way}{k}<V>::run"
            for k, piece in enumerate(pieces)
        )
        if back:
            table += ", AtOnce<V>::run" if around else ", nullptr"
        lines += [
            "template <class V>",
            f"constexpr PieceFunction<typename V::T> k{way}[] = {{",
            f"    {table}}};",
        ]
    lines += ["template <class V>"]
    lines += ["constexpr CompiledPieces<typename V::T> kPieces[] = {"]
    lines += [
        f"    {{0x{digest(one):016x}ull, {{{', '.join(map(str, one.sizes))}}}, "
        "{kForward<V>, kBackward<V>}},"
        for one in programs
    ]
    lines += [
        "};",
        "",
        f"}}  // namespace printed::{name}",
        "",
    ]
    return "\n".join(lines)


def library_text(program: Program, number: str, name: str = "cell") -> str:
    """Return what turns the core's text before it into a library of a program's pieces.

    Parameters
    ----------
    program : Program
    number : str
        "float" or "double".
    name : str
        As of `printed`.
    """
    inline = "#define ELMAN_INLINE_LAMBDA __attribute__((always_inline))\n"
    return f"""{inline}
{printed([program], name)}
}}  // namespace
}}  // namespace elman

extern "C" __attribute__((visibility("default"))) const void* elman_pieces() {{
  using namespace elman;
  static const PiecesLibrary library{{kPiecesVersion, sizeof({number}), kIsa,
                                     printed::{name}::kPieces<Vec<{number}>>}};
  return &library;
}}
"""


def listed(groups: Mapping[str, Sequence[Program]]) -> str:
    """Return the header that includes all printed cells and has a table of them.

    The table is sorted by hash, for the core to look a program up at each call.
    """
    lines = ["// All printed cells, by tools/print_cells.py: do not edit.", ""]
    lines += ["#define ELMAN_INLINE_LAMBDA __attribute__((always_inline))", ""]
    lines += [f'#include "{name}.h"' for name in groups]
    found = {
        digest(program): f"{name}::kPieces<V>[{k}]"
        for name, programs in groups.items()
        for k, program in enumerate(programs)
    }
    lines += ["", "namespace printed {", "", "template <class V>"]
    lines += ["constexpr CompiledPieces<typename V::T> kAll[] = {"]
    lines += [f"    {found[key]}," for key in sorted(found)]
    lines += ["};", "", "}  // namespace printed", ""]
    return "\n".join(lines)


def stored(programs: Mapping[str, tuple[Program, bool]]) -> str:
    """Return the header that has some programs as data, for the core's own tests.

    Beside each stands whether it is compiled for every instruction set.
    """
    lines = ["// Programs as data, by tools/print_cells.py: do not edit.", ""]
    lines += ["#include <cstdint>", "#include <vector>", ""]
    lines += ["namespace printed {", "", "struct Stored {", "  const char* name;"]
    lines += ["  bool everywhere;"]
    lines += ["  std::vector<std::int64_t> integers;", "  std::vector<double> floats;"]
    lines += ["};", "inline std::vector<Stored> programs() {", "  return {"]
    for name, (program, everywhere) in programs.items():
        integers, floats = program.encode()
        lines += [
            f'      {{"{name}", {str(everywhere).lower()},',
            f"       {{{', '.join(map(str, integers))}}},",
        ]
        lines += [f"       {{{', '.join(value.hex() for value in floats)}}}}},"]
    lines += ["  };", "}", "", "}  // namespace printed", ""]
    return "\n".join(lines)
