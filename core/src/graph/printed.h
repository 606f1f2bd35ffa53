// The shipped cells, printed as C++ at build time by tools/print_cells.py: included once
// per instruction set inside an unnamed namespace, after its simd header.
#include "../math.h"
#include "functions.h"

#ifdef ELMAN_PRINT_STOCK
#include "printed/printed_stock.h"
#else
#include "printed/printed.h"
#endif

// The table is sorted by hash.
template <class T>
const PieceFunction<T>* printed_pieces(const Program& g, bool back) {
  const CompiledPieces<T>* const all = printed::kAll<Vec<T>>;
  long first = 0, last = long(sizeof printed::kAll<Vec<T>> / sizeof *all);
  while (first < last) {
    const long middle = (first + last) / 2;
    if (all[middle].hash == g.hash) return is_of(all[middle], g) ? all[middle].piece[back] : nullptr;
    if (all[middle].hash < g.hash) first = middle + 1;
    else last = middle;
  }
  return nullptr;
}
