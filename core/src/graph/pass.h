// What both passes of a program share: where a row's vectors lie, and sweeps over the
// units, each of products and the pieces that follow them.

template <class V>
class GraphPass : protected Call {
 protected:
  using T = typename V::T;
  static constexpr long kPadding = 16;  // numbers between two rows

  struct Local {
    long *row, *length;
    T*** place;              // [places] -> [entries]
    const T** scalars;       // [entries]
    const T** saved_scalars;
    T* row_scalars;          // [rows][scalars]
    PieceRows<T> given;
  };

  GraphPass(const Program& g, const Shape& s, bool back)
      : Call(s, share_program(g, s, long(sizeof(T)))), g_(g), back_(back), rows_(most_rows()) {
    if (back && !g.differentiable())
      throw std::invalid_argument("this cell's program has no backward pass");
    for (const ProgramProduct& q : g.products)
      if (H_ % q.heads)
        throw std::invalid_argument("the number of heads does not divide the number of units");
    columns_ = columns_for<V>(H_);
    block_ = V::width * columns_;
    zero_ = zeros<T>(scratch_, H_);
    constants_ = take<T>(scratch_, long(g.constants.size()));
    for (std::size_t i = 0; i < g.constants.size(); ++i) constants_[i] = T(g.constants[i]);
    pieces_ = take<PieceFunction<T>>(scratch_, long(g.pieces[back].size()));
    const PieceFunction<T>* const compiled = compiled_pieces<T>(g, back);
    for (std::size_t k = 0; k < g.pieces[back].size(); ++k)
      pieces_[k] = compiled ? compiled[k] : &Interpreter<V>::run;
    operands_.resize(g.products.size());
    sums_ = back ? g.back_rows : g.rows;
    const long frame = back ? g.back_frame + long(g.read_again.size()) : g.frame - g.slots;
    frame_stride_ = frame * H_ + kPadding;
    sums_stride_ = sums_ * H_ + kPadding;
    // Each step has the other half: a thread may be a meeting behind.
    frame_ = take<T>(scratch_, 2 * s_.batch * frame_stride_);
    sum_ = take<T>(scratch_, sums_ ? 2 * s_.batch * sums_stride_ : 0);
  }

  // Of each thread, with pointers for so many rows and steps.
  void make_local(long entries, const T* const* units) {
    int registers = 1;
    for (const Piece& p : g_.pieces[back_])
      if (p.registers > registers) registers = p.registers;
    local_ = take<Local>(scratch_, n_);
    for (int i = 0; i < n_; ++i) {
      Local& l = local_[i];
      l.row = take<long>(scratch_, rows_);
      l.length = take<long>(scratch_, rows_);
      const int places = g_.places(back_);
      l.place = take<T**>(scratch_, places);
      for (int k = 0; k < places; ++k) l.place[k] = take<T*>(scratch_, entries);
      l.scalars = take<const T*>(scratch_, entries);
      l.saved_scalars = take<const T*>(scratch_, entries);
      l.row_scalars = take<T>(scratch_, rows_ * sums_);
      l.given = {l.place,    units, l.scalars, l.saved_scalars,
                 constants_, H_,    scratch_.bytes(std::size_t(registers) * kItems * sizeof(V))};
    }
  }

  // Units of a thread, on a grid that no dense panel crosses.
  Range units_of(int id) const {
    const Range r = share_of((H_ + block_ - 1) / block_, id);
    return {r.first * block_, r.last * block_ < H_ ? r.last * block_ : H_};
  }

  // Panels that lie in some units.
  static Range panels_in(const Panels<T>& m, Range units) {
    const long per = Operand<V>::unit_step(m);
    return {units.first / per, (units.last + per - 1) / per};
  }

  // Masks that are given as bytes are made numbers for a step, or for all steps of a chunk.
  void make_masks(const Mask<T>* masks, long steps) {
    masks_ = masks;
    wide_ = take<T*>(scratch_, g_.masks);
    for (int k = 0; k < g_.masks; ++k)
      wide_[k] = masks[k].bytes ? take<T>(scratch_, steps * s_.batch * H_) : nullptr;
  }
  // Mask k at time t of row b, for these units; the step is counted within its chunk.
  T* mask_row(int k, long t, long b, long step, Range units) const {
    const Mask<T>& m = masks_[k];
    const long at = t * m.step + b * m.row;
    if (!m.bytes) return const_cast<T*>(m.data) + at;
    T* const to = wide_[k] + (step * s_.batch + b) * H_;
    const unsigned char* const from = m.bytes + at;
    for (long u = units.first; u < units.last; ++u) to[u] = T(from[u] != 0);
    return to;
  }

  T* frame_row(long s, long b) const { return frame_ + ((s & 1) * s_.batch + b) * frame_stride_; }
  T* sums_row(long s, long b) const { return sum_ + ((s & 1) * s_.batch + b) * sums_stride_; }

  void run_piece(Local& l, int k, long first, long n, Range units) const {
    if (n)
      pieces_[k](g_.tapes[back_][std::size_t(k)], l.given, first, n, units.first, units.last);
  }

  // Units a sweep works on at a time: one panel, or as many as a plain one among them has.
  long step_of(const Sweep& w) const {
    long step = V::width;
    if (w.products.empty()) return block_;
    for (const int k : w.products) {
      const long of = Operand<V>::unit_step(operands_[std::size_t(k)].panels_of(0));
      if (of > step) step = of;
    }
    return step;
  }

  // Calls f(k, part, panel, following) for what the sweep multiplies, a few units at a
  // time, between before(units) and after(units); and then, for enough of these to fill
  // the interpreter's vectors, its pieces.
  template <class Before, class F, class After>
  void sweep_units(int id, const Sweep& w, long n, bool back, Memory other, Before before, F f,
                   After after) {
    Local& l = local_[id];
    const Range units = units_of(id);
    const long step = step_of(w), count = (units.last - units.first + step - 1) / step;
    const long together = blocks_together(n * (step / V::width));
    long bytes = 0;
    for (const int k : w.products) bytes += operands_[std::size_t(k)].bytes();
    constexpr long kNear = 1 << 20;  // bytes the second cache holds anyway
    const bool near = bytes / (split_ == Split::units ? n_ : 1) <= kNear;
    long done = 0;
    for (long i = 0; i < count; ++i) {
      const auto at = [&](long k) {
        const long u = units.first + (back ? count - 1 - k : k) * step;
        return Range{u, u + step < units.last ? u + step : units.last};
      };
      const Range block = at(i);
      before(block);
      long pieces = 0, piece = 0;
      if (near && other.bytes)
        for (const int k : w.products) pieces += panels_of_block(k, block);
      const Range part = slice(other.bytes, int(i), int(count));
      for (const int k : w.products) {
        const Operand<V>& o = operands_[std::size_t(k)];
        for (int g = 0; g < o.parts(); ++g) {
          const Range p = panels_in(o.panels_of(g), block);
          for (long at_panel = p.first; at_panel < p.last; ++at_panel) {
            Memory next;
            if (near && other.bytes) {
              const Range bit = slice(part.last - part.first, int(piece++), int(pieces));
              next = {static_cast<const char*>(other.from) + part.first + bit.first,
                      bit.last - bit.first};
            } else if (!near) {
              next = following(o, g, at_panel, p, i + 1 < count ? at(i + 1) : Range{0, 0});
            }
            f(k, g, at_panel, next);
          }
        }
      }
      after(block);
      if (i + 1 - done < together && i + 1 < count) continue;
      // What has been multiplied since the last time, which is in one piece.
      const Range a = at(done), b = at(i);
      const Range all{a.first < b.first ? a.first : b.first, a.last > b.last ? a.last : b.last};
      const Timed timed(back_ ? Phase::adjoint : Phase::step, id);
      for (const int k : w.pieces) run_piece(l, k, 0, n, all);
      done = i + 1;
    }
  }

  // A block diagonal product of n rows, shared out by its blocks and their panels.
  template <class F>
  void sweep_diagonal(int id, int k, F f) {
    const Operand<V>& o = operands_[std::size_t(k)];
    const long per = o.panels_of(0).count, heads = g_.products[std::size_t(k)].heads;
    const int groups = int(o.parts() / heads);
    const Range r = share_of(heads * per, id);
    for (long i = r.first; i < r.last; ++i)
      for (int g = 0; g < groups; ++g) {
        const int part = int(i / per) * groups + g;
        const Panels<T>& m = o.panels_of(part);
        // Parts of one block may have panels of different widths.
        const Range units{i % per * Operand<V>::unit_step(o.panels_of(0)),
                          (i % per + 1) * Operand<V>::unit_step(o.panels_of(0))};
        const Range p = panels_in(m, units);
        for (long at = p.first; at < p.last && at < m.count; ++at) f(k, part, at);
      }
  }

  // What is done for each row by itself: each thread does it for the rows it needs, few at
  // a time, so that a vector that is read twice still lies in the first cache.
  void each_row(int id, const Sweep& w, long n) {
    Local& l = local_[id];
    for (long first = 0; first < n; first += V::width) {
      const long last = first + V::width < n ? first + V::width : n;
      for (const RowStep& s : w.rows)
        if (s.what == RowAct::scalars)
          run_scalars<V>(g_.tapes[back_][std::size_t(s.index)], l.given, first, last - first);
        else
          for (long i = first; i < last; ++i) add_up(l, s, i);
    }
  }

  // One row scalar of one row.
  void add_up(Local& l, const RowStep& s, long i) const {
    T* const to = l.row_scalars + i * sums_;
    if (s.what == RowAct::sum) {
      to[s.index] = row_sum<V>(H_, Plain<V>{l.place[kSums][i] + s.index * H_});
      return;
    }
    const Total& t = g_.totals[back_][std::size_t(s.index)];
    const Placed* const at = &g_.total_places[back_][std::size_t(2 * s.index)];
    const T* const a = l.place[at[0].place][i] + at[0].column * H_;
    const T* const b = l.place[at[1].place][i] + at[1].column * H_;
    const int known = back_ ? g_.rows : 0;
    switch (t.kind) {
      case TotalKind::product: to[t.row] = row_sum<V>(H_, Products<V>{a, b}); return;
      case TotalKind::spread: {
        const T middle = t.other < known ? l.saved_scalars[i][t.other] : to[t.other - known];
        to[t.row] = row_sum<V>(H_, Spread<V>{a, V::all(middle)});
        return;
      }
      default: to[t.row] = row_sum<V>(H_, Plain<V>{a});
    }
  }

  static void copy(const T* from, T* to, long u0, long u1) {
    for (long u = u0; u < u1; u += V::width) {
      const auto m = V::lanes(u1 - u);
      V::load(from + u, m).store(to + u, m);
    }
  }
  static void clear(T* to, long n) {
    for (long i = 0; i < n; ++i) to[i] = 0;
  }

  const Program& g_;
  const bool back_;
  const long rows_;
  int columns_;
  long block_, sums_, frame_stride_, sums_stride_;
  const T* zero_;
  T *constants_, *frame_, *sum_;
  const Mask<T>* masks_ = nullptr;
  T** wide_ = nullptr;  // of each mask that is bytes, its numbers
  PieceFunction<T>* pieces_;
  std::vector<Operand<V>> operands_;
  Local* local_ = nullptr;

 private:
  long panels_of_block(int k, Range block) const {
    const Operand<V>& o = operands_[std::size_t(k)];
    long n = 0;
    for (int g = 0; g < o.parts(); ++g) {
      const Range p = panels_in(o.panels_of(g), block);
      n += p.last - p.first;
    }
    return n;
  }

  // The panel that comes after this one, of the same part.
  static Memory following(const Operand<V>& o, int g, long p, Range here, Range next) {
    const Panels<T>& m = o.panels_of(g);
    const long size = panel_size<V>(m) * long(sizeof(T));
    if (p + 1 < here.last) return {m.data + (p + 1) * panel_size<V>(m), size};
    if (next.first == next.last) return {};
    return {m.data + panels_in(m, next).first * panel_size<V>(m), size};
  }
};
