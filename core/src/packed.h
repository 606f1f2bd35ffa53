// A layer's weights in the order forward reads them.

template <class T>
struct PackedWeights {
  Panels<T> input, recurrent, second, projection;
  T* bias;  // [slots * H], both biases where one slot has both
};

template <class V, class C>
PackedWeights<typename V::T> packed_layout(const Shape& s, bool projects) {
  PackedWeights<typename V::T> p{};
  if constexpr (C::slots == 1) {
    p.input = panels<V>(s.input, s.hidden, ELMAN_PLAIN_COLUMNS, false);
    p.recurrent = panels<V>(s.output, s.hidden, ELMAN_PLAIN_COLUMNS, false);
  } else {
    p.input = panels<V>(s.input, s.hidden, C::input_count, true);
    p.recurrent = panels<V>(s.output, s.hidden, C::recurrent_count, true);
  }
  if (C::two_products) p.second = panels<V>(s.hidden, s.hidden, ELMAN_PLAIN_COLUMNS, false);
  if (projects) p.projection = panels<V>(s.hidden, s.output, ELMAN_PLAIN_COLUMNS, false);
  return p;
}

template <class V>
long panels_size(const Panels<typename V::T>& m) {
  return m.count * panel_size<V>(m);
}
template <class V, class C>
long packed_size(const Shape& s, bool projects) {
  const auto p = packed_layout<V, C>(s, projects);
  return panels_size<V>(p.input) + panels_size<V>(p.recurrent) + panels_size<V>(p.second) +
         panels_size<V>(p.projection) + C::slots * s.hidden;
}

// Lays the parts out in memory of packed_size; thread `id` of `threads` fills
// its share of it.
template <class V, class C>
PackedWeights<typename V::T> lay_out(const Shape& s, bool projects, typename V::T* memory) {
  auto p = packed_layout<V, C>(s, projects);
  Panels<typename V::T>* const parts[] = {&p.input, &p.recurrent, &p.second, &p.projection};
  for (auto* m : parts) {
    m->data = memory;
    memory += panels_size<V>(*m);
  }
  p.bias = memory;
  return p;
}

template <class V, class C>
void fill(const PackedWeights<typename V::T>& p, const Shape& s,
          const Weights<typename V::T>& w, int id, int threads) {
  using T = typename V::T;
  const long H = s.hidden;
  static constexpr int only[] = {0};
  auto pack = [&](const Panels<T>& m, const T* source, const int* gates) {
    const Range r = slice(m.count, id, threads);
    pack_rows<V>(m, const_cast<T*>(m.data), source, gates, r.first, r.last);
  };
  pack(p.input, w.w_ih, C::inputs);
  pack(p.recurrent, w.w_hh, C::recurrents);
  if (C::two_products) pack(p.second, w.w_hh + 2 * H * H, only);
  if (w.w_hr) pack(p.projection, w.w_hr, only);
  if (id) return;
  for (long i = 0; i < C::slots * H; ++i) p.bias[i] = 0;
  if (!w.b_ih) return;
  auto add = [&](const T* b, int slot, int gate) {
    for (long j = 0; j < H; ++j) p.bias[slot * H + j] += b[gate * H + j];
  };
  for (int i = 0; i < C::input_count; ++i) add(w.b_ih, C::input_first + i, C::inputs[i]);
  for (int i = 0; i < C::recurrent_count; ++i)
    add(w.b_hh, C::recurrent_first + i, C::recurrents[i]);
  if (C::two_products) add(w.b_hh, 2, 2);
}
