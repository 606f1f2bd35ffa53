// i, f, o = sigmoid(...), g = tanh(...), c' = f c + i g, h' = o tanh(c').

template <class V>
struct Lstm : CellDefaults {
  using T = typename V::T;
  static constexpr int slots = 4;  // i f g o
  static constexpr int inputs[] = {0, 1, 2, 3}, recurrents[] = {0, 1, 2, 3};
  static constexpr int input_first = 0, input_count = 4;
  static constexpr int recurrent_first = 0, recurrent_count = 4;
  static constexpr bool saves = true, has_cell = true, in_two = true;

  template <class M>
  static void step(const Row<T>& r, long j, long H, M m) {
    V i, f, g, o;
    T* pre = r.pre + j;
    values(sigmoid_fraction(V::load(pre, m)), sigmoid_fraction(V::load(pre + H, m)),
           tanh_fraction(V::load(pre + 2 * H, m)), sigmoid_fraction(V::load(pre + 3 * H, m)),
           i, f, g, o);
    const V c = fma(f, V::load(r.c_before + j, m), i * g);
    if (r.gates) {
      T* gates = r.gates + j;
      i.store(gates, m);
      f.store(gates + H, m);
      g.store(gates + 2 * H, m);
      o.store(gates + 3 * H, m);
    }
    c.store(r.c + j, m);
    o.store(pre + 3 * H, m);
  }
  template <class M>
  static void finish(const Row<T>& r, long j, long H, M m) {
    (V::load(r.pre + 3 * H + j, m) * tanh(V::load(r.c + j, m))).store(r.y + j, m);
  }

  template <class M>
  static void adjoint(const AdjointRow<T>& r, long j, long H, M m) {
    const V i = V::load(r.gates + j, m), f = V::load(r.gates + H + j, m);
    const V g = V::load(r.gates + 2 * H + j, m), o = V::load(r.gates + 3 * H + j, m);
    const V tc = tanh(V::load(r.c + j, m)), dh = V::load(r.dh + j, m);
    const V one = V::all(1);
    const V dho = dh * o;
    const V dc = V::load(r.dc + j, m) + fnma(tc * tc, dho, dho);
    T* dg = r.dg + j;
    (dc * g * (i * (one - i))).store(dg, m);
    (dc * V::load(r.c_before + j, m) * (f * (one - f))).store(dg + H, m);
    const V di = dc * i;
    fnma(g * g, di, di).store(dg + 2 * H, m);
    (dh * tc * (o * (one - o))).store(dg + 3 * H, m);
    (dc * f).store(r.dc + j, m);
  }
};
