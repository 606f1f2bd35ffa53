// Which pieces of a program have been compiled for this instruction set: at build time
// those in the table, which printed headers fill, and what was handed in since.

// Printed headers end with one row each, by type.
template <class V>
struct Printed {
  static constexpr long count = 0;
  static const CompiledPieces<typename V::T>* rows() { return nullptr; }
};

template <class T>
const PieceFunction<T>* compiled_pieces(const char* isa, std::uint64_t hash, bool back) {
  if (const PieceFunction<T>* provided = provided_pieces<T>(isa, hash, back)) return provided;
  using Table = Printed<Vec<T>>;
  for (long i = 0; i < Table::count; ++i)
    if (Table::rows()[i].hash == hash) return Table::rows()[i].piece[back];
  return nullptr;
}
