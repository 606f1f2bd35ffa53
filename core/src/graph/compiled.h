// Which pieces of a program have been compiled for this instruction set: those handed in
// at run time, and those printed at build time.

template <class T>
const PieceFunction<T>* compiled_pieces(const Program& g, bool back) {
  if (!compiled_in_use()) return nullptr;
  if (const PieceFunction<T>* provided = provided_pieces<T>(kIsa, g, back)) return provided;
  if constexpr (sizeof(T) == 4) return kPrinted.find32(g, back);
  else return kPrinted.find64(g, back);
}

inline bool any_compiled(const Program& g, bool doubles) {
  return doubles ? compiled_pieces<double>(g, false) != nullptr
                 : compiled_pieces<float>(g, false) != nullptr;
}

// How each piece of a pass is run. Returns those that are compiled, null: interpreted.
template <class V>
const PieceFunction<typename V::T>* pieces_of(const Program& g, bool back, PieceFunction<typename V::T>* to) {
  const auto* const compiled = compiled_pieces<typename V::T>(g, back);
  for (std::size_t k = 0; k < g.pieces[back].size(); ++k)
    to[k] = compiled ? compiled[k] : &Interpreter<V>::run;
  return compiled;
}
