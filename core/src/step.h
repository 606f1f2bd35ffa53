// One step of few rows with the weights where they lie, for streaming: no
// packing, so nothing to keep between calls and nothing to grow old.
//
// Each sum runs along a row of the weights in 64 bytes' worth of partial sums,
// whatever the vector width, folded in halves at the end: one order on every
// instruction set, for every thread and every row of the batch.

template <class V>
class Dots {
  using T = typename V::T;
  static constexpr long W = V::width;
  static constexpr int parts = 64 / (W * sizeof(T));

 public:
  // As many rows of weights at once as leave room in the registers.
  static constexpr int rows = parts == 1 ? 8 : ELMAN_ACCUMULATORS >= 12 ? 4 : 2;

  // out[r] = bias[r] + sum over both parts of weights[r] * x, for `n` rows of
  // weights. A part with no weights is left out.
  struct Part {
    const T* weights;
    const T* x;
    long depth;
  };
  static void run(Part a, Part b, const T* bias_a, const T* bias_b, T* out, long n) {
    long r = 0;
    for (; r + rows <= n; r += rows) some<rows>(a, b, bias_a, bias_b, out, r);
    for (; r < n; ++r) some<1>(a, b, bias_a, bias_b, out, r);
  }

 private:
  template <int R>
  static void some(Part a, Part b, const T* bias_a, const T* bias_b, T* out, long first) {
    V sum[R][parts];
    ELMAN_UNROLL(8)
    for (int r = 0; r < R; ++r)
      ELMAN_UNROLL(4)
      for (int i = 0; i < parts; ++i) sum[r][i] = V::all(0);
    add<R>(sum, a, first);
    add<R>(sum, b, first);
    ELMAN_UNROLL(8)
    for (int r = 0; r < R; ++r) {
      V* s = sum[r];
      if constexpr (parts == 4) {
        s[0] = s[0] + s[2];
        s[1] = s[1] + s[3];
      }
      if constexpr (parts > 1) s[0] = s[0] + s[1];
      T bias = 0;
      if (bias_a) bias += bias_a[first + r];
      if (bias_b) bias += bias_b[first + r];
      out[first + r] = fold(s[0]) + bias;
    }
  }

  template <int R>
  static ELMAN_INLINE void add(V (&sum)[R][parts], Part p, long first) {
    if (!p.weights) return;
    constexpr long block = parts * W;
    const T* w = p.weights + first * p.depth;
    long k = 0;
    for (; k + block <= p.depth; k += block)
      ELMAN_UNROLL(4)
      for (int i = 0; i < parts; ++i) {
        const V x = V::load(p.x + k + i * W);
        ELMAN_UNROLL(8)
        for (int r = 0; r < R; ++r)
          sum[r][i] = fma(V::load(w + r * p.depth + k + i * W), x, sum[r][i]);
      }
    if (k < p.depth)
      for (int i = 0; i < parts && k + i * W < p.depth; ++i) {
        const auto m = V::lanes(p.depth - k - i * W);
        const V x = V::load(p.x + k + i * W, m);
        for (int r = 0; r < R; ++r)
          sum[r][i] = fma(V::load(w + r * p.depth + k + i * W, m), x, sum[r][i]);
      }
  }
};

template <class V, class C>
class StepRun {
  using T = typename V::T;
  using Part = typename Dots<V>::Part;

 public:
  explicit StepRun(const Forward<T>& f)
      : f_(f), s_(f.shape), H_(s_.hidden), team_(share(s_, C::slots, long(sizeof(T))).threads) {
    zero_ = zeros<T>(scratch_, H_);
    pre_ = take<T>(scratch_, s_.batch * C::slots * H_);
    static constexpr int none = -1;
    for (int i = 0; i < C::slots; ++i) input_[i] = recurrent_[i] = none;
    for (int i = 0; i < C::input_count; ++i) input_[C::input_first + i] = C::inputs[i];
    for (int i = 0; i < C::recurrent_count; ++i)
      recurrent_[C::recurrent_first + i] = C::recurrents[i];
  }

  void run() {
    team_.run([](void* self, int id) { static_cast<StepRun*>(self)->thread(id); }, this);
    if constexpr (C::two_products)
      team_.run([](void* self, int id) { static_cast<StepRun*>(self)->second(id); }, this);
  }

 private:
  Row<T> row(long b) const {
    Row<T> r{};
    r.pre = pre_ + b * C::slots * H_;
    r.h_before = f_.h0 ? f_.h0 + b * H_ : zero_;
    r.c_before = f_.c0 ? f_.c0 + b * H_ : zero_;
    r.c = f_.cn + b * H_;
    r.y = f_.y ? f_.y + b * f_.y_row : f_.hn + b * H_;
    return r;
  }

  template <class F>
  void each_block(int id, F f) const {
    constexpr long W = V::width;
    const Range mine = slice((H_ + W - 1) / W, id, team_.size());
    for (long p = mine.first; p < mine.last; ++p) {
      const long u = p * W, n = H_ - u < W ? H_ - u : W;
      for (long b = 0; b < s_.batch; ++b) f(b, row(b), u, n);
    }
  }

  Part part(const T* weights, int gate, long depth, const T* x, long u) const {
    return {gate < 0 ? nullptr : weights + (gate * H_ + u) * depth, x, depth};
  }
  static const T* at(const T* bias, int gate, long H, long u) {
    return bias && gate >= 0 ? bias + gate * H + u : nullptr;
  }

  void thread(int id) {
    FlushSubnormals flush;
    const auto& w = f_.weights;
    each_block(id, [&](long b, const Row<T>& r, long u, long n) {
      for (int slot = 0; slot < C::slots; ++slot) {
        const int i = input_[slot], k = recurrent_[slot];
        if (i < 0 && k < 0) continue;
        Dots<V>::run(part(w.w_ih, i, s_.input, f_.x + b * f_.x_row, u),
                     part(w.w_hh, k, H_, r.h_before, u), at(w.b_ih, i, H_, u),
                     at(w.b_hh, k, H_, u), r.pre + slot * H_ + u, n);
      }
      if constexpr (C::two_products) {
        C::first_step(r, u, H_, V::lanes(n));
      } else {
        C::step(r, u, H_, V::lanes(n));
        if constexpr (C::in_two) C::finish(r, u, H_, V::lanes(n));
        leave(b, r, u, n);
      }
    });
  }

  // The last state is the only step's.
  void leave(long b, const Row<T>& r, long u, long n) const {
    if (f_.y) V::load(r.y + u, V::lanes(n)).store(f_.hn + b * H_ + u, V::lanes(n));
  }

  // What a reset gate has to see whole before it is multiplied.
  void second(int id) {
    FlushSubnormals flush;
    const auto& w = f_.weights;
    each_block(id, [&](long b, const Row<T>& r, long u, long n) {
      T* candidate = r.pre + 2 * H_ + u;
      Dots<V>::run(part(w.w_hh, 2, H_, r.pre + 3 * H_, u), {nullptr, nullptr, 0}, candidate,
                   at(w.b_hh, 2, H_, u), candidate, n);
      C::step(r, u, H_, V::lanes(n));
      leave(b, r, u, n);
    });
  }

  const Forward<T>& f_;
  const Shape& s_;
  const long H_;
  Scratch scratch_;
  Team team_;
  T *zero_, *pre_;
  int input_[4], recurrent_[4];
};
