// Weight gradients: long sums of outer products over rows and steps.
//
// The batch is cut into a fixed number of blocks, each with sums of its own,
// added up at the end. How many there are depends on the shape, never on the
// threads, so the results have the same bits at any number of them; and where
// each thread can have whole blocks, it sums over rows it has just computed
// itself, and waits for nobody.

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

// The state before step s, which is at time t, of row b.
template <class T>
struct Past {
  const Backward<T>& f;
  const T* zero;

  const T* operator()(long s, long t, long b) const {
    if (!s) return f.h0 ? f.h0 + b * f.shape.output : zero;
    return f.y + (f.shape.reverse ? t + 1 : t - 1) * f.y_step + b * f.y_row;
  }
};

template <class V, class C>
class WeightGradients {
  using T = typename V::T;
  static constexpr int kGates = C::two_products ? 3 : Outers<C>::pass[0].slots;

 public:
  WeightGradients(const Backward<T>& f, const Plan& plan)
      : f_(f),
        s_(f.shape),
        H_(s_.hidden),
        P_(s_.output),
        wanted_(f.dw_ih || f.dw_hh || f.db_ih || f.db_hh || f.dw_hr),
        blocks_{s_, plan,
                wanted_ ? weight_blocks(s_, kGates * H_ * (s_.input + P_) * long(sizeof(T))) : 1} {}

  // Memory for `threads` threads and chunks of at most `steps` steps.
  void prepare(Scratch& scratch, long steps, int threads) {
    if (!wanted_) return;
    rows_ = kDepth + s_.batch / blocks() + 1 + steps;
    T* const wanted[] = {f_.dw_ih, f_.dw_hh, f_.db_ih, f_.db_hh, f_.dw_hr};
    const long sizes[] = {kGates * H_ * s_.input, kGates * H_ * P_, kGates * H_, kGates * H_,
                          P_ * H_};
    sums_.prepare(scratch, blocks(), kParts, [&](int k) { return wanted[k]; },
                  [&](int k) { return sizes[k]; });
    local_ = take<Local>(scratch, threads);
    for (int i = 0; i < threads; ++i) {
      Local& l = local_[i];
      l.dg = take<const T*>(scratch, rows_);
      l.x = take<const T*>(scratch, rows_);
      l.h = take<const T*>(scratch, rows_);
      l.group = take<T>(scratch, kOuterRows * rows_ + kPiece);
      l.packed_x = take<T>(scratch, packed_batch_size<V>(rows_, s_.input));
      l.packed_h = take<T>(scratch, packed_batch_size<V>(rows_, H_ > P_ ? H_ : P_));
    }
  }

  bool wanted() const { return wanted_; }
  int blocks() const { return blocks_.count; }

  void clear(int id, int threads) {
    if (wanted_) sums_.clear(id, threads);
  }

  // Adds steps [s0, s1) to the sums: whole blocks where threads own them, a
  // share of every block's sums where not.
  void add(int id, int threads, bool own, long s0, long s1, const Ring<T>& dg,
           const Ring<T>& total, const Past<T>& before) {
    const Timed timed(Phase::weights, id);
    for (int j = 0; j < blocks(); ++j) {
      if (own && blocks_.owner(j, threads) != id) continue;
      block(local_[id], j, own ? 0 : id, own ? 1 : threads, s0, s1, dg, total, before);
    }
  }

  // This thread's share of adding the blocks up.
  void finish(int id, int threads) {
    if (!wanted_) return;
    const Timed timed(Phase::finish, id);
    sums_.finish(id, threads);
  }

 private:
  enum { kWih, kWhh, kBih, kBhh, kWhr, kParts };
  struct Local {
    const T **dg, **x, **h;
    T *group, *packed_x, *packed_h;
  };

  int thread_of(const Local& l) const { return int(&l - local_); }

  void block(Local& l, int j, int part, int parts, long s0, long s1, const Ring<T>& dg,
             const Ring<T>& total, const Past<T>& before) {
    T* const* const to = sums_.of(j);
    const long n = blocks_.each(j, s0, s1, [&](long k, long s, long b, long t) {
      l.dg[k] = dg.step(s) + b * dg.stride;
      l.x[k] = f_.x + t * f_.x_step + b * f_.x_row;
      l.h[k] = before(s, t, b);
    });
    {
      const Timed timed(Phase::gather, thread_of(l));
      if (to[kWih]) pack_batch<V>(l.x, n, s_.input, l.packed_x);
      if (to[kWhh]) pack_batch<V>(l.h, n, P_, l.packed_h);
    }
    for (const OuterPass& pass : Outers<C>::pass) {
      if (pass.rh && to[kWhh]) {
        blocks_.each(j, s0, s1, [&](long k, long, long b, long t) {
          l.h[k] = f_.gates + ((t * s_.batch + b) * C::slots + 3) * H_;
        });
        pack_batch<V>(l.h, n, H_, l.packed_h);
      }
      groups(l, to, part, parts, pass, n);
      biases(l, to, part, parts, pass, n);
    }
    if (to[kWhr]) projection(l, to[kWhr], j, part, parts, s0, s1, total);
  }

  // A group is a few rows of a weight.
  void groups(Local& l, T* const* to, int part, int parts, const OuterPass& pass, long n) {
    const long size = pass.slots * H_;
    T* dw_ih = pass.x ? to[kWih] : nullptr;
    T* dw_hh = pass.h || pass.rh ? to[kWhh] : nullptr;
    const long width = pass.rh ? H_ : P_;
    if (!dw_ih && !dw_hh) return;
    const Range r = slice((size + kOuterRows - 1) / kOuterRows, part, parts);
    for (long g = r.first; g < r.last; ++g) {
      T *to_x[kOuterRows], *to_h[kOuterRows];
      const long first = g * kOuterRows;
      const int count = int(size - first < kOuterRows ? size - first : kOuterRows);
      for (int i = 0; i < count; ++i) {
        const long slot = (first + i) / H_;
        const long row = pass.gates[slot] * H_ + (first + i - slot * H_);
        to_x[i] = dw_ih + row * s_.input;
        to_h[i] = dw_hh + row * width;
      }
      {
        const Timed timed(Phase::gather, thread_of(l));
        pack_group<V>(l.dg, pass.slot * H_ + first, count, n, l.group);
      }
      if (dw_ih) outer<V>(l.group, count, l.packed_x, n, s_.input, to_x);
      if (dw_hh) outer<V>(l.group, count, l.packed_h, n, width, to_h);
    }
  }

  void biases(Local& l, T* const* to, int part, int parts, const OuterPass& pass, long n) {
    T* db_ih = pass.input_bias ? to[kBih] : nullptr;
    T* db_hh = pass.hidden_bias ? to[kBhh] : nullptr;
    if (!db_ih && !db_hh) return;
    constexpr long kUnits = kSumColumns * V::width;
    const long per = (H_ + kUnits - 1) / kUnits;
    const Range r = slice(pass.slots * per, part, parts);
    for (long k = r.first; k < r.last; ++k) {
      const long slot = k / per, u = k % per * kUnits, to_unit = pass.gates[slot] * H_ + u;
      T* const both[] = {db_ih ? db_ih + to_unit : nullptr, db_hh ? db_hh + to_unit : nullptr};
      add_column_sums<V>(l.dg, n, (pass.slot + slot) * H_ + u, H_ - u, both, 2);
    }
  }

  void projection(Local& l, T* dw_hr, int j, int part, int parts, long s0, long s1,
                  const Ring<T>& total) {
    const long n = blocks_.each(j, s0, s1, [&](long k, long s, long b, long t) {
      l.dg[k] = total.step(s) + b * total.stride;
      l.h[k] = f_.raw + (t * s_.batch + b) * H_;
    });
    pack_batch<V>(l.h, n, H_, l.packed_h);
    const Range r = slice((P_ + kOuterRows - 1) / kOuterRows, part, parts);
    for (long g = r.first; g < r.last; ++g) {
      T* out[kOuterRows];
      const long first = g * kOuterRows;
      const int count = int(P_ - first < kOuterRows ? P_ - first : kOuterRows);
      for (int i = 0; i < count; ++i) out[i] = dw_hr + (first + i) * H_;
      pack_group<V>(l.dg, first, count, n, l.group);
      outer<V>(l.group, count, l.packed_h, n, H_, out);
    }
  }

  const Backward<T>& f_;
  const Shape& s_;
  const long H_, P_;
  const bool wanted_;
  const Blocks blocks_;
  long rows_ = 0;
  BlockSums<T> sums_;
  Local* local_ = nullptr;
};
