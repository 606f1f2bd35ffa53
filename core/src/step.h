// Few rows and steps with the weights where they lie, for streaming: no packing,
// so nothing to keep between calls and nothing to grow old.
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

template <class V, class C>
class StepRun {
  using T = typename V::T;

 public:
  explicit StepRun(const Forward<T>& f)
      : f_(f),
        s_(f.shape),
        H_(s_.hidden),
        team_(share(s_, C::slots, long(sizeof(T))).threads),
        barrier_(team_.size()) {
    const long all = s_.steps * s_.batch;
    if (!f.h0 || (C::has_cell && !f.c0)) zero_ = zeros<T>(scratch_, H_);
    rows_ = take<Row<T>>(scratch_, all);
    x_ = take<const T*>(scratch_, all);
    h_ = take<const T*>(scratch_, all);
    reset_ = take<const T*>(scratch_, all);
    pre_ = take<T*>(scratch_, all);
    T* const pre = take<T>(scratch_, all * C::slots * H_);
    for (long s = 0, i = 0; s < s_.steps; ++s)
      for (long b = 0; b < s_.batch; ++b, ++i) {
        const long t = time_of(s_, s, s_.steps);
        const T* before = i >= s_.batch ? rows_[i - s_.batch].y : f.h0 ? f.h0 + b * H_ : zero_;
        Row<T> r{};
        r.pre = pre + i * C::slots * H_;
        r.h_before = before;
        r.y = f.y ? f.y + t * f.y_step + b * f.y_row : f.hn + b * H_;
        if constexpr (C::has_cell) {
          r.c = f.cn + b * H_;
          r.c_before = s ? r.c : f.c0 ? f.c0 + b * H_ : zero_;
        }
        rows_[i] = r;
        x_[i] = f.x + t * f.x_step + b * f.x_row;
        h_[i] = before;
        pre_[i] = r.pre;
        reset_[i] = r.pre + 3 * H_;
      }
  }

  void run() {
    team_.run([](void* self, int id) { static_cast<StepRun*>(self)->thread(id); }, this);
  }

 private:
  void meet() {
    if (team_.size() > 1) barrier_.wait();
  }

  // f(first unit, how many), a vector at a time, of this thread's units.
  template <class F>
  void each_block(int id, F f) const {
    constexpr long W = V::width;
    const Range mine = slice((H_ + W - 1) / W, id, team_.size());
    for (long p = mine.first; p < mine.last; ++p) f(p * W, H_ - p * W < W ? H_ - p * W : W);
  }

  const T* bias(const T* of, long gate, long u) const { return of ? of + gate * H_ + u : nullptr; }

  void thread(int id) {
    FlushSubnormals flush;
    const long B = s_.batch;
    each_block(id, [&](long u, long n) { inputs(u, n); });
    for (long s = 0; s < s_.steps; ++s) {
      if (s) meet();
      const long i = s * B;
      each_block(id, [&](long u, long n) {
        recurrent(i, u, n);
        const auto m = V::lanes(n);
        for (long b = i; b < i + B; ++b)
          if constexpr (C::two_products) C::first_step(rows_[b], u, H_, m);
          else {
            C::step(rows_[b], u, H_, m);
            if constexpr (C::in_two) C::finish(rows_[b], u, H_, m);
          }
      });
      if constexpr (C::two_products) {
        // What a reset gate has to see whole before it is multiplied.
        meet();
        each_block(id, [&](long u, long n) {
          product(f_.weights.w_hh, 2, H_, reset_ + i, bias(f_.weights.b_hh, 2, u), nullptr, i, 2,
                  true, u, n, B);
          for (long b = i; b < i + B; ++b) C::step(rows_[b], u, H_, V::lanes(n));
        });
      }
    }
    if (f_.y)
      each_block(id, [&](long u, long n) {
        const auto m = V::lanes(n);
        for (long b = 0; b < B; ++b)
          V::load(rows_[(s_.steps - 1) * B + b].y + u, m).store(f_.hn + b * H_ + u, m);
      });
  }

  // Of a gate's n units from u, for `count` rows and steps from the i-th, into a slot.
  void product(const T* weights, long gate, long depth, const T* const* x, const T* bias_a,
               const T* bias_b, long i, long slot, bool add, long u, long n, long count) const {
    Dots<V>::run({weights + (gate * H_ + u) * depth, depth, x, bias_a, bias_b, pre_ + i,
                  slot * H_ + u, add},
                 n, count);
  }

  static constexpr bool fed(int slot) {
    return slot >= C::input_first && slot < C::input_first + C::input_count;
  }

  // Of all rows and steps.
  void inputs(long u, long n) const {
    const auto& w = f_.weights;
    for (int k = 0; k < C::input_count; ++k) {
      const int slot = C::input_first + k, of = slot - C::recurrent_first;
      const bool both = of >= 0 && of < C::recurrent_count;
      product(w.w_ih, C::inputs[k], s_.input, x_, bias(w.b_ih, C::inputs[k], u),
              both ? bias(w.b_hh, C::recurrents[of < 0 || !both ? 0 : of], u) : nullptr, 0, slot,
              false, u, n, s_.steps * s_.batch);
    }
  }

  // Of one step's rows.
  void recurrent(long i, long u, long n) const {
    const auto& w = f_.weights;
    for (int k = 0; k < C::recurrent_count; ++k) {
      const int slot = C::recurrent_first + k;
      product(w.w_hh, C::recurrents[k], H_, h_ + i,
              fed(slot) ? nullptr : bias(w.b_hh, C::recurrents[k], u), nullptr, i, slot, fed(slot),
              u, n, s_.batch);
    }
  }

  const Forward<T>& f_;
  const Shape& s_;
  const long H_;
  Scratch scratch_;
  Team team_;
  Barrier barrier_;
  const T* zero_ = nullptr;
  Row<T>* rows_;  // of every step, as are these:
  const T **x_, **h_, **reset_;
  T** pre_;
};
