// The backward pass: back through time in chunks of steps, for every cell.
//
// Within a chunk, step after step: dh += dgates(s+1) W_hh, then the cell's
// adjoint turns it into dgates(s) while the panel is hot. After each chunk its
// input gradients and weight gradients, while dgates are still in the second
// cache: only a chunk of them ever exists, and what forward saved is not
// changed. Chunks depend on batch and lengths, never on threads.

template <class V, class C>
class BackwardRun : Call {
  using T = typename V::T;

 public:
  explicit BackwardRun(const Backward<T>& f)
      : Call(f.shape, C::slots, long(sizeof(T))),
        f_(f),
        P_(s_.output),
        G_(C::slots),
        projects_(f.weights.w_hr),
        weights_(f, plan_),
        own_blocks_(split_ == Split::rows && weights_.blocks() % n_ == 0),
        depth_(kDepth * weights_.blocks()) {
    const long B = s_.batch;
    zero_ = before_.zero = zeros<T>(scratch_, H_ > P_ ? H_ : P_);
    // W_hh for dh, W_ih for dx, and the second product or the projection.
    state_ = plain(C::recurrent_count * H_, P_);
    second_ = plain(H_, C::two_products ? H_ : 0);
    project_ = plain(P_, projects_ ? H_ : 0);
    input_ = plain(C::input_count * H_, f.dx ? s_.input : 0);
    most_steps_ = steps_of_sum(depth_, B, plan_.longest);
    most_rows_ = depth_ + B;
    dg_ = ring<T>(scratch_, most_steps_ + 1, B, G_ * H_);
    dh_ = take<T>(scratch_, B * P_);
    if (C::has_cell) dc_ = take<T>(scratch_, B * H_);
    if (C::two_products || projects_) extra_ = take<T>(scratch_, B * H_);
    if (projects_) total_ = ring<T>(scratch_, most_steps_ + 1, B, P_);
    if (f.norms) norms_.prepare(scratch_, most_steps_, B, P_);
    rows_ = most_rows();
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
    }
    weights_.prepare(scratch_, most_steps_, n_);
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
  };

  Panels<T> plain(long depth, long units) {
    Panels<T> m = panels<V>(depth, units, columns_for<V>(units), false);
    m.data = take<T>(scratch_, panels_size<V>(m));
    return m;
  }

  const T* y_of(long t, long b) const { return f_.y + t * f_.y_step + b * f_.y_row; }
  void pack(int id) {
    const Timed timed(Phase::pack_back, id);
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
    const Range r = rows_of(mine, id);
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
    weights_.clear(id, n_);
  }

  void thread(int id) {
    FlushSubnormals flush;
    Local& l = local_[id];
    const Mine mine = my_rows(plan_, s_, split_, id, n_, l.row, l.length);
    pack(id);
    prepare(id, mine);
    meet();
    const bool chunk_shared = split_ != Split::rows || (weights_.wanted() && !own_blocks_);
    Chunks chunks{plan_, s_.batch, most_steps_, depth_};
    long s1 = plan_.longest, running = 0;
    while (s1 > 0) {
      const long s0 = chunks.first(s1);
      if (split_ != Split::solo || id == 0)
        for (long s = s1 - 1; s >= s0; --s) {
          const long next = running;
          while (running < mine.count && mine.length[running] > s) ++running;
          step(id, mine, running, next, s, s - s0);
        }
      meet_if(chunk_shared);
      input_gradients(id, mine, s0, s1);
      if (f_.norms) norms_.write(s_, mine, rows_of(mine, id), s0, s1, f_.norms);
      if (weights_.wanted()) weights_.add(id, n_, own_blocks_, s0, s1, dg_, total_, before_);
      meet_if(chunk_shared);
      s1 = s0;
    }
    if (f_.dh0) first_states(id, mine);
    meet_if(split_ != Split::rows || weights_.wanted());
    weights_.finish(id, n_);
    const Range r = rows_of(mine, id);
    for (long i = r.first; i < r.last; ++i) {
      const long b = mine.row[i];
      if (f_.dh0)
        for (long j = 0; j < P_; ++j) f_.dh0[b * P_ + j] = dh_[b * P_ + j];
      if constexpr (C::has_cell)
        if (f_.dc0)
          for (long j = 0; j < H_; ++j) f_.dc0[b * H_ + j] = dc_[b * H_ + j];
    }
  }

  Range panels_of(const Panels<T>& m, int id) const { return share_of(m.count, id); }

  // What the step will read of what forward saved, where it lies in one piece.
  Memory saved(const Mine& mine, long s) const {
    if (s < 0 || s_.lengths || !mine.count) return {};
    const long t = time_of(s_, s, s_.steps), b = mine.row[0];
    if (C::saves)
      return {f_.gates + (t * s_.batch + b) * G_ * H_, mine.count * G_ * H_ * long(sizeof(T))};
    if (f_.y_row != P_) return {};
    return {f_.y + t * f_.y_step + b * P_, mine.count * P_ * long(sizeof(T))};
  }

  // n rows run at step s, and the first `next` of them ran at s + 1 too.
  void step(int id, const Mine& mine, long n, long next, long s, long step_in_chunk) {
    const Timed timed(Phase::back, id);
    Local& l = local_[id];
    T* const dg = dg_.step(s);
    T* const total = projects_ ? total_.step(s) : nullptr;
    const T* const dg_after = dg_.step(s + 1);
    for (long i = 0; i < n; ++i) {
      const long b = mine.row[i], t = time_of(s_, s, mine.length[i]);
      const long at = t * s_.batch + b;
      AdjointRow<T>& r = l.rows[i];
      r.gates = f_.gates + at * G_ * H_;
      r.h_before = before_(s, t, b);
      r.y = projects_ ? f_.raw + at * H_ : y_of(t, b);
      if constexpr (C::has_cell) {
        const long before = (s_.reverse ? t + 1 : t - 1) * s_.batch + b;
        r.c = f_.cells + at * H_;
        r.c_before = s ? f_.cells + before * H_ : f_.c0 ? f_.c0 + b * H_ : zero_;
        r.dc = dc_ + b * H_;
      }
      r.dg = dg + b * dg_.stride;
      r.extra = C::two_products || projects_ ? extra_ + b * H_ : nullptr;
      l.a[i] = dg_after + b * dg_.stride;
      l.dy[i] = f_.dy ? f_.dy + t * f_.dy_step + b * f_.dy_row : zero_;
      l.out[i] = projects_ ? total + b * total_.stride : dh_ + b * P_;
      r.dh = projects_ ? extra_ + b * H_ : dh_ + b * P_;
    }
    // Where nothing of dh passes the step but through W_hh, the sum starts from
    // dy; rows that begin here, at their last step, from dh_n too.
    const long ready = C::passes_on ? 0 : next;
    Product<V> product{l.a, C::recurrent_first * H_, C::passes_on ? l.out : l.dy, nullptr, l.out,
                       0, next};
    sweep<V>(state_, panels_of(state_, id), s & 1, [&](long i, Memory following) {
      each_unit<V>(state_, i, n - ready, [&](long k, long u, auto lanes) {
        k += ready;
        const V dh = V::load(dh_ + mine.row[k] * P_ + u, lanes);
        (dh + V::load(l.dy[k] + u, lanes)).store(l.out[k] + u, lanes);
      });
      product(state_, i, following);
      for (long k = 0; f_.norms && k < n; ++k)
        norms_.add(step_in_chunk, mine.row[k], l.out[k], first_unit<V>(state_, i),
                   first_unit<V>(state_, i + 1));
      const Timed pointwise(Phase::adjoint, id);
      if (!projects_)
        each_unit<V>(state_, i, n, [&](long k, long u, auto lanes) {
          if constexpr (C::two_products) C::first_adjoint(l.rows[k], u, H_, lanes);
          else C::adjoint(l.rows[k], u, H_, lanes);
        });
    }, saved(mine, s - 1));
    meet_if(split_ == Split::units);
    if (C::two_products || projects_) second_step(id, mine, n, s);
  }

  void second_step(int id, const Mine& mine, long n, long s) {
    Local& l = local_[id];
    const Ring<T>& ring = projects_ ? total_ : dg_;
    const T* const from = ring.step(s);
    for (long i = 0; i < n; ++i) {
      const long b = mine.row[i];
      l.a[i] = from + b * ring.stride;
      l.out[i] = extra_ + b * H_;
    }
    const Panels<T>& m = projects_ ? project_ : second_;
    Product<V> product{l.a, projects_ ? 0 : 2 * H_, nullptr, nullptr, l.out, 0, n};
    sweep<V>(m, panels_of(m, id), s & 1, [&](long i, Memory following) {
      product(m, i, following);
      const Timed pointwise(Phase::adjoint, id);
      each_unit<V>(m, i, n,
                [&](long k, long u, auto lanes) { C::adjoint(l.rows[k], u, H_, lanes); });
    });
    meet_if(split_ == Split::units);
  }

  // dh0: what step 0 passes on.
  void first_states(int id, const Mine& mine) {
    if (split_ == Split::solo && id) return;
    Local& l = local_[id];
    long n = 0;
    for (; n < mine.count && mine.length[n] > 0; ++n) {
      l.a[n] = dg_.step(0) + mine.row[n] * dg_.stride;
      l.out[n] = dh_ + mine.row[n] * P_;
    }
    Product<V> product{l.a, C::recurrent_first * H_, C::passes_on ? l.out : nullptr, nullptr,
                       l.out, 0, n};
    const Range p = panels_of(state_, id);
    for (long i = p.first; i < p.last; ++i) product(state_, i);
  }

  void input_gradients(int id, const Mine& mine, long s0, long s1) {
    if (!f_.dx) return;
    const Timed timed(Phase::input_gradients, id);
    Local& l = local_[id];
    const bool whole = split_ != Split::rows;
    long n = 0;
    for (long s = s0; s < s1; ++s) {
      const T* dg = dg_.step(s);
      for (long i = 0; i < mine.count && mine.length[i] > s; ++i, ++n) {
        const long b = mine.row[i], t = time_of(s_, s, mine.length[i]);
        l.dg[n] = dg + b * dg_.stride;
        l.dx[n] = f_.dx + t * f_.dx_step + b * f_.dx_row;
      }
    }
    const Range r = whole ? slice(n, id, n_) : Range{0, n};
    Product<V> product{l.dg + r.first, C::input_first * H_, nullptr, nullptr, l.dx + r.first, 0,
                       r.last - r.first};
    sweep<V>(input_, Range{0, input_.count}, false,
             [&](long p, Memory following) { product(input_, p, following); });
  }

  const Backward<T>& f_;
  const long P_, G_;
  const bool projects_;
  WeightGradients<V, C> weights_;
  const bool own_blocks_;  // each thread has whole blocks of the batch
  const long depth_;       // rows of a chunk
  Panels<T> state_{}, second_{}, project_{}, input_{};
  const T* zero_;
  Past<T> before_{f_, nullptr};
  long most_steps_, most_rows_, rows_;
  Ring<T> dg_{}, total_{};
  Norms<V> norms_{};
  T *dh_ = nullptr, *dc_ = nullptr, *extra_ = nullptr;
  Local* local_;
};
