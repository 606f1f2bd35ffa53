// Where a program's states and sources lie, for both passes.

// The numbers of state i: those of state 0 come out of a projection, where there is one.
inline long width_of(int i, const Shape& s) { return i ? s.hidden : s.output; }

// A projection as a product of one slot.
inline ProgramProduct projecting() { return {0, Source::before, 0, -1, 1, 0, 1, {0}}; }

// Whether state 0 may be projected: no piece and one dense product reads it before the step.
inline bool can_project(const Program& g) {
  int dense = 0, others = 0;
  for (const ProgramProduct& q : g.products)
    if (!q.index && (q.source == Source::before || q.source == Source::after))
      (q.source == Source::before && q.heads == 1 ? dense : others) += 1;
  for (const Tape& tape : g.tapes[0])
    for (const TapeStep& x : tape.code) others += x.op == int(Op::load) && x.a == kBefore;
  return dense == 1 && !others && (!g.differentiable() || !g.passes_on[0]);
}

// State i before step s, which is at time t, of row b, as forward left it.
template <class T>
struct GraphPast {
  const GraphBackward<T>& f;
  const T* zero;

  const T* after(int i, long t, long b) const {
    const Shape& s = f.shape;
    return i ? f.tracks[i] + (t * s.batch + b) * s.hidden : f.y + t * f.y_step + b * f.y_row;
  }
  // What the pieces left of it.
  const T* left(int i, long t, long b) const {
    return i || !f.raw ? after(i, t, b) : f.raw + (t * f.shape.batch + b) * f.shape.hidden;
  }
  const T* before(int i, long s, long t, long b) const {
    if (s) return after(i, f.shape.reverse ? t + 1 : t - 1, b);
    const T* first = f.first ? f.first[i] : nullptr;
    return first ? first + b * width_of(i, f.shape) : zero;
  }
  const T* saved(int column, long t, long b) const {
    const Shape& s = f.shape;
    return f.saved + ((t * s.batch + b) * f.program->saved + column) * s.hidden;
  }
  const T* input(long t, long b) const { return f.x + t * f.x_step + b * f.x_row; }
  // What a product multiplied.
  const T* source(const ProgramProduct& q, long s, long t, long b) const {
    switch (q.source) {
      case Source::input: return input(t, b);
      case Source::before: return before(q.index, s, t, b);
      case Source::after: return after(q.index, t, b);
      default: return saved(q.saved, t, b);
    }
  }
};

// Whether one piece reads the only slot, and writes state 0 where it has done so.
inline bool one_slot(const Program& g) {
  bool only = g.slots == 1 && g.pieces[0].size() == 1;
  for (const ProgramProduct& q : g.products)
    only = only && (q.source == Source::input || q.source == Source::before);
  return only;
}

inline long depth_of(const ProgramProduct& q, const Shape& s) {
  return q.source == Source::input    ? s.input
         : q.source == Source::before ? width_of(q.index, s)
                                      : s.hidden;
}

// The bytes of a row's slots in a step: at least one, for a cell without any.
inline int slots_of(const Program& p) { return p.slots > 0 ? p.slots : 1; }

// Threads that share units of an elementwise program never wait for each other, so
// that is always worth it.
inline Sharing share_program(const Program& p, const Shape& s, long number) {
  Sharing wanted = share(s, slots_of(p), number);
  if (p.elementwise && wanted.split == Split::solo) wanted.split = Split::units;
  return wanted;
}

// How many blocks of rows are worked on at once so that eight vectors come together.
inline long blocks_together(long rows) {
  return rows >= kItems || rows < 1 ? 1 : (kItems + rows - 1) / rows;
}

// One row scalar of row i, into its place among `to`.
template <class V>
void sum_of_row(const Program& g, bool back, const RowStep& s,
                typename V::T* const* const* place, const typename V::T* const* saved, long i,
                long H, typename V::T* to) {
  using T = typename V::T;
  if (s.what == RowAct::sum) {
    to[s.index] = row_sum<V>(H, Plain<V>{place[kSums][i] + s.index * H});
    return;
  }
  const Total& t = g.totals[back][std::size_t(s.index)];
  const Placed* const at = &g.total_places[back][std::size_t(2 * s.index)];
  const T* const a = place[at[0].place][i] + at[0].column * H;
  const T* const b = place[at[1].place][i] + at[1].column * H;
  const int known = back ? g.rows : 0;
  switch (t.kind) {
    case TotalKind::product: to[t.row] = row_sum<V>(H, Products<V>{a, b}); return;
    case TotalKind::spread: {
      const T middle = t.other < known ? saved[i][t.other] : to[t.other - known];
      to[t.row] = row_sum<V>(H, Spread<V>{a, V::all(middle)});
      return;
    }
    default: to[t.row] = row_sum<V>(H, Plain<V>{a});
  }
}
