// Compiled pieces that were handed in at run time, by program, instruction set and
// type. A few entries, read once a call.
#include <atomic>
#include <mutex>
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

std::atomic<bool> in_use{true};
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
    if (e.pieces.hash == pieces.hash && e.isa == isa) {
      e.pieces = pieces;
      return;
    }
  entries<T>().push_back({isa, pieces});
}

}  // namespace

template <class T>
const PieceFunction<T>* provided_pieces(const char* isa, std::uint64_t hash, bool back) {
  const std::lock_guard<std::mutex> lock(busy);
  for (const Entry<T>& e : entries<T>())
    if (e.pieces.hash == hash && e.isa == isa) return e.pieces.piece[back];
  return nullptr;
}
template const PieceFunction<float>* provided_pieces<float>(const char*, std::uint64_t, bool);
template const PieceFunction<double>* provided_pieces<double>(const char*, std::uint64_t, bool);

void provide(const char* isa, const CompiledPieces<float>& pieces) { add(isa, pieces); }
void provide(const char* isa, const CompiledPieces<double>& pieces) { add(isa, pieces); }
bool compiled_in_use() { return in_use.load(std::memory_order_relaxed); }
void use_compiled(bool use) { in_use.store(use); }
void forget_provided() {
  const std::lock_guard<std::mutex> lock(busy);
  singles.clear();
  doubles.clear();
}

}  // namespace elman
