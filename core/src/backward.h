// The backward pass: back through time in chunks of steps, for every cell.
//
// Within a chunk, step after step: dh += dgates(s+1) W_hh, then the cell's
// adjoint turns it into dgates(s) while the panel is hot. After each chunk its
// input gradients and weight gradients, while dgates are still in the second
// cache: only a chunk of them ever exists, and what forward saved is not
// changed. Chunks depend on batch and lengths, never on threads, so weight
// gradients have the same bits at any thread count.

// Which slots' gradients meet which rows in a weight gradient.
struct OuterPass {
  int slot, slots;       // consecutive slots
  const int* gates;      // torch's gate of each
  bool x, h, rh;         // what they multiply: dw_ih from x, dw_hh from h or r h
  bool input_bias, hidden_bias;
};

template <class C>
struct Outers {
  static constexpr int kCount = 2;
  static constexpr OuterPass pass[] = {
      {C::input_first, C::input_count, C::inputs, true, false, false, true, false},
      {C::recurrent_first, C::recurrent_count, C::recurrents, false, true, false, false, true}};
};
// One pass where both products have the same slots.
template <class C>
  requires(C::input_count == C::slots && C::recurrent_count == C::slots)
struct Outers<C> {
  static constexpr int kCount = 1;
  static constexpr OuterPass pass[] = {
      {0, C::slots, C::inputs, true, true, false, true, true}};
};
template <class C>
  requires(C::two_products)
struct Outers<C> {
  static constexpr int kCount = 2;
  static constexpr OuterPass pass[] = {
      {0, 2, C::inputs, true, true, false, true, true},
      {2, 1, C::inputs + 2, true, false, true, true, true}};
};

template <class V, class C>
class BackwardRun {
  using T = typename V::T;
  static constexpr long kDepth = 256;  // rows of one weight gradient block

 public:
  explicit BackwardRun(const Backward<T>& f)
      : f_(f),
        s_(f.shape),
        H_(s_.hidden),
        P_(s_.output),
        G_(C::slots),
        wanted_(share(s_, C::slots, long(sizeof(T)))),
        team_(wanted_.threads),
        n_(team_.size()),
        split_(n_ == 1 ? Split::rows : wanted_.split),
        barrier_(n_),
        plan_(make_plan(s_, scratch_)),
        projects_(f.weights.w_hr),
        weights_wanted_(f.dw_ih || f.dw_hh || f.db_ih || f.db_hh || f.dw_hr) {
    const long B = s_.batch;
    zero_ = zeros<T>(scratch_, H_ > P_ ? H_ : P_);
    // W_hh for dh, W_ih for dx, and the second product or the projection.
    state_ = plain(C::recurrent_count * H_, P_);
    second_ = plain(H_, C::two_products ? H_ : 0);
    project_ = plain(P_, projects_ ? H_ : 0);
    input_ = plain(C::input_count * H_, f.dx ? s_.input : 0);
    // At least one row's worth of steps, at most four times what an even
    // batch would need: the tail of a ragged one may be a single long row.
    most_steps_ = kDepth / (B ? B : 1) * 4;
    if (most_steps_ > plan_.longest) most_steps_ = plan_.longest;
    if (most_steps_ < 1) most_steps_ = 1;
    most_rows_ = kDepth + B;
    dg_ = take<T>(scratch_, (most_steps_ + 1) * B * G_ * H_);
    dh_ = take<T>(scratch_, B * P_);
    if (C::has_cell) dc_ = take<T>(scratch_, B * H_);
    if (C::two_products || projects_) extra_ = take<T>(scratch_, B * H_);
    if (projects_) total_ = take<T>(scratch_, (most_steps_ + 1) * B * P_);
    if (f.norms) parts_ = take<T>(scratch_, most_steps_ * B * state_.count);
    rows_ = split_ == Split::rows ? (B + n_ - 1) / n_ : B;
    local_ = take<Local>(scratch_, n_);
    for (int i = 0; i < n_; ++i) {
      Local& l = local_[i];
      l.row = take<long>(scratch_, rows_);
      l.length = take<long>(scratch_, rows_);
      l.rows = take<AdjointRow<T>>(scratch_, rows_);
      l.a = take<const T*>(scratch_, rows_);
      l.out = take<T*>(scratch_, rows_);
      l.dy = take<const T*>(scratch_, rows_);
      l.dg = take<const T*>(scratch_, most_rows_);
      l.dx = take<T*>(scratch_, most_rows_);
      if (weights_wanted_) {
        l.x = take<const T*>(scratch_, most_rows_);
        l.h = take<const T*>(scratch_, most_rows_);
        l.group = take<T>(scratch_, kOuterRows * most_rows_);
        l.packed_x = take<T>(scratch_, packed_batch_size<V>(most_rows_, s_.input));
        l.packed_h = take<T>(scratch_, packed_batch_size<V>(most_rows_, H_ > P_ ? H_ : P_));
      }
    }
  }

  void run() {
    team_.run([](void* self, int id) { static_cast<BackwardRun*>(self)->thread(id); }, this);
  }

 private:
  struct Local {
    long *row, *length;
    AdjointRow<T>* rows;
    const T** a;
    T** out;
    const T** dy;
    const T** dg;
    T** dx;
    const T **x, **h;
    T *group, *packed_x, *packed_h;
  };

  // Narrower panels where threads share units and there would be too few.
  Panels<T> plain(long depth, long units) {
    int columns = ELMAN_PLAIN_COLUMNS;
    if (split_ == Split::units)
      while (columns > 1 && (units + columns * V::width - 1) / (columns * V::width) < 2 * n_)
        columns /= 2;
    Panels<T> m = panels<V>(depth, units, columns, false);
    m.data = take<T>(scratch_, panels_size<V>(m));
    return m;
  }

  void meet() {
    if (n_ > 1) barrier_.wait();
  }
  void meet_if(bool b) {
    if (b) meet();
  }

  T* dg_of(long s, long b) const { return dg_ + (s % (most_steps_ + 1) * s_.batch + b) * G_ * H_; }
  T* total_of(long s, long b) const { return total_ + (s % (most_steps_ + 1) * s_.batch + b) * P_; }
  const T* y_of(long t, long b) const { return f_.y + t * f_.y_step + b * f_.y_row; }
  const T* h_before(long s, long t, long b) const {
    return s ? y_of(s_.reverse ? t + 1 : t - 1, b) : f_.h0 ? f_.h0 + b * P_ : zero_;
  }

  void pack(int id) {
    static constexpr int in_order[] = {0, 1, 2, 3}, third[] = {2};
    auto part = [&](const Panels<T>& m, const T* w, const int* gates, int count, long block) {
      const Range r = slice(m.count, id, n_);
      pack_columns<V>(m, const_cast<T*>(m.data), w, gates, count, block, r.first, r.last);
    };
    part(state_, f_.weights.w_hh, C::recurrents, C::recurrent_count, H_);
    if (C::two_products) part(second_, f_.weights.w_hh, third, 1, H_);
    if (projects_) part(project_, f_.weights.w_hr, in_order, 1, P_);
    if (f_.dx) part(input_, f_.weights.w_ih, C::inputs, C::input_count, H_);
  }

  static void clear(T* p, long n) {
    if (p)
      for (long i = 0; i < n; ++i) p[i] = 0;
  }

  void prepare(int id, const Mine& mine) {
    const Range r = split_ == Split::rows ? Range{0, mine.count} : slice(mine.count, id, n_);
    for (long i = r.first; i < r.last; ++i) {
      const long b = mine.row[i];
      for (long j = 0; j < P_; ++j) dh_[b * P_ + j] = f_.dhn ? f_.dhn[b * P_ + j] : T(0);
      if constexpr (C::has_cell)
        for (long j = 0; j < H_; ++j) dc_[b * H_ + j] = f_.dcn ? f_.dcn[b * H_ + j] : T(0);
      for (long t = mine.length[i]; t < s_.steps; ++t) {
        if (f_.dx) clear(f_.dx + t * f_.dx_step + b * f_.dx_row, s_.input);
        if (f_.norms) f_.norms[t * s_.batch + b] = 0;
      }
    }
    if (id) return;
    const long gates = C::two_products ? 3 : Outers<C>::pass[0].slots;
    clear(f_.dw_ih, gates * H_ * s_.input);
    clear(f_.dw_hh, gates * H_ * P_);
    clear(f_.db_ih, gates * H_);
    clear(f_.db_hh, gates * H_);
    clear(f_.dw_hr, P_ * H_);
  }

  void thread(int id) {
    FlushSubnormals flush;
    Local& l = local_[id];
    const Mine mine = my_rows(plan_, s_, split_, id, n_, l.row, l.length);
    pack(id);
    prepare(id, mine);
    meet();
    const bool chunk_shared = weights_wanted_ || split_ != Split::rows;
    long s1 = plan_.longest, running = 0, all_running = 0;
    while (s1 > 0) {
      long s0 = s1, depth = 0;
      for (; s0 > 0 && s1 - s0 < most_steps_ && depth < kDepth; --s0) {
        while (all_running < s_.batch && plan_.length[all_running] >= s0) ++all_running;
        depth += all_running;
      }
      if (split_ != Split::solo || id == 0)
        for (long s = s1 - 1; s >= s0; --s) {
          const long next = running;
          while (running < mine.count && mine.length[running] > s) ++running;
          step(id, mine, running, next, s, s - s0);
        }
      meet_if(chunk_shared);
      input_gradients(id, mine, s0, s1);
      if (f_.norms) norms(id, mine, s0, s1);
      if (weights_wanted_) weight_gradients(id, s0, s1);
      meet_if(chunk_shared);
      s1 = s0;
    }
    if (f_.dh0) first_states(id, mine);
    meet_if(split_ != Split::rows);
    const Range r = split_ == Split::rows ? Range{0, mine.count} : slice(mine.count, id, n_);
    for (long i = r.first; i < r.last; ++i) {
      const long b = mine.row[i];
      if (f_.dh0)
        for (long j = 0; j < P_; ++j) f_.dh0[b * P_ + j] = dh_[b * P_ + j];
      if constexpr (C::has_cell)
        if (f_.dc0)
          for (long j = 0; j < H_; ++j) f_.dc0[b * H_ + j] = dc_[b * H_ + j];
    }
  }

  Range panels_of(const Panels<T>& m, int id) const {
    return split_ == Split::units ? slice(m.count, id, n_) : Range{0, m.count};
  }
  template <class F>
  void each_unit(const Panels<T>& m, long p, long n, F f) {
    const long u1 = first_unit<V>(m, p + 1);
    for (long u = first_unit<V>(m, p); u < u1; u += V::width) {
      const auto lanes = V::lanes(u1 - u);
      for (long i = 0; i < n; ++i) f(i, u, lanes);
    }
  }

  // n rows run at step s, and the first `next` of them ran at s + 1 too.
  void step(int id, const Mine& mine, long n, long next, long s, long step_in_chunk) {
    Local& l = local_[id];
    for (long i = 0; i < n; ++i) {
      const long b = mine.row[i], t = time_of(s_, s, mine.length[i]);
      const long at = t * s_.batch + b;
      AdjointRow<T>& r = l.rows[i];
      r.gates = f_.gates + at * G_ * H_;
      r.h_before = h_before(s, t, b);
      r.y = projects_ ? f_.raw + at * H_ : y_of(t, b);
      if constexpr (C::has_cell) {
        const long before = (s_.reverse ? t + 1 : t - 1) * s_.batch + b;
        r.c = f_.cells + at * H_;
        r.c_before = s ? f_.cells + before * H_ : f_.c0 ? f_.c0 + b * H_ : zero_;
        r.dc = dc_ + b * H_;
      }
      r.dg = dg_of(s, b);
      r.extra = C::two_products || projects_ ? extra_ + b * H_ : nullptr;
      l.a[i] = s < plan_.longest - 1 ? dg_of(s + 1, b) : r.dg;
      l.dy[i] = f_.dy ? f_.dy + t * f_.dy_step + b * f_.dy_row : zero_;
      l.out[i] = projects_ ? total_of(s, b) : dh_ + b * P_;
      r.dh = projects_ ? extra_ + b * H_ : dh_ + b * P_;
    }
    Product<V> product{l.a, C::recurrent_first * H_, l.out, nullptr, l.out, 0, next};
    const Range p = panels_of(state_, id);
    for (long i = p.first; i < p.last; ++i) {
      each_unit(state_, i, n, [&](long k, long u, auto lanes) {
        T* dh = dh_ + mine.row[k] * P_ + u;
        const V start = V::load(dh, lanes) + V::load(l.dy[k] + u, lanes);
        start.store(l.out[k] + u, lanes);
        if (projects_) V::all(0).store(dh, lanes);
      });
      product(state_, i);
      if (f_.norms) norm_parts(l, mine, n, step_in_chunk, i);
      if (!projects_)
        each_unit(state_, i, n, [&](long k, long u, auto lanes) {
          if constexpr (C::two_products) C::first_adjoint(l.rows[k], u, H_, lanes);
          else C::adjoint(l.rows[k], u, H_, lanes);
        });
    }
    meet_if(split_ == Split::units);
    if (C::two_products || projects_) second_step(id, mine, n, s);
  }

  void second_step(int id, const Mine& mine, long n, long s) {
    Local& l = local_[id];
    for (long i = 0; i < n; ++i) {
      const long b = mine.row[i];
      l.a[i] = projects_ ? total_of(s, b) : dg_of(s, b);
      l.out[i] = extra_ + b * H_;
    }
    const Panels<T>& m = projects_ ? project_ : second_;
    Product<V> product{l.a, projects_ ? 0 : 2 * H_, nullptr, nullptr, l.out, 0, n};
    const Range p = panels_of(m, id);
    for (long i = p.first; i < p.last; ++i) {
      product(m, i);
      each_unit(m, i, n,
                [&](long k, long u, auto lanes) { C::adjoint(l.rows[k], u, H_, lanes); });
    }
    meet_if(split_ == Split::units);
  }

  // dh0: what step 0 passes on.
  void first_states(int id, const Mine& mine) {
    if (split_ == Split::solo && id) return;
    Local& l = local_[id];
    long n = 0;
    for (; n < mine.count && mine.length[n] > 0; ++n) {
      l.a[n] = dg_of(0, mine.row[n]);
      l.out[n] = dh_ + mine.row[n] * P_;
    }
    Product<V> product{l.a, C::recurrent_first * H_, l.out, nullptr, l.out, 0, n};
    const Range p = panels_of(state_, id);
    for (long i = p.first; i < p.last; ++i) product(state_, i);
  }

  void norm_parts(Local& l, const Mine& mine, long n, long step_in_chunk, long p) {
    const long u0 = first_unit<V>(state_, p), u1 = first_unit<V>(state_, p + 1);
    for (long i = 0; i < n; ++i) {
      V sum = V::all(0);
      for (long u = u0; u < u1; u += V::width) {
        const V v = V::load(l.out[i] + u, V::lanes(u1 - u));
        sum = fma(v, v, sum);
      }
      T lane[V::width], total = 0;
      sum.store(lane);
      for (long k = 0; k < V::width; ++k) total += lane[k];
      parts_[(step_in_chunk * s_.batch + mine.row[i]) * state_.count + p] = total;
    }
  }
  void norms(int id, const Mine& mine, long s0, long s1) {
    const Range r = split_ == Split::rows ? Range{0, mine.count} : slice(mine.count, id, n_);
    for (long i = r.first; i < r.last; ++i)
      for (long s = s0; s < s1 && s < mine.length[i]; ++s) {
        const T* part = parts_ + ((s - s0) * s_.batch + mine.row[i]) * state_.count;
        T total = 0;
        for (long k = 0; k < state_.count; ++k) total += part[k];
        f_.norms[time_of(s_, s, mine.length[i]) * s_.batch + mine.row[i]] =
            T(__builtin_sqrt(total));
      }
  }

  void input_gradients(int id, const Mine& mine, long s0, long s1) {
    if (!f_.dx) return;
    Local& l = local_[id];
    const bool whole = split_ != Split::rows;
    long n = 0;
    for (long s = s0; s < s1; ++s)
      for (long i = 0; i < mine.count && mine.length[i] > s; ++i, ++n) {
        const long b = mine.row[i], t = time_of(s_, s, mine.length[i]);
        l.dg[n] = dg_of(s, b);
        l.dx[n] = f_.dx + t * f_.dx_step + b * f_.dx_row;
      }
    const Range r = whole ? slice(n, id, n_) : Range{0, n};
    Product<V> product{l.dg + r.first, C::input_first * H_, nullptr, nullptr, l.dx + r.first, 0,
                       r.last - r.first};
    for (long p = 0; p < input_.count; ++p) product(input_, p);
  }

  void weight_gradients(int id, long s0, long s1) {
    Local& l = local_[id];
    long n = 0;
    for (long s = s0; s < s1; ++s)
      for (long i = 0; i < s_.batch && plan_.length[i] > s; ++i, ++n) {
        const long b = plan_.row[i], t = time_of(s_, s, plan_.length[i]);
        l.dg[n] = dg_of(s, b);
        l.x[n] = f_.x + t * f_.x_step + b * f_.x_row;
        l.h[n] = h_before(s, t, b);
      }
    if (f_.dw_ih) pack_batch<V>(l.x, n, s_.input, l.packed_x);
    if (f_.dw_hh) pack_batch<V>(l.h, n, P_, l.packed_h);
    for (const OuterPass& pass : Outers<C>::pass) {
      if (pass.rh && f_.dw_hh) {
        for (long k = 0, s = s0; s < s1; ++s)
          for (long i = 0; i < s_.batch && plan_.length[i] > s; ++i, ++k) {
            const long t = time_of(s_, s, plan_.length[i]);
            l.h[k] = f_.gates + ((t * s_.batch + plan_.row[i]) * G_ + 3) * H_;
          }
        pack_batch<V>(l.h, n, H_, l.packed_h);
      }
      groups(l, id, pass, n);
    }
    if (f_.dw_hr) {
      for (long k = 0, s = s0; s < s1; ++s)
        for (long i = 0; i < s_.batch && plan_.length[i] > s; ++i, ++k) {
          const long b = plan_.row[i], t = time_of(s_, s, plan_.length[i]);
          l.dg[k] = total_of(s, b);
          l.h[k] = f_.raw + (t * s_.batch + b) * H_;
        }
      pack_batch<V>(l.h, n, H_, l.packed_h);
      const Range r = slice((P_ + kOuterRows - 1) / kOuterRows, id, n_);
      for (long g = r.first; g < r.last; ++g) {
        T* out[kOuterRows];
        const long first = g * kOuterRows;
        const int count = int(P_ - first < kOuterRows ? P_ - first : kOuterRows);
        for (int i = 0; i < count; ++i) out[i] = f_.dw_hr + (first + i) * H_;
        pack_group<V>(l.dg, first, count, n, l.group);
        outer<V>(l.group, count, l.packed_h, n, H_, out);
      }
    }
  }

  // This thread's share of one pass: a group is a few rows of dw.
  void groups(Local& l, int id, const OuterPass& pass, long n) {
    const long size = pass.slots * H_;
    const Range r = slice((size + kOuterRows - 1) / kOuterRows, id, n_);
    T* dw_hh = pass.h || pass.rh ? f_.dw_hh : nullptr;
    const long width = pass.rh ? H_ : P_;
    if (f_.dw_ih || dw_hh)
      for (long g = r.first; g < r.last; ++g) {
        T *to_x[kOuterRows], *to_h[kOuterRows];
        const long first = g * kOuterRows;
        const int count = int(size - first < kOuterRows ? size - first : kOuterRows);
        for (int i = 0; i < count; ++i) {
          const long slot = (first + i) / H_;
          const long row = pass.gates[slot] * H_ + (first + i - slot * H_);
          to_x[i] = f_.dw_ih + row * s_.input;
          to_h[i] = dw_hh + row * width;
        }
        pack_group<V>(l.dg, pass.slot * H_ + first, count, n, l.group);
        if (pass.x && f_.dw_ih) outer<V>(l.group, count, l.packed_x, n, s_.input, to_x);
        if (dw_hh) outer<V>(l.group, count, l.packed_h, n, width, to_h);
      }
    T* db_ih = pass.input_bias ? f_.db_ih : nullptr;
    T* db_hh = pass.hidden_bias ? f_.db_hh : nullptr;
    if (!db_ih && !db_hh) return;
    const Range v = slice(pass.slots * ((H_ + V::width - 1) / V::width), id, n_);
    for (long k = v.first; k < v.last; ++k) {
      const long per = (H_ + V::width - 1) / V::width, slot = k / per, u = k % per * V::width;
      const auto lanes = V::lanes(H_ - u);
      V sum = V::all(0);
      for (long i = 0; i < n; ++i)
        sum = sum + V::load(l.dg[i] + (pass.slot + slot) * H_ + u, lanes);
      T* const both[] = {db_ih, db_hh};
      for (T* db : both)
        if (db) {
          T* to = db + pass.gates[slot] * H_ + u;
          (V::load(to, lanes) + sum).store(to, lanes);
        }
    }
  }

  const Backward<T>& f_;
  const Shape& s_;
  const long H_, P_, G_;
  Scratch scratch_;
  Sharing wanted_;
  Team team_;
  const int n_;
  const Split split_;
  Barrier barrier_;
  Plan plan_;
  const bool projects_, weights_wanted_;
  Panels<T> state_{}, second_{}, project_{}, input_{};
  const T* zero_;
  long most_steps_, most_rows_, rows_;
  T *dg_ = nullptr, *dh_ = nullptr, *dc_ = nullptr, *extra_ = nullptr, *total_ = nullptr,
    *parts_ = nullptr;
  Local* local_;
};
