// The backward pass: back through time in chunks of steps, for every cell. After each
// chunk come its input gradients and weight gradients, while those of the slots are in the
// second cache: only a chunk of these ever exists, and what forward saved is not changed.
// Chunks depend on batch and lengths, never on threads.
//
// In a step, the gradient of each state is what the step after passed on, what its
// products bring, and for state 0 dy; pieces turn that into the slots' gradients and
// what is passed on. The whole and the passed on lie in two halves of memory, in turns.

template <class V>
class GraphBackwardRun : GraphBackwardPlaces<V> {
  using Base = GraphBackwardPlaces<V>;
  using typename Base::Local;
  using typename Base::Own;
  using typename Base::T;
  using Base::clear, Base::columns_, Base::compiled_, Base::dg_, Base::dstate, Base::each_row,
      Base::f_, Base::g_, Base::H_, Base::lay_out, Base::local_, Base::meet_if, Base::n_,
      Base::operands_, Base::own_, Base::panels_in, Base::past_, Base::plan_, Base::projects_,
      Base::rows_, Base::rows_of, Base::run_piece, Base::s_, Base::scratch_, Base::split_,
      Base::stretch_, Base::team_, Base::units_, Base::units_stride_;

 public:
  explicit GraphBackwardRun(const GraphBackward<T>& f)
      : Base(f),
        weights_(f, plan_),
        own_blocks_(split_ == Split::rows && weights_.blocks() % n_ == 0),
        blockwise_(g_.elementwise && own_blocks_),
        depth_(weights_.depth()),
        most_steps_(weights_.most_steps()) {
    for (std::size_t k = 0; k < g_.products.size(); ++k) {
      const ProgramProduct& q = g_.products[k];
      const bool input = q.source == Source::input;
      const long width = depth_of(q, s_), depth = q.slots * H_;
      const int columns = input ? ELMAN_PLAIN_COLUMNS : this->template columns_for<V>(width, depth);
      if (projects_ && q.source == Source::before && !q.index) {
        // In the sweeps stands the projection, whose result the pieces read.
        operands_[k].backward(this->projecting_, H_, s_.output, columns_, scratch_);
        recurrent_.backward(q, s_.output, H_, columns, scratch_);
        projected_ = int(k);
      } else if (!input || f.dx) {
        operands_[k].backward(q, width, H_, columns, scratch_);
      }
    }
    if (projects_) total_ = ring<T>(scratch_, most_steps_ + 1, s_.batch, s_.output);
    if (f.norms) norms_.prepare(scratch_, most_steps_, s_.batch, s_.output);
    this->make_places(most_steps_, (weights_.at_once() ? 0 : depth_) + s_.batch,
                      weights_.wants_units(), weights_.columns(),
                      blockwise_ ? weights_.places(scratch_, n_) : nullptr,
                      weights_.rows_of_block());
    weights_.prepare(scratch_, most_steps_, n_);
    if (weights_.at_once() && compiled_ && !f.norms) around_ = this->behind_;
    dense_.assign(std::size_t(g_.states), -1);
    for (std::size_t k = g_.products.size(); k-- > 0;)
      if (g_.products[k].source == Source::before && g_.products[k].heads == 1)
        dense_[std::size_t(g_.products[k].index)] = int(k);
  }

  int run() {
    return team_.run([](void* self, int id) { static_cast<GraphBackwardRun*>(self)->thread(id); }, this);
  }

 private:
  void pack(int id) {
    const Timed timed(Phase::pack_back, id);
    for (std::size_t k = 0; k < g_.products.size(); ++k) {
      const bool projected = int(k) == projected_;
      const T* const w = f_.weights[g_.products[k].weight];
      if (projected) recurrent_.pack_backward(w, id, n_);
      if (g_.products[k].source != Source::input || f_.dx)
        operands_[k].pack_backward(projected ? f_.projection : w, id, n_);
    }
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
        const long width = width_of(j, s_);
        for (long u = 0; u < width; ++u) to[u] = last ? last[b * width + u] : T(0);
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
      } else if (blockwise_) {
        blockwise(id, s0, s1);
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
      if (!blockwise_) input_gradients(id, mine, s0, s1);
      if (f_.norms) norms_.write(s_, mine, rows_of(mine, id), s0, s1, f_.norms);
      if (weights_.wanted() && !blockwise_ && !weights_.at_once())
        weights_.add(id, n_, own_blocks_, s0, s1, dg_, total_, past_);
      if (units_ && (!s0 || summed - s0 >= kDepth)) {
        weights_.add_rows(id, n_, own_blocks_, units_, units_stride_);
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
        Base::copy(dstate(j, 0, mine.row[i]), f_.dfirst[j] + mine.row[i] * width_of(j, s_), 0,
                   width_of(j, s_));
  }

  // Units of rows first..n-1: dy, added to the gradient of state 0, row by row, as they lie.
  void add_dy(T* const* dh, const T* const* dy, long first, long n, Range units) const {
    for (long i = first; i < n; ++i) {
      long u = units.first;
      for (; u + V::width <= units.last; u += V::width)
        (V::load(dh[i] + u) + V::load(dy[i] + u)).store(dh[i] + u);
      if (u == units.last) continue;
      const auto m = V::lanes(units.last - u);
      (V::load(dh[i] + u, m) + V::load(dy[i] + u, m)).store(dh[i] + u, m);
    }
  }

  // n rows run at step s, and the first `next` of them ran at s + 1 too.
  void step(int id, const Mine& mine, long n, long next, long s, long step_in_chunk) {
    const Timed timed(Phase::back, id);
    Local& l = local_[id];
    Own& o = own_[id];
    if (next) this->move_on(id, mine, next, s);
    lay_out(id, mine, next, n, s);
    if (projects_) whole(id, mine, n, next, s, step_in_chunk);
    Memory other = this->saved(mine, s - 1);
    bool begun = projects_;
    for (std::size_t at = 0; at < g_.sweeps[1].size(); ++at) {
      const Sweep& w = g_.sweeps[1][at];
      const bool met = projects_ && !at;
      meet_if(w.meet && !met && split_ == Split::units);
      if (!w.rows.empty()) {
        each_row(id, w, n);
      } else if (w.lone >= 0) {
        diagonal(id, w, n, next);
      } else {
        const bool first = !begun;
        begun = true;
        this->each_factor(l, at, [&](Product<V>& to, int k, int part) {
          to = product(l, o, w, k, part, n, next);
        });
        this->sweep_units(
            id, at, n, s & 1, other,
            [&](Range units) {
              // Rows that do not start from dy in a product.
              if (first)
                add_dy(l.place[g_.dstate(0)], o.dy, g_.passes_on[0] ? 0 : next, n, units);
            },
            [&](Range units) {
              for (long i = 0; first && f_.norms && i < n; ++i)
                norms_.add(step_in_chunk, mine.row[i], l.place[g_.dstate(0)][i], units.first,
                           units.last);
            });
        other = {};
      }
    }
  }

  // The gradients of a projected state 0: of dy, and what the step after brings.
  void whole(int id, const Mine& mine, long n, long next, long s, long step_in_chunk) {
    meet_if(split_ == Split::units);
    Own& o = own_[id];
    T* const to = total_.step(s);
    for (long i = 0; i < n; ++i) o.total[i] = to + mine.row[i] * total_.stride;
    const Panels<T>& m = recurrent_.panels_of(0);
    sweep<V>(m, this->share_of(m.count, id), s & 1, [&](long p, Memory following) {
      each_unit<V>(m, p, n - next, [&](long i, long u, auto lanes) {
        i += next;
        const V last = V::load(dstate(0, s + 1, mine.row[i]) + u, lanes);
        (last + V::load(o.dy[i] + u, lanes)).store(o.total[i] + u, lanes);
      });
      recurrent_.run(0, p, o.after, 0, o.dy, nullptr, o.total, 0, next, following);
      for (long i = 0; f_.norms && i < n; ++i)
        norms_.add(step_in_chunk, mine.row[i], o.total[i], first_unit<V>(m, p),
                   first_unit<V>(m, p + 1));
    });
    meet_if(split_ == Split::units);
  }

  // A part of a product of n rows, `next` of which ran at the step after.
  Product<V> product(Local& l, Own& o, const Sweep& w, int k, int part, long n, long next) const {
    const ProgramProduct& q = g_.products[std::size_t(k)];
    const Operand<V>& of = operands_[std::size_t(k)];
    if (q.source != Source::before) {
      long column = 0;
      for (std::size_t i = 0; i < w.products.size(); ++i)
        if (w.products[i] == k) column = w.columns[i];
      return of.product(part, l.place[kSlots], 0, nullptr, nullptr, l.place[kFrame], column * H_,
                        n);
    }
    T* const* const dh = l.place[g_.dstate(q.index)];
    if (k == projected_) return of.product(part, o.total, 0, nullptr, nullptr, dh, 0, n);
    const bool starts = !g_.passes_on[std::size_t(q.index)] && dense_[std::size_t(q.index)] == k;
    const T* const* const start = !starts ? dh : q.index ? nullptr : o.dy;
    return of.product(part, o.after, 0, start, nullptr, dh, 0, next);
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

  // No unit needs another: a row, or a few, goes back through all steps of the chunk, so that
  // what one step leaves to the one before it stays in the first cache.
  void elementwise(int id, const Mine& mine, long s0, long s1) {
    const Timed timed(Phase::back, id);
    Local& l = local_[id];
    const Range units = l.units;
    const long few = this->together(units);
    for (long i = 0; i < mine.count; i += few) {
      const Mine some{mine.row + i, mine.length + i, few < mine.count - i ? few : mine.count - i};
      long n = 0;
      for (long s = s1 - 1; s >= s0; --s) {
        while (n < some.count && some.length[n] > s) ++n;
        lay_out(id, some, 0, n, s);
        for (long u = around_ ? around(l, own_[id], n, s > s0) : units.first; u < units.last;
             u += stretch_) {
          const Range block{u, u + stretch_ < units.last ? u + stretch_ : units.last};
          for (long k = 0; k < n; ++k) start_row(l, own_[id], k, s > s0, block);
          for (long k = 0; f_.norms && k < n; ++k)
            norms_.add(s - s0, some.row[k], l.place[g_.dstate(0)][k], block.first, block.last);
          for (const Sweep& w : g_.sweeps[1])
            for (const int k : w.pieces) run_piece(l, k, 0, n, block);
          for (long k = 0; own_[id].sums && k < n; ++k)
            add_row<V>(l.place[kSlots][k], g_.slots, H_, own_[id].x[k], s_.input,
                       own_[id].sums[k], block);
        }
      }
    }
  }
  // All of that in one pass over whole vectors; returns the first unit it leaves.
  long around(Local& l, const Own& o, long n, bool more) const {
    const Range units = l.units;
    const long whole = units.last - (units.last - units.first) % V::width;
    l.given.around = &o.around[more];
    if (n) around_(g_.tapes[1][0], l.given, 0, n, units.first, whole);
    return whole;
  }

  // The same of each of its blocks, and what comes after a chunk while the slots' gradients
  // are in the second cache.
  void blockwise(int id, long s0, long s1) {
    Own& o = own_[id];
    for (int j = 0; j < weights_.blocks(); ++j) {
      if (weights_.owner(j, n_) != id) continue;
      const Mine mine = weights_.rows(j, o.row, o.length);
      elementwise(id, mine, s0, s1);
      input_gradients(id, mine, s0, s1);
      if (!weights_.at_once()) weights_.add_block(id, j, s0, s1, dg_, past_);
    }
  }

  // dy, added to the gradient of state 0 of entry k. What the step before will read of this
  // row comes from far away and is asked for meanwhile.
  void start_row(Local& l, const Own& o, long k, bool more, Range units) const {
    constexpr int kMost = 8;
    const T* next[kMost];
    int many = 0;
    const long earlier = s_.reverse ? 1 : -1, B = s_.batch;
    if (more) {
      next[many++] = o.dy[k] + earlier * (f_.dy ? f_.dy_step : 0);
      for (int j = 0; j < g_.states && many < kMost; ++j)
        next[many++] = l.place[kBefore + j][k] + earlier * (j ? B * H_ : f_.y_step);
      for (int c = 0; c < g_.saved && many < kMost; ++c)
        next[many++] = l.place[kSaved][k] + earlier * B * g_.saved * H_ + c * H_;
    }
    constexpr long kLine = 64 / long(sizeof(T));
    for (int c = 0; c < many; ++c)
      for (long u = units.first; u < units.last; u += kLine) __builtin_prefetch(next[c] + u, 0, 3);
    T* const to = l.place[g_.dstate(0)][k];
    const T* const from = o.dy[k];
    long u = units.first;
    for (; u + V::width <= units.last; u += V::width) {
      (V::load(to + u) + V::load(from + u)).store(to + u);
    }
    if (u == units.last) return;
    const auto m = V::lanes(units.last - u);
    (V::load(to + u, m) + V::load(from + u, m)).store(to + u, m);
  }

  // What step 0 passes on, and what its products bring.
  void first_states(int id, const Mine& mine) {
    // No product of an elementwise cell reads a state, and its slots may be kept nowhere.
    if (g_.elementwise || (split_ == Split::solo && id)) return;
    Local& l = local_[id];
    Own& o = own_[id];
    long n = 0;
    for (; n < mine.count && mine.length[n] > 0; ++n)
      o.after[n] = dg_.at(0, mine.row[n]);
    for (std::size_t k = 0; k < g_.products.size(); ++k) {
      const ProgramProduct& q = g_.products[k];
      if (q.source != Source::before) continue;
      T** const to = l.place[g_.passed(q.index)];
      for (long i = 0; i < n; ++i) to[i] = dstate(q.index, 0, mine.row[i]);
      const bool starts = !g_.passes_on[std::size_t(q.index)] && dense_[std::size_t(q.index)] == int(k);
      const T* const* const start = starts ? nullptr : to;
      const Operand<V>& of = int(k) == projected_ ? recurrent_ : operands_[k];
      if (q.heads > 1) {
        meet_if(split_ == Split::units);
        this->sweep_diagonal(id, int(k), [&](int, int part, long p) {
          of.run(part, p, o.after, 0, start, nullptr, to, 0, n);
        });
        meet_if(split_ == Split::units);
        continue;
      }
      const Panels<T>& m = of.panels_of(0);
      const Range p = int(k) == projected_ ? this->share_of(m.count, id) : panels_in(m, l.units);
      for (long i = p.first; i < p.last; ++i) of.run(0, i, o.after, 0, start, nullptr, to, 0, n);
    }
  }

  void input_gradients(int id, const Mine& mine, long s0, long s1) {
    if (!f_.dx) return;
    const Timed timed(Phase::input_gradients, id);
    Own& o = own_[id];
    long n = 0;
    for (long s = s0; s < s1; ++s) {
      for (long i = 0; i < mine.count && mine.length[i] > s; ++i, ++n) {
        const long b = mine.row[i], t = time_of(s_, s, mine.length[i]);
        o.dg[n] = dg_.at(s, b);
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

  GraphWeights<V> weights_;
  PieceFunction<T> around_ = nullptr;
  const bool own_blocks_;   // each thread has whole blocks of the batch
  const bool blockwise_;    // and takes them one after the other
  const long depth_;        // rows of a chunk
  const long most_steps_;
  std::vector<int> dense_;  // of each state, the first dense product that reads it before
  Operand<V> recurrent_;    // beside a projection: the weights of state 0
  int projected_ = -1;      // the product that they belong to
  Ring<T> total_{};         // the gradients of a projected state 0
  Norms<V> norms_{};
};
