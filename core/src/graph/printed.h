// The shipped cells, printed as C++ at build time by tools/print_cells.py: included once
// per instruction set inside an unnamed namespace, after its simd header. A build without
// Python has none, and interprets.
#include "../math.h"
#include "functions.h"

#if __has_include("printed/printed.h")
#include "printed/printed.h"
#else
namespace printed {
template <class V, class F>
void each(F&&) {}
}  // namespace printed
#endif

template <class T>
const PieceFunction<T>* printed_pieces(const Program& g, bool back) {
  const PieceFunction<T>* found = nullptr;
  printed::each<Vec<T>>([&](const CompiledPieces<T>& p) {
    if (is_of(p, g)) found = p.piece[back];
  });
  return found;
}
