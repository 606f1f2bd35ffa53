// Few rows and steps of a program with the weights where they lie, for streaming: no
// packing, so nothing to keep between calls and nothing to grow old. Threads share
// units, and meet between sweeps as they do on packed weights.

template <class V>
class GraphStepRun {
  using T = typename V::T;
  static constexpr long W = V::width;

 public:
  explicit GraphStepRun(const GraphForward<T>& f)
      : f_(f),
        g_(*f.program),
        s_(f.shape),
        H_(s_.hidden),
        B_(s_.batch),
        all_(s_.steps * B_),
        team_(share_program(g_, s_, long(sizeof(T))).threads) {
    for (const ProgramProduct& q : g_.products)
      if (H_ % q.heads)
        throw std::invalid_argument("the number of heads does not divide the number of units");
    x_ = take<const T*>(scratch_, all_);
    const int places = g_.places(false);
    place_ = take<T**>(scratch_, places);
    for (int k = 0; k < places; ++k) place_[k] = take<T*>(scratch_, all_);
    place_[kSaved] = nullptr;
    constants_ = take<T>(scratch_, long(g_.constants.size()));
    for (std::size_t i = 0; i < g_.constants.size(); ++i) constants_[i] = T(g_.constants[i]);
    pieces_ = take<PieceFunction<T>>(scratch_, long(g_.pieces[0].size()));
    pieces_of<V>(g_, false, pieces_);
    lay_out();
    make_local();
  }

  // Returns what Team::run does, as the other passes.
  int run() {
    return team_.run([](void* self, int id) { static_cast<GraphStepRun*>(self)->thread(id); }, this);
  }

 private:
  struct Local {
    const T** source;  // a column's, or a head's part of each row
    const T** biases;
    T* row_scalars;
    PieceRows<T> given;
  };

  // State i after step s of row b, which is at time t: what is asked for, or memory of
  // the step's own.
  T* after(int i, long s, long t, long b) const {
    if (!i && f_.y) return f_.y + t * f_.y_step + b * f_.y_row;
    if (s == s_.steps - 1) return f_.last[i] + b * H_;
    return states_ + ((s * g_.states + i) * B_ + b) * H_;
  }

  // Where the vectors of every row and step lie.
  void lay_out() {
    const long S = g_.slots, frame = g_.frame - S;
    T* const slots = take<T>(scratch_, all_ * S * H_);
    T* const frames = take<T>(scratch_, all_ * frame * H_);
    T* const sums = take<T>(scratch_, all_ * g_.rows * H_);
    states_ = take<T>(scratch_, (s_.steps - 1) * g_.states * B_ * H_);
    const T* zero = nullptr;
    for (int j = 0; j < g_.states; ++j)
      if (!zero && !(f_.first && f_.first[j])) zero = zeros<T>(scratch_, H_);
    for (long s = 0, i = 0; s < s_.steps; ++s)
      for (long b = 0; b < B_; ++b, ++i) {
        const long t = time_of(s_, s, s_.steps);
        x_[i] = f_.x + t * f_.x_step + b * f_.x_row;
        place_[kSlots][i] = slots + i * S * H_;
        place_[kFrame][i] = frames + i * frame * H_;
        place_[kSums][i] = sums + i * g_.rows * H_;
        for (int j = 0; j < g_.states; ++j) {
          const T* const first = f_.first ? f_.first[j] : nullptr;
          place_[kBefore + j][i] = s ? place_[g_.after(j)][i - B_]
                                     : const_cast<T*>(first ? first + b * H_ : zero);
          place_[g_.after(j)][i] = after(j, s, t, b);
        }
        for (int j = 0; j < g_.masks; ++j) place_[g_.mask(j)][i] = mask(f_.masks[j], t, b);
      }
  }

  T* mask(const Mask<T>& m, long t, long b) {
    const long at = t * m.step + b * m.row;
    if (!m.bytes) return const_cast<T*>(m.data) + at;
    T* const to = take<T>(scratch_, H_);
    for (long u = 0; u < H_; ++u) to[u] = T(m.bytes[at + u] != 0);
    return to;
  }

  void make_local() {
    int registers = 1;
    for (const Piece& p : g_.pieces[0])
      if (p.registers > registers) registers = p.registers;
    local_ = take<Local>(scratch_, team_.size());
    for (int i = 0; i < team_.size(); ++i) {
      Local& l = local_[i];
      l.source = take<const T*>(scratch_, all_);
      l.biases = take<const T*>(scratch_, 1 + long(g_.products.size()));
      l.row_scalars = take<T>(scratch_, all_ * g_.rows);
      const T** const scalars = take<const T*>(scratch_, all_);
      for (long k = 0; k < all_; ++k) scalars[k] = l.row_scalars + k * g_.rows;
      l.given = {place_,     f_.units, scalars, nullptr,
                 constants_, H_,       scratch_.bytes(std::size_t(registers) * kItems * sizeof(V)),
                 &Interpreter<V>::run, nullptr};
    }
  }

  // This thread's units: whole vectors.
  Range units_of(int id) const {
    const Range r = slice((H_ + W - 1) / W, id, team_.size());
    return {r.first * W, r.last * W < H_ ? r.last * W : H_};
  }

  void thread(int id) {
    FlushSubnormals flush;
    Local& l = local_[id];
    const Range units = units_of(id);
    begin(units);
    for (std::size_t k = 0; k < g_.products.size(); ++k)
      if (g_.products[k].source == Source::input) product(l, int(k), 0, all_, units);
    bool alone = true;  // whether nobody reads the slots of another
    for (const Sweep& w : g_.sweeps[0]) alone = alone && reads_states(w);
    if (!alone && team_.size() > 1) team_.meet();
    for (long s = 0; s < s_.steps; ++s) {
      bool first = !s;
      for (const Sweep& w : g_.sweeps[0]) {
        if (w.meet && !first && team_.size() > 1) team_.meet();
        first = false;
        sweep(l, w, s * B_, units);
      }
    }
    if (!f_.y) return;
    for (long b = 0; b < B_; ++b)
      copy(place_[g_.after(0)][all_ - B_ + b], f_.last[0] + b * H_, units);
  }

  // Whether a sweep reads nothing but states before the step: nobody has written those.
  bool reads_states(const Sweep& w) const {
    bool states = w.rows.empty() && w.lone < 0;
    for (const int k : w.products)
      states = states && g_.products[std::size_t(k)].source == Source::before;
    return states;
  }

  static void copy(const T* from, T* to, Range units) {
    for (long u = units.first; u < units.last; u += W) {
      const auto m = V::lanes(units.last - u);
      V::load(from + u, m).store(to + u, m);
    }
  }

  // Slots that no product begins: their biases.
  void begin(Range units) {
    for (int slot = 0; slot < g_.slots; ++slot) {
      bool fed = false;
      for (const ProgramProduct& q : g_.products)
        fed = fed || (slot >= q.first && slot < q.first + q.slots);
      if (fed) continue;
      for (long i = 0; i < all_; ++i)
        for (long u = units.first; u < units.last; ++u)
          place_[kSlots][i][slot * H_ + u] = f_.bias ? f_.bias[slot * H_ + u] : T(0);
    }
  }

  // One of a step's, of B rows from entry i on.
  void sweep(Local& l, const Sweep& w, long i, Range units) {
    for (const RowStep& s : w.rows)
      if (s.what == RowAct::scalars)
        for (long k = i; k < i + B_; k += W)
          run_scalars<V>(g_.tapes[0][std::size_t(s.index)], l.given, k,
                         i + B_ - k < W ? i + B_ - k : W);
      else
        for (long k = i; k < i + B_; ++k)
          sum_of_row<V>(g_, false, s, place_, nullptr, k, H_, l.row_scalars + k * g_.rows);
    for (const int k : w.products) product(l, k, i, B_, units);
    if (w.lone >= 0) product(l, w.lone, i, B_, units);
    for (const int k : w.pieces)
      if (units.first < units.last)
        pieces_[k](g_.tapes[0][std::size_t(k)], l.given, i, B_, units.first, units.last);
  }

  const T* const* source(const ProgramProduct& q) const {
    switch (q.source) {
      case Source::input: return x_;
      case Source::before: return place_[kBefore + q.index];
      case Source::after: return place_[g_.after(q.index)];
      default: return place_[q.index < g_.slots ? kSlots : kFrame];
    }
  }

  // Whether a product is the first to add to a slot, which then starts from its biases.
  bool begins(int k, int slot) const {
    for (int j = 0; j < int(g_.products.size()); ++j) {
      const ProgramProduct& q = g_.products[std::size_t(j)];
      if (slot < q.first || slot >= q.first + q.slots) continue;
      const bool of_input = q.source == Source::input;
      const bool k_of_input = g_.products[std::size_t(k)].source == Source::input;
      if (j != k && (of_input == k_of_input ? j < k : of_input)) return false;
    }
    return true;
  }

  // Rows i..i+count-1 of a product, into the slots that it feeds.
  void product(Local& l, int k, long i, long count, Range units) {
    const ProgramProduct& q = g_.products[std::size_t(k)];
    const long depth = depth_of(q, s_) / q.heads, width = H_ / q.heads;
    const long column = q.source != Source::frame ? 0
                        : q.index < g_.slots      ? q.index
                                                  : q.index - g_.slots;
    for (int j = 0; j < q.slots; ++j) {
      const int slot = q.first + j;
      const bool first = begins(k, slot);
      const int more = first ? biases_of(slot, l.biases) : 0;
      T sums[W];
      for (long u = units.first; u < units.last;) {
        const long head = u / width, end = (head + 1) * width;
        const long stop = u + W < units.last ? u + W : units.last;
        const long n = (stop < end ? stop : end) - u;
        const T* const* from = source(q) + i;
        if (const long at = column * H_ + (q.heads > 1 ? head * width : 0)) {
          for (long r = 0; r < count; ++r) l.source[r] = from[r] + at;
          from = l.source;
        }
        const T* a = more ? l.biases[0] + u : nullptr;
        const T* b = more > 1 ? l.biases[1] + u : nullptr;
        for (int m = 2; m < more; a = sums, b = l.biases[m++] + u)
          for (long r = 0; r < n; ++r) sums[r] = a[r] + b[r];
        const long row = q.gates[std::size_t(j)] * H_ + u;
        Dots<V>::run({f_.weights[q.weight] + row * depth, depth, from, a, b,
                      place_[kSlots] + i, slot * H_ + u, !first},
                     n, count);
        u += n;
      }
    }
  }

  // A slot's biases, and how many there are.
  int biases_of(int slot, const T** to) const {
    int found = 0;
    if (f_.bias) to[found++] = f_.bias + slot * H_;
    for (const ProgramProduct& q : g_.products) {
      const T* const own = f_.biases ? f_.biases[q.weight] : nullptr;
      if (own && slot >= q.first && slot < q.first + q.slots)
        to[found++] = own + q.gates[std::size_t(slot - q.first)] * H_;
    }
    return found;
  }

  const GraphForward<T>& f_;
  const Program& g_;
  const Shape& s_;
  const long H_, B_, all_;
  Scratch scratch_;
  Team team_;
  const T** x_;
  T*** place_;  // of every row and step
  T *constants_, *states_;
  PieceFunction<T>* pieces_;
  Local* local_;
};
