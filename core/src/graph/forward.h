// The forward pass: lengths, direction, chunks of steps and threads, for every cell.
//
// Steps go in chunks. First the input products of all rows of all steps of the chunk,
// starting from the bias, then step after step the products, pieces and sums that the
// program says. A sum continued from memory has the bits of one kept in a register.
//
// Slots lie in memory of the chunk's own, which stays in the second cache, and where there
// is but one, in y.

template <class V>
class GraphForwardRun : GraphPass<V> {
  using Base = GraphPass<V>;
  using typename Base::Local;
  using typename Base::T;
  using Base::stretch_, Base::columns_, Base::copy, Base::clear, Base::g_, Base::H_, Base::kPadding,
      Base::local_, Base::meet_if, Base::n_, Base::operands_, Base::panels_in, Base::plan_,
      Base::each_row, Base::projects_, Base::rows_, Base::rows_of, Base::run_piece, Base::s_,
      Base::scratch_, Base::split_, Base::sums_, Base::team_, Base::zero_;

 public:
  explicit GraphForwardRun(const GraphForward<T>& f) : Base(*f.program, f.shape, false, f.projection), f_(f) {
    const long S = slots_of(g_);
    for (std::size_t k = 0; k < g_.products.size(); ++k) {
      const ProgramProduct& q = g_.products[k];
      const long depth = q.source == Source::input ? 0 : depth_of(q, s_);
      operands_[k].forward(q, depth_of(q, s_), H_, this->template columns_for<V>(H_, depth),
                           scratch_);
    }
    if (projects_) {
      project_.forward(this->projecting_, H_, s_.output,
                       this->template columns_for<V>(s_.output), scratch_);
      if (!f.raw) raw_ = take<T>(scratch_, s_.batch * H_);
    }
    bias_ = starts(S);
    far_ = Streams<V>::wanted(f);
    together_ = far_ && rows_ > kTogether ? kTogether : rows_;
    chunk_ = steps_of_chunk(together_, S * H_ * long(sizeof(T)), plan_.longest);
    row_stride_ = S * H_ + kPadding;
    pre_size_ = chunk_ * together_ * row_stride_;
    in_place_ = !projects_ && one_slot(g_) && !g_.elementwise;
    pre_ = take<T>(scratch_, in_place_ ? 0 : pre_size_ * (split_ == Split::rows ? n_ : 1));
    if (far_) streams_.prepare(scratch_, g_, s_, f.save, together_, n_);
    states_ = take<T>(scratch_, f.save || far_ ? 0 : 2 * (g_.states - 1) * s_.batch * H_);
    this->make_local(rows_, f.units);
    for (int i = 0; i < n_ && !f.save; ++i) local_[i].place[kSaved] = nullptr;
    this->make_masks(f.masks);
    inputs_ = take<Inputs>(scratch_, n_);
    for (int i = 0; i < n_; ++i) {
      inputs_[i].x = take<const T*>(scratch_, together_ * chunk_);
      inputs_[i].pre = take<T*>(scratch_, together_ * chunk_);
      inputs_[i].y = projects_ ? take<T*>(scratch_, rows_) : local_[i].place[g_.after(0)];
    }
    plan_inputs();
    for (int i = 0; i < n_; ++i)
      for (std::size_t at = 0; at < g_.sweeps[0].size(); ++at)
        this->each_factor(local_[i], at, [&](Product<V>& to, int k, int part) {
          to = product(local_[i], k, part, 0);
        });
  }

  int run() {
    return team_.run([](void* self, int id) { static_cast<GraphForwardRun*>(self)->thread(id); }, this);
  }

 private:
  static constexpr long kTogether = 8;  // rows, where their states are to stay near

  struct Inputs {
    const T** x;
    T** pre;
    T** y;  // of each row at a step
  };

  // What every slot starts from: its bias, and those that come with the weights.
  const T* starts(long slots) {
    if (f_.bias && !f_.biases) return f_.bias;
    T* const to = zeros<T>(scratch_, slots * H_);
    for (long i = 0; f_.bias && i < g_.slots * H_; ++i) to[i] = f_.bias[i];
    for (const ProgramProduct& q : g_.products) {
      const T* const own = f_.biases ? f_.biases[q.weight] : nullptr;
      for (int k = 0; own && k < q.slots; ++k) {
        T* const slot = to + (q.first + k) * H_;
        const T* const from = own + q.gates[std::size_t(k)] * H_;
        for (long u = 0; u < H_; ++u) slot[u] += from[u];
      }
    }
    return to;
  }

  // Which slots start from their bias before the input's products: those the input does
  // not feed, or not first.
  void plan_inputs() {
    filled_.assign(std::size_t(g_.slots), true);
    std::vector<bool> fed(std::size_t(g_.slots), false);
    for (const ProgramProduct& q : g_.products) {
      bool first = true;
      for (int s = q.first; s < q.first + q.slots; ++s) first = first && !fed[std::size_t(s)];
      first = first && q.source == Source::input;
      begins_.push_back(first);
      if (q.source != Source::input) continue;
      for (int s = q.first; s < q.first + q.slots; ++s) {
        if (first) filled_[std::size_t(s)] = false;
        fed[std::size_t(s)] = true;
      }
    }
  }

  T* output(long t, long b) const { return f_.y + t * f_.y_step + b * f_.y_row; }
  T* pre_of(int id, long place, long step_in_chunk, long t, long b) const {
    if (in_place_) return output(t, b);
    const long base = split_ == Split::rows ? id * pre_size_ : 0;
    return pre_ + base + (step_in_chunk * together_ + place) * row_stride_;
  }
  const T* first_of(int i, long b) const {
    const T* first = f_.first ? f_.first[i] : nullptr;
    return first ? first + b * width_of(i, s_) : zero_;
  }
  T* saved_of(long t, long b) const {
    return f_.saved + (t * s_.batch + b) * g_.saved * H_;
  }
  // What the pieces leave of it.
  T* left(int i, long s, long t, long b) const {
    if (i || !projects_) return after(i, s, t, b);
    return f_.raw ? f_.raw + (t * s_.batch + b) * H_ : raw_ + b * H_;
  }
  // State i after step s of row b, which is at time t.
  T* after(int i, long s, long t, long b) const {
    if (far_) return streams_.state(i, s, b);
    if (!i) return output(t, b);
    if (f_.save) return f_.tracks[i] + (t * s_.batch + b) * H_;
    return states_ + (((s & 1) * (g_.states - 1) + i - 1) * s_.batch + b) * H_;
  }

  void thread(int id) {
    FlushSubnormals flush;
    {
      const Timed timed(Phase::pack, id);
      for (std::size_t k = 0; k < g_.products.size(); ++k)
        operands_[k].pack_forward(f_.weights[g_.products[k].weight], id, n_);
      if (projects_) project_.pack_forward(f_.projection, id, n_);
    }
    this->meet();
    Local& l = local_[id];
    const Mine mine = my_rows(plan_, s_, split_, id, n_, l.row, l.length);
    const bool units_meet = split_ == Split::units && !g_.elementwise;
    long running = mine.count;
    for (long s0 = 0; s0 < plan_.longest; s0 += chunk_) {
      const long s1 = s0 + chunk_ < plan_.longest ? s0 + chunk_ : plan_.longest;
      // Slots of the chunk before may still be read.
      meet_if(units_meet && s0);
      if (!g_.elementwise) inputs(id, mine, running, s0, s1);
      meet_if(split_ == Split::solo || units_meet);
      if (split_ == Split::solo && id) {
      } else if (g_.elementwise) {
        for (long i = 0; i < running; i += together_) {
          const long n = i + together_ < running ? together_ : running - i;
          elementwise(id, {mine.row + i, mine.length + i, n}, s0, s1);
        }
      } else {
        for (long s = s0; s < s1; ++s) {
          while (running && mine.length[running - 1] <= s) --running;
          step(id, mine, running, s, s - s0);
        }
      }
      while (running && mine.length[running - 1] < s1) --running;
      meet_if(split_ == Split::solo);
    }
    if (far_) end_streams();
    meet_if(units_meet || (split_ == Split::units && g_.elementwise));
    finish(mine, id);
  }

  // Slots of steps [s0, s1): the bias, and what the input adds.
  void inputs(int id, const Mine& mine, long running, long s0, long s1) {
    const Timed timed(Phase::inputs, id);
    Inputs& in = inputs_[id];
    long n = 0;
    for (long s = s0; s < s1; ++s)
      for (long i = 0; i < running && mine.length[i] > s; ++i, ++n) {
        const long t = time_of(s_, s, mine.length[i]), b = mine.row[i];
        in.x[n] = f_.x + t * f_.x_step + b * f_.x_row;
        in.pre[n] = pre_of(id, i, s - s0, t, b);
      }
    Range r{0, n};
    if (split_ == Split::solo) r = slice(n, id, n_);
    const Range units = local_[id].units;
    for (int slot = 0; slot < g_.slots; ++slot)
      if (filled_[std::size_t(slot)])
        for (long k = r.first; k < r.last; ++k)
          copy(bias_ + slot * H_, in.pre[k] + slot * H_, units.first, units.last);
    for (std::size_t k = 0; k < g_.products.size(); ++k) {
      if (g_.products[k].source != Source::input) continue;
      const Operand<V>& o = operands_[k];
      for (int g = 0; g < o.parts(); ++g)
        sweep<V>(o.panels_of(g), panels_in(o.panels_of(g), units), false,
                 [&](long p, Memory next) {
                   o.run(g, p, in.x + r.first, 0, begins_[k] ? nullptr : in.pre + r.first, bias_,
                         in.pre + r.first, 0, r.last - r.first, next);
                 });
    }
  }

  // Where the vectors of n rows lie at step s, where they had those of the step before.
  void move_on(int id, const Mine& mine, long n, long s, long step_in_chunk) const {
    Local& l = local_[id];
    T** const y = inputs_[id].y;
    const long later = s_.reverse ? -1 : 1, other = s & 1 ? 1 : -1, B = s_.batch;
    const long steps = step_in_chunk ? 1 : 1 - chunk_;
    Base::move(l.place[kSlots], n, in_place_ ? later * f_.y_step : steps * rows_ * row_stride_);
    if (this->frame_stride_ > kPadding)
      Base::move(l.place[kFrame], n, other * B * this->frame_stride_);
    if (f_.save) Base::move(l.place[kSaved], n, later * B * g_.saved * H_);
    if (sums_) Base::move(l.place[kSums], n, other * B * this->sums_stride_);
    for (int j = 0; j < g_.states; ++j) {
      T **const before = l.place[kBefore + j], **const now = j ? l.place[g_.after(j)] : y;
      const long by = !j         ? later * f_.y_step
                      : f_.save ? later * B * H_
                                : other * (g_.states - 1) * B * H_;
      before[0] = now[0];
      for (long i = 1; i < n; ++i) before[i] = now[i];
      Base::move(now, n, by);
    }
    if (projects_ && f_.raw) Base::move(l.place[g_.after(0)], n, later * B * H_);
    this->move_masks(l, mine, n, s, later);
  }

  // Where the vectors of n rows lie at step s.
  void lay_out(int id, const Mine& mine, long n, long s, long step_in_chunk) {
    Local& l = local_[id];
    const Range units = l.units;
    for (long k = 0; k < n; ++k) {
      const long b = mine.row[k], t = time_of(s_, s, mine.length[k]);
      const long before = s_.reverse ? t + 1 : t - 1;
      l.place[kSlots][k] = pre_of(id, k, step_in_chunk, t, b);
      l.place[kFrame][k] = this->frame_row(s, b);
      if (f_.save) l.place[kSaved][k] = far_ ? streams_.saved(id, k) : saved_of(t, b);
      l.place[kSums][k] = sums_ ? this->sums_row(s, b) : nullptr;
      for (int j = 0; j < g_.states; ++j) {
        l.place[kBefore + j][k] =
            s ? after(j, s - 1, before, b) : const_cast<T*>(first_of(j, b));
        l.place[g_.after(j)][k] = left(j, s, t, b);
      }
      if (projects_) inputs_[id].y[k] = output(t, b);
      for (int j = 0; j < g_.masks; ++j)
        l.place[g_.mask(j)][k] = this->mask_row(j, t, b, units);
      l.scalars[k] = l.row_scalars + k * sums_;
    }
  }

  const T* const* source(Local& l, const ProgramProduct& q) const {
    switch (q.source) {
      case Source::before: return l.place[kBefore + q.index];
      case Source::after: return l.place[g_.after(q.index)];
      default: return l.place[q.index < g_.slots ? kSlots : kFrame];
    }
  }

  // Where step s will save, where that is one piece.
  Memory saved(const Mine& mine, long s) const {
    if (!f_.save || !g_.saved || s == s_.steps || s_.lengths || !mine.count) return {};
    const long t = time_of(s_, s, s_.steps), b = mine.row[0];
    return {saved_of(t, b),
            mine.count * g_.saved * H_ * long(sizeof(T))};
  }

  void step(int id, const Mine& mine, long n, long s, long step_in_chunk) {
    const Timed timed(Phase::steps, id);
    Local& l = local_[id];
    if (s) move_on(id, mine, n, s, step_in_chunk);
    else lay_out(id, mine, n, s, step_in_chunk);
    Memory other = saved(mine, s + 1);
    for (std::size_t at = 0; at < g_.sweeps[0].size(); ++at) {
      const Sweep& w = g_.sweeps[0][at];
      const bool met = projects_ && !at;
      meet_if(w.meet && !met && split_ == Split::units);
      if (!w.rows.empty()) {
        each_row(id, w, n);
        keep(l, w, mine, id, n, s);
        continue;
      }
      if (w.lone >= 0) {
        this->sweep_diagonal(id, w.lone, [&](int k, int part, long p) {
          product(l, k, part, n)(operands_[std::size_t(k)].panels_of(part), p);
        });
        continue;
      }
      this->each_factor(l, at, [n](Product<V>& to, int, int) { to.rows = n; });
      this->sweep_units(id, at, n, s & 1, other, [](Range) {}, [](Range) {});
      other = {};
    }
    if (projects_) project(id, n, s);
  }

  // A part of a product of n rows, into its slots.
  Product<V> product(Local& l, int k, int part, long n) const {
    const ProgramProduct& q = g_.products[std::size_t(k)];
    // A column of the frame is read where it begins.
    const long column = q.source != Source::frame ? 0
                        : q.index < g_.slots      ? q.index
                                                  : q.index - g_.slots;
    T* const* const slots = l.place[kSlots];
    return operands_[std::size_t(k)].product(part, source(l, q), column * H_, slots, nullptr,
                                             slots, 0, n);
  }

  // y from what the pieces left.
  void project(int id, long n, long s) {
    meet_if(split_ == Split::units);
    const Panels<T>& m = project_.panels_of(0);
    T* const* const y = inputs_[id].y;
    const T* const* const raw = local_[id].place[g_.after(0)];
    sweep<V>(m, this->share_of(m.count, id), s & 1, [&](long p, Memory next) {
      project_.run(0, p, raw, 0, nullptr, nullptr, y, 0, n, next);
    });
    meet_if(split_ == Split::units);
  }

  // Row scalars for the backward pass.
  void keep(Local& l, const Sweep& w, const Mine& mine, int id, long n, long s) {
    if (!f_.save) return;
    const Range r = split_ == Split::units ? slice(n, id, n_) : Range{0, n};
    for (long i = r.first; i < r.last; ++i)
      for (const int k : w.scalars)
        f_.rows[(time_of(s_, s, mine.length[i]) * s_.batch + mine.row[i]) * g_.rows + k] =
            l.row_scalars[i * sums_ + k];
  }

  // No unit needs another: a few rows go through all steps of the chunk.
  void elementwise(int id, const Mine& mine, long s0, long s1) {
    inputs(id, mine, mine.count, s0, s1);
    const Timed timed(Phase::steps, id);
    Local& l = local_[id];
    const Range units = l.units;
    const long few = this->together(units);
    long n = mine.count;
    for (long s = s0; s < s1; ++s) {
      while (n && mine.length[n - 1] <= s) --n;
      lay_out(id, mine, n, s, s - s0);
      for (long i = 0; i < n; i += few) {
        const long end = i + few < n ? i + few : n;
        for (long u = units.first; u < units.last; u += stretch_) {
          const Range block{u, u + stretch_ < units.last ? u + stretch_ : units.last};
          for (const Sweep& w : g_.sweeps[0])
            for (const int k : w.pieces) run_piece(l, k, i, end - i, block);
          for (long k = i; far_ && k < end; ++k) write(l, mine, k, s, block);
        }
      }
    }
  }

  // What a step leaves of the k-th row, to where it is wanted.
  void write(const Local& l, const Mine& mine, long k, long s, Range units) const {
    const long b = mine.row[k], t = time_of(s_, s, mine.length[k]), at = t * s_.batch + b;
    Streams<V>::write(l.place[g_.after(0)][k], output(t, b), units);
    if (!f_.save) return;
    for (int j = 1; j < g_.states; ++j)
      Streams<V>::write(l.place[g_.after(j)][k], f_.tracks[j] + at * H_, units);
    for (int c = 0; c < g_.saved; ++c)
      Streams<V>::write(l.place[kSaved][k] + c * H_, saved_of(t, b) + c * H_, units);
  }

  // Last states, and zeros past each row's length.
  void finish(const Mine& mine, int id) {
    const Range r = rows_of(mine, id);
    for (long i = r.first; i < r.last; ++i) {
      const long b = mine.row[i], length = mine.length[i];
      const long last = length ? time_of(s_, length - 1, length) : 0;
      for (int j = 0; j < g_.states; ++j)
        copy(length ? after(j, length - 1, last, b) : first_of(j, b), f_.last[j] + b * width_of(j, s_), 0, width_of(j, s_));
      for (long t = length; t < s_.steps; ++t) clear(output(t, b), s_.output);
    }
  }

  const GraphForward<T>& f_;
  const T* bias_;
  bool in_place_;  // the slot lies in y until its piece has read it
  bool far_;       // what is left of a step goes past the caches
  long together_;  // rows whose slots are there at a time, for all steps of a chunk
  long chunk_, row_stride_, pre_size_;
  Streams<V> streams_;
  T *pre_, *states_, *raw_ = nullptr;
  Operand<V> project_;
  Inputs* inputs_;
  std::vector<bool> filled_, begins_;  // of each slot; of each product
};
