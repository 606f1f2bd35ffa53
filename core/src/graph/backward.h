// The backward pass of a program: as backward.h runs a stock cell.
//
// In a step, the gradient of each state is what the step after passed on, what its
// products bring, and for state 0 dy; pieces turn that into the slots' gradients and
// what is passed on. The whole and the passed on lie in two halves of memory, in turns.

template <class V>
class GraphBackwardRun : GraphPass<V> {
  using Base = GraphPass<V>;
  using typename Base::Local;
  using typename Base::T;
  using Base::block_, Base::clear, Base::columns_, Base::g_, Base::H_, Base::local_, Base::meet_if,
      Base::n_, Base::operands_, Base::panels_in, Base::plan_, Base::each_row, Base::rows_,
      Base::rows_of, Base::run_piece, Base::s_, Base::scratch_, Base::split_, Base::sums_,
      Base::team_, Base::units_of, Base::zero_;

 public:
  explicit GraphBackwardRun(const GraphBackward<T>& f)
      : Base(*f.program, f.shape, true),
        f_(f),
        weights_(f, plan_),
        own_blocks_(split_ == Split::rows && weights_.blocks() % n_ == 0),
        depth_(kDepth * weights_.blocks()),
        past_{f, zero_} {
    const long B = s_.batch;
    for (std::size_t k = 0; k < g_.products.size(); ++k) {
      const ProgramProduct& q = g_.products[k];
      const bool input = q.source == Source::input;
      if (!input || f.dx)
        operands_[k].backward(q, depth_of(q, s_), H_, input ? ELMAN_PLAIN_COLUMNS : columns_,
                              scratch_);
    }
    most_steps_ = steps_of_sum(depth_, B, plan_.longest);
    most_rows_ = depth_ + B;
    dg_ = ring<T>(scratch_, most_steps_ + 1, B, g_.slots * H_);
    units_stride_ = g_.units * H_ + Ring<T>::kPadding;
    units_ = weights_.wants_units() ? zeros<T>(scratch_, B * units_stride_) : nullptr;
    dstates_ = take<T>(scratch_, 2 * g_.states * B * H_);
    if (f.norms) norms_.prepare(scratch_, most_steps_, B, H_);
    this->make_local(g_.elementwise ? rows_ * most_steps_ : rows_, f.units);
    for (int i = 0; i < n_ && !units_; ++i) local_[i].place[g_.unit_sums()] = nullptr;
    this->make_masks(f.masks, g_.elementwise ? most_steps_ : 1);
    own_ = take<Own>(scratch_, n_);
    for (int i = 0; i < n_; ++i) {
      Own& o = own_[i];
      o.after = take<const T*>(scratch_, rows_);
      o.dy = take<const T*>(scratch_, g_.elementwise ? rows_ * most_steps_ : rows_);
      o.dg = take<const T*>(scratch_, most_rows_);
      o.dx = take<T*>(scratch_, most_rows_);
    }
    weights_.prepare(scratch_, most_steps_, n_);
    dense_.assign(std::size_t(g_.states), -1);
    for (std::size_t k = g_.products.size(); k-- > 0;)
      if (g_.products[k].source == Source::before && g_.products[k].heads == 1)
        dense_[std::size_t(g_.products[k].index)] = int(k);
  }

  void run() {
    team_.run([](void* self, int id) { static_cast<GraphBackwardRun*>(self)->thread(id); }, this);
  }

 private:
  struct Own {
    const T** after;  // the slots' gradients of the step after
    const T** dy;
    const T** dg;
    T** dx;
  };

  // The gradient of state i that step s leaves to the one before it; s = T: to the last.
  T* dstate(int i, long s, long b) const {
    return dstates_ + (((s & 1) * g_.states + i) * s_.batch + b) * H_;
  }

  void pack(int id) {
    const Timed timed(Phase::pack_back, id);
    for (std::size_t k = 0; k < g_.products.size(); ++k)
      if (g_.products[k].source != Source::input || f_.dx)
        operands_[k].pack_backward(f_.weights[g_.products[k].weight], id, n_);
  }

  void prepare(int id, const Mine& mine) {
    const Range r = rows_of(mine, id);
    bool fed = false;
    for (const ProgramProduct& q : g_.products) fed = fed || q.source == Source::input;
    for (long i = r.first; i < r.last; ++i) {
      const long b = mine.row[i], length = mine.length[i];
      for (int j = 0; j < g_.states; ++j) {
        const T* const last = f_.dlast ? f_.dlast[j] : nullptr;
        T* const to = dstate(j, length, b);
        for (long u = 0; u < H_; ++u) to[u] = last ? last[b * H_ + u] : T(0);
      }
      for (long t = fed ? length : 0; f_.dx && t < s_.steps; ++t)
        clear(f_.dx + t * f_.dx_step + b * f_.dx_row, s_.input);
      for (long t = length; f_.norms && t < s_.steps; ++t) f_.norms[t * s_.batch + b] = 0;
    }
    weights_.clear(id, n_);
  }

  void thread(int id) {
    FlushSubnormals flush;
    Local& l = local_[id];
    const Mine mine = my_rows(plan_, s_, split_, id, n_, l.row, l.length);
    pack(id);
    prepare(id, mine);
    this->meet();
    const bool chunk_shared = split_ != Split::rows || (weights_.wanted() && !own_blocks_);
    Chunks chunks{plan_, s_.batch, most_steps_, depth_};
    long s1 = plan_.longest, running = 0, summed = s1;
    while (s1 > 0) {
      const long s0 = chunks.first(s1);
      if (split_ == Split::solo && id) {
      } else if (g_.elementwise) {
        elementwise(id, mine, s0, s1);
      } else {
        for (long s = s1 - 1; s >= s0; --s) {
          const long next = running;
          while (running < mine.count && mine.length[running] > s) ++running;
          step(id, mine, running, next, s, s - s0);
        }
      }
      meet_if(chunk_shared);
      input_gradients(id, mine, s0, s1);
      if (f_.norms) norms_.write(s_, mine, rows_of(mine, id), s0, s1, f_.norms);
      if (weights_.wanted()) weights_.add(id, n_, own_blocks_, s0, s1, dg_, past_);
      if (units_ && (!s0 || summed - s0 >= kDepth)) {
        weights_.add_units(id, n_, own_blocks_, units_, units_stride_);
        summed = s0;
      }
      meet_if(chunk_shared);
      s1 = s0;
    }
    if (f_.dfirst) first_states(id, mine);
    meet_if(split_ != Split::rows || weights_.wanted());
    weights_.finish(id, n_);
    const Range r = rows_of(mine, id);
    for (int j = 0; j < g_.states; ++j)
      for (long i = r.first; f_.dfirst && f_.dfirst[j] && i < r.last; ++i)
        Base::copy(dstate(j, 0, mine.row[i]), f_.dfirst[j] + mine.row[i] * H_, 0, H_);
  }

  // Where the vectors of n rows lie at step s, from entry `at` on.
  void lay_out(int id, const Mine& mine, long n, long s, long at) {
    Local& l = local_[id];
    T* const dg = dg_.step(s);
    const Range units = units_of(id);
    for (long i = 0; i < n; ++i) {
      const long b = mine.row[i], t = time_of(s_, s, mine.length[i]), k = at + i;
      l.place[kSlots][k] = dg + b * dg_.stride;
      l.place[kFrame][k] = this->frame_row(s, b);
      l.place[kSaved][k] = const_cast<T*>(g_.saved ? past_.saved(0, t, b) : nullptr);
      l.place[kSums][k] = sums_ ? this->sums_row(s, b) : nullptr;
      if (units_) l.place[g_.unit_sums()][k] = units_ + b * units_stride_;
      for (int j = 0; j < g_.states; ++j) {
        l.place[kBefore + j][k] = const_cast<T*>(past_.before(j, s, t, b));
        l.place[g_.after(j)][k] = const_cast<T*>(past_.after(j, t, b));
        l.place[g_.dstate(j)][k] = dstate(j, s + 1, b);
        l.place[g_.passed(j)][k] = dstate(j, s, b);
      }
      for (int j = 0; j < g_.masks; ++j)
        l.place[g_.mask(j)][k] = this->mask_row(j, t, b, g_.elementwise ? at / rows_ : 0, units);
      l.scalars[k] = l.row_scalars + i * sums_;
      l.saved_scalars[k] = g_.rows ? f_.rows + (t * s_.batch + b) * g_.rows : nullptr;
      own_[id].dy[k] = f_.dy ? f_.dy + t * f_.dy_step + b * f_.dy_row : zero_;
    }
  }

  // What the step will read of what forward saved, where it lies in one piece.
  Memory saved(const Mine& mine, long s) const {
    if (s < 0 || s_.lengths || !mine.count) return {};
    const long t = time_of(s_, s, s_.steps), b = mine.row[0];
    if (g_.saved)
      return {past_.saved(0, t, b), mine.count * g_.saved * H_ * long(sizeof(T))};
    if (f_.y_row != H_) return {};
    return {past_.after(0, t, b), mine.count * H_ * long(sizeof(T))};
  }

  // Units of rows first..n-1: dy, added to the gradient of state 0.
  void add_dy(T* const* dh, const T* const* dy, long first, long n, Range units) const {
    for (long u = units.first; u < units.last; u += V::width) {
      const auto m = V::lanes(units.last - u);
      for (long i = first; i < n; ++i)
        (V::load(dh[i] + u, m) + V::load(dy[i] + u, m)).store(dh[i] + u, m);
    }
  }

  // n rows run at step s, and the first `next` of them ran at s + 1 too.
  void step(int id, const Mine& mine, long n, long next, long s, long step_in_chunk) {
    const Timed timed(Phase::back, id);
    Local& l = local_[id];
    Own& o = own_[id];
    lay_out(id, mine, n, s, 0);
    const T* const after = dg_.step(s + 1);
    for (long i = 0; i < next; ++i) o.after[i] = after + mine.row[i] * dg_.stride;
    Memory other = saved(mine, s - 1);
    bool begun = false;
    for (const Sweep& w : g_.sweeps[1]) {
      meet_if(w.meet && split_ == Split::units);
      if (!w.rows.empty()) {
        each_row(id, w, n);
      } else if (w.lone >= 0) {
        diagonal(id, w, n, next);
      } else {
        const bool first = !begun;
        begun = true;
        this->sweep_units(
            id, w, n, s & 1, other,
            [&](Range units) {
              // Rows that do not start from dy in a product.
              if (first)
                add_dy(l.place[g_.dstate(0)], o.dy, g_.passes_on[0] ? 0 : next, n, units);
            },
            [&](int k, int g, long p, Memory following) { product(l, o, w, k, g, p, n, next, following); },
            [&](Range units) {
              for (long i = 0; first && f_.norms && i < n; ++i)
                norms_.add(step_in_chunk, mine.row[i], l.place[g_.dstate(0)][i], units.first,
                           units.last);
            });
        other = {};
      }
    }
  }

  void product(Local& l, Own& o, const Sweep& w, int k, int g, long p, long n, long next,
               Memory following) const {
    const ProgramProduct& q = g_.products[std::size_t(k)];
    const Operand<V>& of = operands_[std::size_t(k)];
    if (q.source != Source::before) {
      long column = 0;
      for (std::size_t i = 0; i < w.products.size(); ++i)
        if (w.products[i] == k) column = w.columns[i];
      of.run(g, p, l.place[kSlots], 0, nullptr, nullptr, l.place[kFrame], column * H_, n,
             following);
      return;
    }
    T* const* const dh = l.place[g_.dstate(q.index)];
    const bool starts = !g_.passes_on[std::size_t(q.index)] && dense_[std::size_t(q.index)] == k;
    const T* const* const start = !starts ? dh : q.index ? nullptr : o.dy;
    of.run(g, p, o.after, 0, start, nullptr, dh, 0, next, following);
  }

  void diagonal(int id, const Sweep& w, long n, long next) {
    Local& l = local_[id];
    const ProgramProduct& q = g_.products[std::size_t(w.lone)];
    const Operand<V>& of = operands_[std::size_t(w.lone)];
    this->sweep_diagonal(id, w.lone, [&](int, int part, long p) {
      if (q.source == Source::before) {
        T* const* const dh = l.place[g_.dstate(q.index)];
        of.run(part, p, own_[id].after, 0, dh, nullptr, dh, 0, next);
      } else {
        T* const* const to = l.place[kFrame];
        const T* const* const start = of.begins(part) ? nullptr : to;
        of.run(part, p, l.place[kSlots], 0, start, nullptr, to, w.lone_column * H_, n);
      }
    });
  }

  // No unit needs another: a few units go back through all steps of the chunk.
  void elementwise(int id, const Mine& mine, long s0, long s1) {
    const Timed timed(Phase::back, id);
    Local& l = local_[id];
    auto rows_at = [&](long s, long n) {
      while (n && mine.length[n - 1] <= s) --n;
      return n;
    };
    long most = mine.count;
    for (long s = s0; s < s1; ++s) lay_out(id, mine, most = rows_at(s, most), s, (s - s0) * rows_);
    const Range units = units_of(id);
    for (long u = units.first; u < units.last; u += block_) {
      const Range block{u, u + block_ < units.last ? u + block_ : units.last};
      long n = 0;
      for (long s = s1 - 1; s >= s0; --s) {
        while (n < mine.count && mine.length[n] > s) ++n;
        const long at = (s - s0) * rows_;
        T** const dh = l.place[g_.dstate(0)] + at;
        add_dy(dh, own_[id].dy + at, 0, n, block);
        for (long i = 0; f_.norms && i < n; ++i)
          norms_.add(s - s0, mine.row[i], dh[i], block.first, block.last);
        for (const Sweep& w : g_.sweeps[1])
          for (const int k : w.pieces) run_piece(l, k, at, n, block);
      }
    }
  }

  // What step 0 passes on, and what its products bring.
  void first_states(int id, const Mine& mine) {
    if (split_ == Split::solo && id) return;
    Local& l = local_[id];
    Own& o = own_[id];
    long n = 0;
    for (; n < mine.count && mine.length[n] > 0; ++n)
      o.after[n] = dg_.step(0) + mine.row[n] * dg_.stride;
    for (std::size_t k = 0; k < g_.products.size(); ++k) {
      const ProgramProduct& q = g_.products[k];
      if (q.source != Source::before) continue;
      T** const to = l.place[g_.passed(q.index)];
      for (long i = 0; i < n; ++i) to[i] = dstate(q.index, 0, mine.row[i]);
      const bool starts = !g_.passes_on[std::size_t(q.index)] && dense_[std::size_t(q.index)] == int(k);
      const T* const* const start = starts ? nullptr : to;
      const Operand<V>& of = operands_[k];
      if (q.heads > 1) {
        meet_if(split_ == Split::units);
        this->sweep_diagonal(id, int(k), [&](int, int part, long p) {
          of.run(part, p, o.after, 0, start, nullptr, to, 0, n);
        });
        meet_if(split_ == Split::units);
        continue;
      }
      const Range p = panels_in(of.panels_of(0), units_of(id));
      for (long i = p.first; i < p.last; ++i) of.run(0, i, o.after, 0, start, nullptr, to, 0, n);
    }
  }

  void input_gradients(int id, const Mine& mine, long s0, long s1) {
    if (!f_.dx) return;
    const Timed timed(Phase::input_gradients, id);
    Own& o = own_[id];
    long n = 0;
    for (long s = s0; s < s1; ++s) {
      const T* dg = dg_.step(s);
      for (long i = 0; i < mine.count && mine.length[i] > s; ++i, ++n) {
        const long b = mine.row[i], t = time_of(s_, s, mine.length[i]);
        o.dg[n] = dg + b * dg_.stride;
        o.dx[n] = f_.dx + t * f_.dx_step + b * f_.dx_row;
      }
    }
    const Range r = split_ == Split::rows ? Range{0, n} : slice(n, id, n_);
    bool first = true;
    for (std::size_t k = 0; k < g_.products.size(); ++k) {
      if (g_.products[k].source != Source::input) continue;
      const Operand<V>& of = operands_[k];
      sweep<V>(of.panels_of(0), Range{0, of.panels_of(0).count}, false, [&](long p, Memory next) {
        of.run(0, p, o.dg + r.first, 0, first ? nullptr : o.dx + r.first, nullptr, o.dx + r.first, 0,
               r.last - r.first, next);
      });
      first = false;
    }
  }

  const GraphBackward<T>& f_;
  GraphWeights<V> weights_;
  const bool own_blocks_;  // each thread has whole blocks of the batch
  const long depth_;       // rows of a chunk
  const GraphPast<T> past_;
  std::vector<int> dense_;  // of each state, the first dense product that reads it before
  long most_steps_, most_rows_;
  Ring<T> dg_{};
  Norms<V> norms_{};
  T *dstates_, *units_;  // units_: their gradients, added up over steps, of each row
  long units_stride_;
  Own* own_;
};
