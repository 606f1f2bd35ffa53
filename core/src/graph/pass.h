// What both passes of a program share: where a row's vectors lie, and sweeps over the
// units, each of products and the pieces that follow them.

template <class V>
class GraphPass : protected Call {
 protected:
  using T = typename V::T;
  static constexpr long kPadding = 16;  // numbers between two rows
  static constexpr long kWide = 512;    // units at a time where nothing is multiplied

  struct Local {
    long *row, *length;
    T*** place;              // [places] -> [entries]
    const T** scalars;       // [entries]
    const T** saved_scalars;
    T* row_scalars;          // [rows][scalars]
    PieceRows<T> given;
    Product<V>* products;    // of every sweep's factors
    Range units;             // a thread's, on a grid that no dense panel crosses
  };

  GraphPass(const Program& g, const Shape& s, bool back, bool projects)
      : Call(s, share_program(g, s, long(sizeof(T)))),
        g_(g),
        back_(back),
        projects_(projects),
        rows_(most_rows()),
        projecting_(projecting()) {
    if (back && !g.differentiable())
      throw std::invalid_argument("this cell's program has no backward pass");
    for (const ProgramProduct& q : g.products)
      if (H_ % q.heads)
        throw std::invalid_argument("the number of heads does not divide the number of units");
    if (projects && !can_project(g))
      throw std::invalid_argument("this cell's program cannot have a projection");
    if (!projects && s.output != s.hidden)
      throw std::invalid_argument("without a projection there are as many outputs as units");
    columns_ = columns_for<V>(H_);
    block_ = V::width * columns_;
    // Where nothing is multiplied within a step: a row passes by in order. Backward asks for
    // what comes from far away, few enough units at a time that this goes evenly, between
    // work on what is there.
    const long vectors = 1 + g.states + g.saved;
    const bool far = vectors * s.steps * s.batch * H_ * long(sizeof(T)) >= far_bytes;
    const long most = back && far ? kWide / 2 / vectors : kWide;
    stretch_ = most > block_ ? most / block_ * block_ : block_;
    zero_ = zeros<T>(scratch_, H_ > s.output ? H_ : s.output);
    constants_ = take<T>(scratch_, long(g.constants.size()));
    for (std::size_t i = 0; i < g.constants.size(); ++i) constants_[i] = T(g.constants[i]);
    pieces_ = take<PieceFunction<T>>(scratch_, long(g.pieces[back].size()));
    const PieceFunction<T>* const compiled = pieces_of<V>(g, back, pieces_);
    compiled_ = compiled;
    behind_ = compiled && back ? compiled[g.pieces[1].size()] : nullptr;
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
    plan_work();
    local_ = take<Local>(scratch_, n_);
    for (int i = 0; i < n_; ++i) {
      Local& l = local_[i];
      l.units = units_of(i);
      l.products = take<Product<V>>(scratch_, factors_);
      l.row = take<long>(scratch_, rows_);
      l.length = take<long>(scratch_, rows_);
      const int places = g_.places(back_);
      l.place = take<T**>(scratch_, places);
      for (int k = 0; k < places; ++k) l.place[k] = take<T*>(scratch_, entries);
      l.scalars = take<const T*>(scratch_, entries);
      l.saved_scalars = take<const T*>(scratch_, entries);
      l.row_scalars = take<T>(scratch_, rows_ * sums_);
      l.given = {l.place,    units, l.scalars, l.saved_scalars,
                 constants_, H_,    scratch_.bytes(std::size_t(registers) * kItems * sizeof(V)),
                 &Interpreter<V>::run, nullptr};
    }
  }

  Range units_of(int id) const {
    const Range r = share_of((H_ + block_ - 1) / block_, id);
    return {r.first * block_, r.last * block_ < H_ ? r.last * block_ : H_};
  }

  // Panels that lie in some units.
  static Range panels_in(const Panels<T>& m, Range units) {
    const long per = Operand<V>::unit_step(m);
    return {units.first / per, (units.last + per - 1) / per};
  }

  // Masks that are given as bytes are made numbers for a step.
  void make_masks(const Mask<T>* masks) {
    masks_ = masks;
    wide_ = take<T*>(scratch_, g_.masks);
    for (int k = 0; k < g_.masks; ++k)
      wide_[k] = masks[k].bytes ? take<T>(scratch_, s_.batch * H_) : nullptr;
  }
  // Mask k at time t of row b, for these units.
  T* mask_row(int k, long t, long b, Range units) const {
    const Mask<T>& m = masks_[k];
    const long at = t * m.step + b * m.row;
    if (!m.bytes) return const_cast<T*>(m.data) + at;
    T* const to = wide_[k] + b * H_;
    const unsigned char* const from = m.bytes + at;
    for (long u = units.first; u < units.last; ++u) to[u] = T(from[u] != 0);
    return to;
  }

  // The same of rows 0..n-1, so much later than where their places lie now.
  void move_masks(Local& l, const Mine& mine, long n, long s, long by) const {
    for (int k = 0; k < g_.masks; ++k) {
      T** const places = l.place[g_.mask(k)];
      if (!masks_[k].bytes) move(places, n, by * masks_[k].step);
      for (long i = 0; masks_[k].bytes && i < n; ++i)
        places[i] = mask_row(k, time_of(s_, s, mine.length[i]), mine.row[i], l.units);
    }
  }

  T* frame_row(long s, long b) const { return frame_ + ((s & 1) * s_.batch + b) * frame_stride_; }
  T* sums_row(long s, long b) const { return sum_ + ((s & 1) * s_.batch + b) * sums_stride_; }

  // How many rows of a cell in which no unit needs another are worked on at once: so few
  // that what a piece reads stays in the first cache, or what the interpreter takes.
  long together(Range units) const {
    constexpr long kNumbers = 1024;
    const long n = kNumbers / (units.last - units.first + 1);
    return !compiled_ ? kItems : n > 1 ? n : 1;
  }

  void run_piece(Local& l, int k, long first, long n, Range units) const {
    if (n)
      pieces_[k](g_.tapes[back_][std::size_t(k)], l.given, first, n, units.first, units.last);
  }

  // Makes what the sweep multiplies, a few units at a time, between before(units) and
  // after(units); and then, for enough of these to fill the interpreter's vectors, its
  // pieces.
  template <class Before, class After>
  void sweep_units(int id, std::size_t at, long n, bool back, Memory other,
                   const Before& before, const After& after) {
    Local& l = local_[id];
    const Work& work = work_[at];
    const Range units = l.units;
    const long step = work.step, first = units.first >> work.shift;
    const long count = ((units.last + step - 1) >> work.shift) - first;
    const Product<V>* const products = l.products + work.at;
    const long together = compiled_ ? 1 : blocks_together(n * (step / V::width));
    const char* ahead = static_cast<const char*>(other.from);
    const char* const end = ahead + other.bytes;
    const long each = work.near && other.bytes ? share_ahead(work, other.bytes, count) : 0;
    const auto of = [&](long i) {
      const long u = (back ? first + count - 1 - i : first + i) * step;
      return Range{u, u + step < units.last ? u + step : units.last};
    };
    long done = 0;
    for (long i = 0; i < count; ++i) {
      const Range block = of(i);
      before(block);
      const long at_block = back ? first + count - 1 - i : first + i;
      for (int k = 0; k < work.count; ++k) {
        const Factor& factor = work.factors[k];
        const Panels<T>& m = *factor.panels;
        const long p0 = at_block * factor.per, p1 = p0 + factor.per < m.count ? p0 + factor.per : m.count;
        for (long p = p0; p < p1; ++p) {
          Memory next;
          if (each) {
            next = {ahead, end - ahead < each ? end - ahead : each};
            ahead += next.bytes;
          } else if (!work.near) {
            const long then = p + 1 < p1 ? p + 1 : (back ? at_block - 1 : at_block + 1) * factor.per;
            if (p + 1 < p1 || i + 1 < count)
              next = {m.data + then * panel_size<V>(m), panel_size<V>(m) * long(sizeof(T))};
          }
          products[k](m, p, next);
        }
      }
      after(block);
      if (i + 1 - done < together && i + 1 < count) continue;
      // What has been multiplied since the last time, which is in one piece.
      const Range a = of(done);
      const Range all{back ? block.first : a.first, back ? a.last : block.last};
      const Timed timed(back_ ? Phase::adjoint : Phase::step, id);
      for (int k = 0; n && k < work.pieces; ++k)
        work.piece[k](*work.tape[k], l.given, 0, n, all.first, all.last);
      done = i + 1;
    }
  }

  // Calls f(product, k, part) for each factor of a sweep.
  template <class F>
  void each_factor(Local& l, std::size_t at, const F& f) const {
    const Work& work = work_[at];
    for (int k = 0; k < work.count; ++k)
      f(l.products[work.at + k], work.factors[k].product, work.factors[k].part);
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
    sum_of_row<V>(g_, back_, s, l.place, l.saved_scalars, i, H_, l.row_scalars + i * sums_);
  }

  static void copy(const T* from, T* to, long u0, long u1) {
    for (long u = u0; u < u1; u += V::width) {
      const auto m = V::lanes(u1 - u);
      V::load(from + u, m).store(to + u, m);
    }
  }
  // Rows' places, so much further.
  static void move(T** places, long n, long by) {
    if (n == 1) places[0] += by;
    else if (by)
      for (long i = 0; i < n; ++i) places[i] += by;
  }
  static void clear(T* to, long n) {
    for (long i = 0; i < n; ++i) to[i] = 0;
  }

  const Program& g_;
  const bool back_, projects_;
  bool compiled_;
  const long rows_;
  const ProgramProduct projecting_;
  int columns_;
  long block_, stretch_, sums_, frame_stride_, sums_stride_;
  const T* zero_;
  T *constants_, *frame_, *sum_;
  const Mask<T>* masks_ = nullptr;
  T** wide_ = nullptr;  // of each mask that is bytes, its numbers
  PieceFunction<T>*pieces_, behind_;  // behind: see CompiledPieces
  std::vector<Operand<V>> operands_;
  Local* local_ = nullptr;

 private:
  // A part of a product that a sweep multiplies, so many of whose panels a block of units has.
  struct Factor {
    int product, part;
    const Panels<T>* panels;
    long per;
  };
  // How a sweep works: so many units at a time, one panel or as many as a plain one has.
  struct Work {
    long step, at;  // at: the first of its factors among all
    int shift;      // step is two to the power of it
    bool near;      // whether the second cache holds what it multiplies
    Factor* factors;
    int count, pieces;
    PieceFunction<T>* piece;
    const Tape** tape;
  };

  void plan_work() {
    factors_ = 0;
    const std::vector<Sweep>& sweeps = g_.sweeps[back_];
    work_ = take<Work>(scratch_, long(sweeps.size()));
    for (std::size_t i = 0; i < sweeps.size(); ++i) {
      const Sweep& w = sweeps[i];
      Work& work = work_[i];
      long bytes = 0, parts = 0;
      work.shift = 0;
      work.step = w.products.empty() ? block_ : V::width;
      for (const int k : w.products) {
        const Operand<V>& o = operands_[std::size_t(k)];
        const long of = Operand<V>::unit_step(o.panels_of(0));
        if (of > work.step) work.step = of;
        bytes += o.bytes();
        parts += o.parts();
      }
      constexpr long kNear = 1 << 20;  // bytes the second cache holds anyway
      work.near = bytes / (split_ == Split::units ? n_ : 1) <= kNear;
      while (work.step >> (work.shift + 1)) ++work.shift;
      work.at = factors_;
      factors_ += parts;
      work.factors = take<Factor>(scratch_, parts);
      work.count = 0;
      work.pieces = int(w.pieces.size());
      work.piece = take<PieceFunction<T>>(scratch_, work.pieces);
      work.tape = take<const Tape*>(scratch_, work.pieces);
      for (int k = 0; k < work.pieces; ++k) {
        const std::size_t piece = std::size_t(w.pieces[std::size_t(k)]);
        work.piece[k] = pieces_[piece];
        work.tape[k] = &g_.tapes[back_][piece];
      }
      for (const int k : w.products) {
        const Operand<V>& o = operands_[std::size_t(k)];
        for (int g = 0; g < o.parts(); ++g) {
          const Panels<T>& m = o.panels_of(g);
          work.factors[work.count++] = {k, g, &m, work.step / Operand<V>::unit_step(m)};
        }
      }
    }
  }

  // Bytes to fetch beside each panel of so many blocks.
  static long share_ahead(const Work& work, long bytes, long count) {
    long panels = 0;
    for (int k = 0; k < work.count; ++k) panels += work.factors[k].per * count;
    return panels ? (bytes + panels - 1) / panels : 0;
  }

  Work* work_;
  long factors_;
};
