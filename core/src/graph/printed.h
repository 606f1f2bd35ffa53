// The shipped cells, printed as C++ at build time by tools/print_cells.py: included once
// per instruction set inside an unnamed namespace, after its simd header.
#include "../math.h"
#include "functions.h"

#include "printed/printed.h"

template <class T>
const PieceFunction<T>* printed_pieces(const Program& g, bool back) {
  const PieceFunction<T>* found = nullptr;
  printed::each<Vec<T>>([&](const CompiledPieces<T>& p) {
    if (is_of(p, g)) found = p.piece[back];
  });
  return found;
}
