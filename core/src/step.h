// Few rows and steps with the weights where they lie, for streaming: no packing,
// so nothing to keep between calls and nothing to grow old.
//
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
