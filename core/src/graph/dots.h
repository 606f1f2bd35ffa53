// Rows of weights, where they lie, times rows of the batch: for few rows and steps, where
// packing the weights would take longer.
//
// Each sum runs along a row of the weights in 64 bytes' worth of partial sums,
// whatever the vector width, folded in halves at the end: one order on every
// instruction set, for every thread and every row of the batch. The input's part and
// the state's are folded each for itself, so a step has the same bits alone as among
// others, whose input products are made together.

template <class V>
class Dots {
  using T = typename V::T;
  static constexpr long W = V::width;
  static constexpr int parts = 64 / (W * sizeof(T));
  // As many rows of weights at once as leave room in the registers.
  static constexpr int rows = parts == 1 ? 8 : ELMAN_ACCUMULATORS >= 12 && W >= 4 ? 4 : 2;

 public:
  // What is multiplied at once by the same rows of weights.
  static constexpr int columns = parts == 1 ? 4 : 2;

  // out[c][r] = start[c][r] + sum of weights[r] * x[c], for `n` rows of weights, no more
  // than a vector has numbers, and `count` columns. Where start is null: bias_a + bias_b,
  // either of which may be null.
  struct Sums {
    const T* weights;
    long depth;
    const T* const* x;
    const T *bias_a, *bias_b;
    T* const* out;
    long offset;  // of out, in every column
    bool add;     // to what is there, and bias_a
  };
  static void run(const Sums& s, long n, long count) {
    long c = 0;
    if constexpr (columns == 4)
      for (; c + 4 <= count; c += 4) some<4>(s, n, c);
    for (; c + 2 <= count; c += 2) some<2>(s, n, c);
    if (c < count) some<1>(s, n, c);
  }

 private:
  template <int C>
  static void some(const Sums& s, long n, long c) {
    constexpr int most = rows * (parts == 1 ? 2 : 1) / C, R = most < rows ? most : rows;
    static_assert(W % R == 0);
    V sum[C][W];
    if (n == W) {
      ELMAN_UNROLL(4)
      for (long r = 0; r < W; r += R) add<R, C>(s, c, r, sum);
    } else {
      for (long r = 0; r < n; ++r) add<1, C>(s, c, r, sum);
      for (long r = n; r < W; ++r)
        for (int i = 0; i < C; ++i) sum[i][r] = V::all(0);
    }
    const auto m = V::lanes(n);
    V bias = V::all(0);
    if (s.bias_a) bias = bias + V::load(s.bias_a, m);
    if (s.bias_b) bias = bias + V::load(s.bias_b, m);
    for (int i = 0; i < C; ++i) {
      T* out = s.out[c + i] + s.offset;
      const V start = s.add ? bias + V::load(out, m) : bias;
      (folded(sum[i]) + start).store(out, m);
    }
  }

  // The sums of all lanes of W vectors, halves folded onto each other: each zip adds
  // the halves of two vectors, lane by lane in turns.
  static ELMAN_INLINE V folded(V (&v)[W]) {
    ELMAN_UNROLL(4)
    for (long half = W / 2; half; half /= 2)
      ELMAN_UNROLL(8)
      for (long k = 0; k < half; ++k)
        v[k] = zip_low(v[k], v[k + half]) + zip_high(v[k], v[k + half]);
    return v[0];
  }

  // Parts folded, lanes not yet, of R rows of weights from the first.
  template <int R, int C>
  static ELMAN_INLINE void add(const Sums& s, long c, long first, V (&out)[C][W]) {
    constexpr long block = parts * W;
    const long depth = s.depth;
    const T* w = s.weights + first * depth;
    const T* const* x = s.x + c;
    V sum[R][C][parts];
    ELMAN_UNROLL(8)
    for (int r = 0; r < R; ++r)
      ELMAN_UNROLL(4)
      for (int i = 0; i < C; ++i)
        ELMAN_UNROLL(4)
        for (int p = 0; p < parts; ++p) sum[r][i][p] = V::all(0);
    long k = 0;
    for (; k + block <= depth; k += block)
      ELMAN_UNROLL(4)
      for (int p = 0; p < parts; ++p) {
        V column[C];
        ELMAN_UNROLL(4)
        for (int i = 0; i < C; ++i) column[i] = V::load(x[i] + k + p * W);
        ELMAN_UNROLL(8)
        for (int r = 0; r < R; ++r) {
          const V weight = V::load(w + r * depth + k + p * W);
          ELMAN_UNROLL(4)
          for (int i = 0; i < C; ++i) sum[r][i][p] = fma(weight, column[i], sum[r][i][p]);
        }
      }
    if (k < depth)
      ELMAN_UNROLL(4)
      for (int p = 0; p < parts; ++p) {
        if (k + p * W >= depth) break;
        const auto m = V::lanes(depth - k - p * W);
        ELMAN_UNROLL(8)
        for (int r = 0; r < R; ++r) {
          const V weight = V::load(w + r * depth + k + p * W, m);
          ELMAN_UNROLL(4)
          for (int i = 0; i < C; ++i)
            sum[r][i][p] = fma(weight, V::load(x[i] + k + p * W, m), sum[r][i][p]);
        }
      }
    ELMAN_UNROLL(8)
    for (int r = 0; r < R; ++r)
      ELMAN_UNROLL(4)
      for (int i = 0; i < C; ++i) {
        V* p = sum[r][i];
        if constexpr (parts == 4) {
          p[0] = p[0] + p[2];
          p[1] = p[1] + p[3];
        }
        if constexpr (parts > 1) p[0] = p[0] + p[1];
        out[i][first + r] = p[0];
      }
  }
};
