// A product's weight in panels: at most four gates a panel, one set of panels for
// every block on the diagonal.

template <class V>
class Operand {
  using T = typename V::T;

 public:
  // Forward: out[slot] += W[gate] a. `columns`: of plain panels, where there is one gate.
  void forward(const ProgramProduct& q, long depth, long H, int columns, Scratch& scratch) {
    q_ = &q;
    H_ = H;
    block_ = H / q.heads;
    groups_ = (q.slots + 3) / 4;
    parts_ = take<Part>(scratch, q.heads * groups_);
    for (int j = 0; j < q.heads; ++j)
      for (int g = 0; g < groups_; ++g) {
        const int first = q.slots * g / groups_, last = q.slots * (g + 1) / groups_;
        Part& p = parts_[j * groups_ + g];
        p.m = last - first == 1 ? panels<V>(depth / q.heads, block_, columns, false)
                                : panels<V>(depth / q.heads, block_, last - first, true);
        if (p.m.gates) p.m.stride = H;
        p.m.data = take<T>(scratch, panels_size<V>(p.m));
        p.a = j * block_;
        p.out = (q.first + first) * H + j * block_;
        p.slot = first;
      }
    count_ = q.heads * groups_;
  }

  // Backward: out += sum over slots of W[gate]^T dslot. With heads a part a slot, whose
  // gradients do not lie together.
  void backward(const ProgramProduct& q, long width, long H, int columns, Scratch& scratch) {
    q_ = &q;
    H_ = H;
    block_ = H / q.heads;
    groups_ = q.heads > 1 ? q.slots : 1;
    count_ = q.heads * groups_;
    parts_ = take<Part>(scratch, count_);
    for (int j = 0; j < q.heads; ++j)
      for (int g = 0; g < groups_; ++g) {
        Part& p = parts_[j * groups_ + g];
        p.m = panels<V>(q.heads > 1 ? block_ : q.slots * H, width / q.heads, columns, false);
        p.m.data = take<T>(scratch, panels_size<V>(p.m));
        p.a = (q.first + g) * H + j * block_;
        p.out = j * block_;
        p.slot = g;
      }
  }

  // This thread's share of the packing.
  void pack_forward(const T* w, int id, int threads) const {
    for (int k = 0; k < count_; ++k) {
      const Part& p = parts_[k];
      const Range r = slice(p.m.count, id, threads);
      int gates[4] = {0, 0, 0, 0};
      for (int c = 0; p.m.gates && c < p.m.columns; ++c) gates[c] = gate(p.slot + c);
      const T* from = w + p.a * p.m.depth;
      if (!p.m.gates) from += long(q_->gates[std::size_t(p.slot)]) * H_ * p.m.depth;
      pack_rows<V>(p.m, const_cast<T*>(p.m.data), from, gates, r.first, r.last);
    }
  }
  void pack_backward(const T* w, int id, int threads) const {
    for (int k = 0; k < count_; ++k) {
      const Part& p = parts_[k];
      const Range r = slice(p.m.count, id, threads);
      T* const to = const_cast<T*>(p.m.data);
      if (q_->heads == 1) {
        pack_columns<V>(p.m, to, w, q_->gates.data(), q_->slots, H_, r.first, r.last);
      } else {
        const int of = gate(p.slot);
        pack_columns<V>(p.m, to, w + p.out * p.m.units, &of, 1, block_, r.first, r.last);
      }
    }
  }

  // Panels, of every part alike in a dense product; and of how many units one is.
  int parts() const { return count_; }
  const Panels<T>& panels_of(int part) const { return parts_[part].m; }
  long bytes() const {
    long n = 0;
    for (int k = 0; k < count_; ++k) n += panels_size<V>(parts_[k].m);
    return n * long(sizeof(T));
  }
  static long unit_step(const Panels<T>& m) { return V::width * (m.gates ? 1 : m.columns); }

  // Panel p of a part. a, start and out as Product has them, each row from `a_from` and
  // `out_from` on.
  void run(int part, long p, const T* const* a, long a_from, const T* const* start,
           const T* common, T* const* out, long out_from, long rows, Memory next = {}) const {
    product(part, a, a_from, start, common, out, out_from, rows)(parts_[part].m, p, next);
  }
  Product<V> product(int part, const T* const* a, long a_from, const T* const* start,
                     const T* common, T* const* out, long out_from, long rows) const {
    const Part& at = parts_[part];
    return {a, a_from + at.a, start, common, out, out_from + at.out, rows};
  }
  // Whether a part is the first to add to its place: of a block's slots in backward.
  bool begins(int part) const { return part % groups_ == 0; }

 private:
  struct Part {
    Panels<T> m;
    long a, out;  // where its part of a row begins, in the source and the result
    int slot;
  };
  // A row block as pack_rows counts: in blocks of the panels' units.
  int gate(int slot) const { return q_->gates[std::size_t(slot)] * q_->heads; }

  const ProgramProduct* q_;
  Part* parts_;
  int groups_, count_;
  long H_, block_;
};
