// torch's form, reset after the product:
//   r, z = sigmoid(...), n = tanh(W_in x + b_in + r * (W_hn h + b_hn)),
//   h' = (1 - z) n + z h.
// The slots n r z hn make both products contiguous: the input feeds the first
// three, the state the last three.

template <class V>
struct Gru : CellDefaults {
  using T = typename V::T;
  static constexpr int slots = 4;
  static constexpr int inputs[] = {2, 0, 1}, recurrents[] = {0, 1, 2};
  static constexpr int input_first = 0, input_count = 3;
  static constexpr int recurrent_first = 1, recurrent_count = 3;
  static constexpr bool saves = true, passes_on = true, in_two = true;

  template <class M>
  static void step(const Row<T>& row, long j, long H, M m) {
    T* pre = row.pre + j;
    V r, z;
    values(sigmoid_fraction(V::load(pre + H, m)), sigmoid_fraction(V::load(pre + 2 * H, m)), r, z);
    const V hn = V::load(pre + 3 * H, m);
    fma(r, hn, V::load(pre, m)).store(pre, m);
    z.store(pre + 2 * H, m);
    if (row.gates) {
      T* gates = row.gates + j;
      r.store(gates + H, m);
      z.store(gates + 2 * H, m);
      hn.store(gates + 3 * H, m);
    }
  }
  template <class M>
  static void finish(const Row<T>& row, long j, long H, M m) {
    const V n = tanh(V::load(row.pre + j, m)), z = V::load(row.pre + 2 * H + j, m);
    fma(z, V::load(row.h_before + j, m) - n, n).store(row.y + j, m);
    if (row.gates) n.store(row.gates + j, m);
  }

  template <class M>
  static void adjoint(const AdjointRow<T>& row, long j, long H, M m) {
    const V one = V::all(1);
    const V n = V::load(row.gates + j, m), r = V::load(row.gates + H + j, m);
    const V z = V::load(row.gates + 2 * H + j, m), hn = V::load(row.gates + 3 * H + j, m);
    const V dh = V::load(row.dh + j, m), h = V::load(row.h_before + j, m);
    const V keep = dh * z;
    const V dn_after = dh - keep;
    const V dn = fnma(n * n, dn_after, dn_after);
    T* dg = row.dg + j;
    dn.store(dg, m);
    (dn * hn * (r * (one - r))).store(dg + H, m);
    (dh * (h - n) * (z * (one - z))).store(dg + 2 * H, m);
    (dn * r).store(dg + 3 * H, m);
    keep.store(row.dh + j, m);
  }
};
