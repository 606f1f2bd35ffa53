// The original form (Cho et al. 2014), reset before the product:
//   r, z = sigmoid(...), n = tanh(W_in x + b_in + W_hn (r * h) + b_hn),
//   h' = (1 - z) n + z h.
// n needs r of every unit, so a step is two products, and its adjoint too.

template <class V>
struct GruResetBefore : CellDefaults {
  using T = typename V::T;
  static constexpr int slots = 4;  // r z n rh
  static constexpr int inputs[] = {0, 1, 2}, recurrents[] = {0, 1};
  static constexpr int input_first = 0, input_count = 3;
  static constexpr int recurrent_first = 0, recurrent_count = 2;
  static constexpr bool saves = true, passes_on = true, two_products = true;

  template <class M>
  static void first_step(const Row<T>& row, long j, long H, M m) {
    T* pre = row.pre + j;
    V r, z;
    values(sigmoid_fraction(V::load(pre, m)), sigmoid_fraction(V::load(pre + H, m)), r, z);
    r.store(pre, m);
    z.store(pre + H, m);
    const V rh = r * V::load(row.h_before + j, m);
    rh.store(pre + 3 * H, m);
    if (row.gates) {
      T* gates = row.gates + j;
      r.store(gates, m);
      z.store(gates + H, m);
      rh.store(gates + 3 * H, m);
    }
  }
  template <class M>
  static void step(const Row<T>& row, long j, long H, M m) {
    const T* pre = row.pre + j;
    const V n = tanh(V::load(pre + 2 * H, m)), z = V::load(pre + H, m);
    if (row.gates) n.store(row.gates + j + 2 * H, m);
    fma(z, V::load(row.h_before + j, m) - n, n).store(row.y + j, m);
  }

  // Before the product with W_hn, which gives drh = dL/d(r h) ...
  template <class M>
  static void first_adjoint(const AdjointRow<T>& row, long j, long H, M m) {
    const V z = V::load(row.gates + H + j, m), n = V::load(row.gates + 2 * H + j, m);
    const V dh = V::load(row.dh + j, m), h = V::load(row.h_before + j, m);
    const V keep = dh * z;
    const V dn_after = dh - keep;
    (dh * (h - n) * (z * (V::all(1) - z))).store(row.dg + H + j, m);
    fnma(n * n, dn_after, dn_after).store(row.dg + 2 * H + j, m);
    keep.store(row.dh + j, m);
  }
  // ... and after it.
  template <class M>
  static void adjoint(const AdjointRow<T>& row, long j, long, M m) {
    const V r = V::load(row.gates + j, m), drh = V::load(row.extra + j, m);
    const V h = V::load(row.h_before + j, m);
    (drh * h * (r * (V::all(1) - r))).store(row.dg + j, m);
    fma(drh, r, V::load(row.dh + j, m)).store(row.dh + j, m);
  }
};
