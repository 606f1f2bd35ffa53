// The forward pass: lengths, direction, chunks of steps and threads, for every
// cell.
//
// Steps go in chunks. First the input product of all rows of all steps of the
// chunk, starting from the bias, then step after step the recurrent product on
// top of it and the cell's pointwise step while its panel is in the first
// cache. A sum continued from memory has the bits of one kept in a register.
//
// Where a cell saves its gates, pre-activations lie in memory of the chunk's own,
// which stays in the second cache: in that of the gates each chunk would find its
// lines far away, and rows a power of two apart in the same few places.

template <class V, class C>
class ForwardRun : Call {
  using T = typename V::T;

 public:
  explicit ForwardRun(const Forward<T>& f)
      : Call(f.shape, C::slots, long(sizeof(T))), f_(f), P_(s_.output) {
    const bool projects = f.weights.w_hr;
    w_ = lay_out<V, C>(s_, projects, take<T>(scratch_, packed_size<V, C>(s_, projects)));
    zero_ = zeros<T>(scratch_, H_ > P_ ? H_ : P_);
    rows_ = most_rows();
    chunk_ = steps_of_chunk(rows_, C::slots * H_ * long(sizeof(T)), plan_.longest);
    if (C::slots > 1) {
      pre_size_ = chunk_ * rows_ * (C::slots * H_ + kPadding);
      pre_ = take<T>(scratch_, pre_size_ * (split_ == Split::rows ? n_ : 1));
    }
    if (projects && !f.raw) raw_ = take<T>(scratch_, s_.batch * H_);
    local_ = take<Local>(scratch_, n_);
    for (int i = 0; i < n_; ++i) {
      Local& l = local_[i];
      l.row = take<long>(scratch_, rows_);
      l.length = take<long>(scratch_, rows_);
      l.rows = take<Row<T>>(scratch_, rows_);
      l.h = take<const T*>(scratch_, rows_);
      l.out = take<T*>(scratch_, rows_);
      l.x = take<const T*>(scratch_, rows_ * chunk_);
      l.pre = take<T*>(scratch_, rows_ * chunk_);
    }
  }

  void run() {
    team_.run([](void* self, int id) { static_cast<ForwardRun*>(self)->thread(id); }, this);
  }

 private:
  static constexpr long kPadding = 16;  // numbers between two rows' pre-activations

  struct Local {
    long *row, *length;
    Row<T>* rows;
    const T** h;
    T** out;
    const T** x;
    T** pre;
  };

  const T* input(long t, long b) const { return f_.x + t * f_.x_step + b * f_.x_row; }
  T* output(long t, long b) const { return f_.y + t * f_.y_step + b * f_.y_row; }
  T* pre_of(int id, long place, long step_in_chunk, long t, long b) const {
    if constexpr (C::slots == 1) return output(t, b);
    const long base = split_ == Split::rows ? id * pre_size_ : 0;
    return pre_ + base + (step_in_chunk * rows_ + place) * (C::slots * H_ + kPadding);
  }

  void thread(int id) {
    FlushSubnormals flush;
    {
      const Timed timed(Phase::pack, id);
      fill<V, C>(w_, s_, f_.weights, id, n_);
    }
    meet();
    Local& l = local_[id];
    const Mine mine = my_rows(plan_, s_, split_, id, n_, l.row, l.length);
    long running = mine.count;
    for (long s0 = 0; s0 < plan_.longest; s0 += chunk_) {
      const long s1 = s0 + chunk_ < plan_.longest ? s0 + chunk_ : plan_.longest;
      inputs(id, mine, running, s0, s1);
      meet_if(split_ == Split::solo);
      if (split_ != Split::solo || id == 0)
        for (long s = s0; s < s1; ++s) {
          while (running && mine.length[running - 1] <= s) --running;
          step(id, mine, running, s, s - s0);
        }
      meet_if(split_ == Split::solo);
    }
    finish(mine, id);
  }

  // Input products of steps [s0, s1).
  void inputs(int id, const Mine& mine, long running, long s0, long s1) {
    const Timed timed(Phase::inputs, id);
    Local& l = local_[id];
    long n = 0;
    for (long s = s0; s < s1; ++s)
      for (long i = 0; i < running && mine.length[i] > s; ++i, ++n) {
        const long t = time_of(s_, s, mine.length[i]), b = mine.row[i];
        l.x[n] = input(t, b);
        l.pre[n] = pre_of(id, i, s - s0, t, b);
      }
    Range r{0, n};
    if (split_ == Split::solo) r = slice(n, id, n_);
    const Range p = panels_of(w_.input, id);
    Product<V> product{l.x + r.first, 0, nullptr, w_.bias, l.pre + r.first,
                       C::input_first * H_, r.last - r.first};
    sweep<V>(w_.input, p, false, [&](long i, Memory following) { product(w_.input, i, following); });
    if constexpr (C::slots > C::input_count && !C::two_products)
      // Slots no input feeds start from their bias alone.
      for (long k = r.first; k < r.last; ++k)
        copy(w_.bias + C::input_count * H_, l.pre[k] + C::input_count * H_,
             first_unit<V>(w_.input, p.first), first_unit<V>(w_.input, p.last));
  }

  static void copy(const T* from, T* to, long u0, long u1) {
    for (long u = u0; u < u1; u += V::width) {
      const auto m = V::lanes(u1 - u);
      V::load(from + u, m).store(to + u, m);
    }
  }

  Range panels_of(const Panels<T>& m, int id) const { return share_of(m.count, id); }

  // Where step s will save its gates, where that is one piece.
  Memory saved(const Mine& mine, long s) const {
    if (!C::saves || !f_.gates || s == s_.steps || s_.lengths || !mine.count) return {};
    const long t = time_of(s_, s, s_.steps), b = mine.row[0];
    return {f_.gates + (t * s_.batch + b) * C::slots * H_,
            mine.count * C::slots * H_ * long(sizeof(T))};
  }

  void step(int id, const Mine& mine, long n, long s, long step_in_chunk) {
    const Timed timed(Phase::steps, id);
    Local& l = local_[id];
    for (long i = 0; i < n; ++i) {
      const long b = mine.row[i], t = time_of(s_, s, mine.length[i]);
      const long before = s_.reverse ? t + 1 : t - 1;
      Row<T>& r = l.rows[i];
      r.pre = pre_of(id, i, step_in_chunk, t, b);
      r.h_before = s ? output(before, b) : f_.h0 ? f_.h0 + b * P_ : zero_;
      r.gates = C::saves && f_.gates ? f_.gates + (t * s_.batch + b) * C::slots * H_ : nullptr;
      r.y = w_.projection.count ? (f_.raw ? f_.raw + (t * s_.batch + b) * H_ : raw_ + b * H_)
                                : output(t, b);
      if constexpr (C::has_cell) {
        const T* first = f_.c0 ? f_.c0 + b * H_ : zero_;
        r.c = f_.cells ? f_.cells + (t * s_.batch + b) * H_ : f_.cn + b * H_;
        r.c_before = !s ? first : f_.cells ? f_.cells + (before * s_.batch + b) * H_ : r.c;
      }
      l.h[i] = r.h_before;
      l.out[i] = r.pre;
    }
    Product<V> product{l.h, 0, l.out, nullptr, l.out, C::recurrent_first * H_, n};
    sweep<V>(w_.recurrent, panels_of(w_.recurrent, id), s & 1, [&](long i, Memory following) {
      product(w_.recurrent, i, following);
      const Timed pointwise(Phase::step, id);
      each_unit<V>(w_.recurrent, i, n, [&](long k, long u, auto lanes) {
        if constexpr (C::two_products) C::first_step(l.rows[k], u, H_, lanes);
        else C::step(l.rows[k], u, H_, lanes);
      });
      if constexpr (C::in_two)
        each_unit<V>(w_.recurrent, i, n,
                     [&](long k, long u, auto lanes) { C::finish(l.rows[k], u, H_, lanes); });
    }, saved(mine, s + 1));
    meet_if(split_ == Split::units);
    if constexpr (C::two_products) {
      for (long i = 0; i < n; ++i) l.h[i] = l.rows[i].pre + 3 * H_;
      product.offset = 2 * H_;
      sweep<V>(w_.second, panels_of(w_.second, id), s & 1, [&](long i, Memory following) {
        product(w_.second, i, following);
        const Timed pointwise(Phase::step, id);
        each_unit<V>(w_.second, i, n,
                  [&](long k, long u, auto lanes) { C::step(l.rows[k], u, H_, lanes); });
      });
      meet_if(split_ == Split::units);
    }
    if (w_.projection.count) {
      for (long i = 0; i < n; ++i) {
        const long b = mine.row[i];
        l.h[i] = l.rows[i].y;
        l.out[i] = output(time_of(s_, s, mine.length[i]), b);
      }
      Product<V> project{l.h, 0, nullptr, nullptr, l.out, 0, n};
      sweep<V>(w_.projection, panels_of(w_.projection, id), s & 1,
               [&](long i, Memory following) { project(w_.projection, i, following); });
      meet_if(split_ == Split::units);
    }
  }

  // Last states, and zeros past each row's length.
  void finish(const Mine& mine, int id) {
    const Range r = rows_of(mine, id);
    for (long i = r.first; i < r.last; ++i) {
      const long b = mine.row[i], length = mine.length[i];
      const long last = length ? time_of(s_, length - 1, length) : 0;
      copy(length ? output(last, b) : f_.h0 ? f_.h0 + b * P_ : zero_, f_.hn + b * P_, 0, P_);
      if constexpr (C::has_cell) {
        const T* first = f_.c0 ? f_.c0 + b * H_ : zero_;
        if (!length || f_.cells)
          copy(length ? f_.cells + (last * s_.batch + b) * H_ : first, f_.cn + b * H_, 0, H_);
      }
      for (long t = length; t < s_.steps; ++t) copy_zero(output(t, b), P_);
    }
  }
  static void copy_zero(T* to, long n) {
    for (long i = 0; i < n; ++i) to[i] = 0;
  }

  const Forward<T>& f_;
  const long P_;
  PackedWeights<T> w_;
  const T* zero_;
  long rows_, chunk_, pre_size_ = 0;
  T *pre_ = nullptr, *raw_ = nullptr;
  Local* local_;
};
