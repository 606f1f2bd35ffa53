// Compiled pieces that were handed in at run time, by program, instruction set and
// type. A few entries, read once a call.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "../internal.h"
#include "elman/program.h"

namespace elman {
namespace {

template <class T>
struct Entry {
  std::string isa;
  CompiledPieces<T> pieces;
};

std::atomic<bool> in_use{true}, any{false};
std::mutex busy;
std::vector<Entry<float>> singles;
std::vector<Entry<double>> doubles;

template <class T>
std::vector<Entry<T>>& entries() {
  if constexpr (std::is_same_v<T, float>) return singles;
  else return doubles;
}

template <class T>
void add(const char* isa, const CompiledPieces<T>& pieces) {
  const std::lock_guard<std::mutex> lock(busy);
  for (Entry<T>& e : entries<T>())
    if (e.pieces.hash == pieces.hash && e.isa == isa &&
        std::equal(pieces.sizes, pieces.sizes + kSizes, e.pieces.sizes)) {
      e.pieces = pieces;
      return;
    }
  entries<T>().push_back({isa, pieces});
  any.store(true, std::memory_order_release);
}

}  // namespace

template <class T>
const PieceFunction<T>* provided_pieces(const char* isa, const Program& g, bool back) {
  if (!any.load(std::memory_order_acquire)) return nullptr;
  const std::lock_guard<std::mutex> lock(busy);
  for (const Entry<T>& e : entries<T>())
    if (is_of(e.pieces, g) && e.isa == isa) return e.pieces.piece[back];
  return nullptr;
}
template const PieceFunction<float>* provided_pieces<float>(const char*, const Program&, bool);
template const PieceFunction<double>* provided_pieces<double>(const char*, const Program&, bool);

template <class T>
bool is_of(const CompiledPieces<T>& pieces, const Program& g) {
  const int sizes[kSizes] = {g.states, g.slots, g.frame, g.back_frame, g.saved, g.units, g.masks,
                             g.rows, g.back_rows, g.weights, int(g.constants.size()),
                             int(g.pieces[0].size()), int(g.pieces[1].size())};
  // What loads gradients of units again has them in places that only the core knows.
  if (!g.read_again.empty()) return false;
  return pieces.hash == g.hash && std::equal(sizes, sizes + kSizes, pieces.sizes);
}
template bool is_of<float>(const CompiledPieces<float>&, const Program&);
template bool is_of<double>(const CompiledPieces<double>&, const Program&);

namespace {

template <class T>
void take_over(const Program& g, const PiecesLibrary& library) {
  const auto& pieces = *static_cast<const CompiledPieces<T>*>(library.pieces);
  if (!is_of(pieces, g)) throw std::invalid_argument("compiled pieces: of another program");
  add(library.isa, pieces);
}

}  // namespace

void provide(const Program& g, const PiecesLibrary& library) {
  if (library.version != kPiecesVersion)
    throw std::invalid_argument("compiled pieces: for another version of the core");
  if (std::strcmp(library.isa, isa()))
    throw std::invalid_argument("compiled pieces: for another instruction set");
  if (library.bytes == 4) take_over<float>(g, library);
  else if (library.bytes == 8) take_over<double>(g, library);
  else throw std::invalid_argument("compiled pieces: of another type");
}
void provide(const char* isa, const CompiledPieces<float>& pieces) { add(isa, pieces); }
void provide(const char* isa, const CompiledPieces<double>& pieces) { add(isa, pieces); }
bool compiled_in_use() { return in_use.load(std::memory_order_relaxed); }
void use_compiled(bool use) { in_use.store(use); }
void forget_provided() {
  const std::lock_guard<std::mutex> lock(busy);
  singles.clear();
  doubles.clear();
  any.store(false, std::memory_order_release);
}

}  // namespace elman
