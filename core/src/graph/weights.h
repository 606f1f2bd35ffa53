// Weight gradients, long sums of outer products over rows and steps: of every product,
// the bias and the units, in blocks of the batch.

template <class V>
class GraphWeights {
  using T = typename V::T;

 public:
  GraphWeights(const GraphBackward<T>& f, const Plan& plan)
      : f_(f),
        g_(*f.program),
        s_(f.shape),
        H_(s_.hidden),
        weights_(g_.weights),
        parts_(2 * weights_ + 2 + g_.units),
        wanted_(any()),
        blocks_{s_, plan, wanted_ ? weight_blocks(s_, bytes()) : 1},
        at_once_(slots_at_once()),
        columns_(g_.units + (at_once_ ? g_.slots * (1 + s_.input) : 0)) {
    if (!wanted_) return;
    for (std::size_t k = 0; k < g_.products.size(); ++k) add_source(int(k));
    add_passes();
  }

  bool wanted() const { return wanted_; }
  // Whether the slots' gradients are added up as they are made, each row by itself, and
  // needed for nothing else: of few inputs whose own gradient nobody wants. The units' sums
  // of a row have behind them those of each slot, and of it times each input.
  bool at_once() const { return at_once_; }
  long columns() const { return columns_; }
  int blocks() const { return blocks_.count; }

  // Rows of a chunk, and its steps at most: many where nobody keeps the slots' gradients.
  long depth() const { return at_once_ ? kLong * (s_.batch + 1) : kDepth * blocks(); }
  long most_steps() const {
    const long longest = blocks_.plan.longest;
    if (at_once_) return longest < kLong ? longest : kLong;
    return steps_of_sum(depth(), s_.batch, longest, s_.lengths != nullptr);
  }

  // Memory for `threads` threads and chunks of at most `steps` steps.
  void prepare(Scratch& scratch, long steps, int threads) {
    if (!wanted_) return;
    rows_ = kDepth + s_.batch / blocks() + 1 + steps;
    sums_.prepare(scratch, blocks(), parts_, [&](int k) { return given(k); },
                  [&](int k) { return size(k); });
    local_ = take<Local>(scratch, threads);
    const long sources = long(sources_.size());
    for (int i = 0; i < threads; ++i) {
      Local& l = local_[i];
      l.dg = take<const T*>(scratch, rows_);
      l.part = take<const T*>(scratch, rows_);
      l.from = take<const T**>(scratch, sources);
      l.packed = take<T*>(scratch, sources);
      l.biases = take<T*>(scratch, 1 + long(g_.products.size()));
      l.raw = take<T>(scratch, f_.dprojection ? packed_batch_size<V>(rows_, H_) : 0);
      l.group = take<T>(scratch, kOuterRows * rows_ + kPiece);
      for (long k = 0; k < sources; ++k) {
        l.from[k] = take<const T*>(scratch, rows_);
        const long width = depth_of(product(sources_[std::size_t(k)]), s_);
        l.packed[k] = take<T>(scratch, packed_batch_size<V>(rows_, width));
      }
    }
  }

  void clear(int id, int threads) {
    if (wanted_) sums_.clear(id, threads);
  }

  // Adds steps [s0, s1) to the sums: whole blocks where threads own them, a
  // share of every block's sums where not.
  void add(int id, int threads, bool own, long s0, long s1, const Ring<T>& dg,
           const Ring<T>& total, const GraphPast<T>& past) {
    const Timed timed(Phase::weights, id);
    for (int j = 0; j < blocks(); ++j) {
      if (own && blocks_.owner(j, threads) != id) continue;
      block(local_[id], j, own ? 0 : id, own ? 1 : threads, s0, s1, dg, total, past);
    }
  }
  // The same of one block.
  void add_block(int id, int j, long s0, long s1, const Ring<T>& dg, const GraphPast<T>& past) {
    const Timed timed(Phase::weights, id);
    if (wanted_) block(local_[id], j, 0, 1, s0, s1, dg, {}, past);
  }

  // The rows of block j, of which a thread has all.
  Mine rows(int j, long* row, long* length) const {
    return my_rows(blocks_.plan, s_, Split::rows, j, blocks_.count, row, length);
  }
  int owner(int j, int threads) const { return blocks_.owner(j, threads); }
  long rows_of_block() const { return (s_.batch + blocks() - 1) / blocks(); }

  // Of each row, its place in its block, of its thread's.
  const long* places(Scratch& scratch, int threads) const {
    long* const to = take<long>(scratch, s_.batch);
    long* const row = take<long>(scratch, s_.batch);
    long* const length = take<long>(scratch, s_.batch);
    for (int j = 0; j < blocks(); ++j) {
      const Mine mine = rows(j, row, length);
      for (long i = 0; i < mine.count; ++i)
        to[mine.row[i]] = owner(j, threads) * rows_of_block() + i;
    }
    return to;
  }

  bool wants_units() const {
    for (int k = 0; k < g_.units; ++k)
      if (given(weights_ + 1 + k)) return true;
    return false;
  }

  // Adds each row's sums to those of the blocks, and sets them to zero.
  void add_rows(int id, int threads, bool own, T* rows, long stride) {
    const Timed timed(Phase::weights, id);
    const T** const from = local_[id].dg;
    for (int j = 0; j < blocks(); ++j) {
      if (own && blocks_.owner(j, threads) != id) continue;
      T* const* const to = sums_.of(j);
      const long n = blocks_.each(
          j, 0, 1, [&](long k, long, long b, long) { from[k] = rows + b * stride; });
      each_column(columns_, own ? 0 : id, own ? 1 : threads, [&](long column, long u) {
        const long last = H_ - u < kColumns ? H_ - u : kColumns;
        T sums[kColumns] = {};
        T* const one[] = {sums};
        add_column_sums<V>(from, n, column * H_ + u, H_ - u, one, 1);
        give(to, column, u, sums, last);
        for (long k = 0; k < n; ++k)
          for (long i = 0; i < last; ++i) const_cast<T*>(from[k])[column * H_ + u + i] = 0;
      });
    }
  }

  // This thread's share of adding the blocks up.
  void finish(int id, int threads) {
    if (!wanted_) return;
    const Timed timed(Phase::finish, id);
    sums_.finish(id, threads);
  }

 private:
  static constexpr long kLong = 64;

  struct Local {
    const T **dg, **part;
    const T*** from;
    T** packed;
    T** biases;
    T *group, *raw;
  };
  // Slots that the same dense products feed: their gradients are packed once.
  struct Pass {
    int slot, slots;
    std::vector<int> products;
  };

  const ProgramProduct& product(int k) const { return g_.products[std::size_t(k)]; }

  bool slots_at_once() const {
    constexpr long kFew = 2;
    bool some = g_.slots && f_.dbias, dense = true;
    for (const ProgramProduct& q : g_.products) {
      some = some || given(q.weight);
      dense = dense && q.heads == 1;
    }
    return g_.elementwise && some && dense && s_.input >= 1 && s_.input <= kFew && !f_.dx &&
           !f_.dbiases;
  }

  // Adds units u.. of the sums of a column: a unit's, a slot's, a slot's times an input.
  void give(T* const* to, long column, long u, const T* sums, long count) const {
    const auto add = [&](T* at, long step) {
      for (long i = 0; at && i < count; ++i) at[i * step] += sums[i];
    };
    if (column < g_.units) {
      T* const own = to[weights_ + 1 + column];
      return add(own ? own + u : nullptr, 1);
    }
    const long per = 1 + s_.input, slot = (column - g_.units) / per;
    const long input = (column - g_.units) % per - 1;
    if (input < 0) return add(to[weights_] ? to[weights_] + slot * H_ + u : nullptr, 1);
    for (const ProgramProduct& q : g_.products)
      if (T* const own = to[q.weight]; own && slot >= q.first && slot < q.first + q.slots)
        add(own + (q.gates[std::size_t(slot - q.first)] * H_ + u) * s_.input + input, s_.input);
  }

  T* given(int k) const {
    if (k < weights_) return f_.dweights ? f_.dweights[k] : nullptr;
    if (k == weights_) return g_.slots ? f_.dbias : nullptr;
    if (k == parts_ - 1) return f_.dprojection;
    if (k >= weights_ + 1 + g_.units)
      return f_.dbiases ? f_.dbiases[k - weights_ - 1 - g_.units] : nullptr;
    return f_.dunits ? f_.dunits[k - weights_ - 1] : nullptr;
  }
  bool any() const {
    bool some = false;
    for (int k = 0; k < parts_; ++k) some = some || given(k);
    return some;
  }
  long size(int k) const {
    if (k == weights_) return g_.slots * H_;
    if (k == parts_ - 1) return s_.output * H_;
    const int own = k - weights_ - 1 - g_.units;
    if (k > weights_ && own < 0) return H_;
    for (const ProgramProduct& q : g_.products) {
      if (q.weight == k) return q.slots * H_ * (depth_of(q, s_) / q.heads);
      if (q.weight == own) return q.slots * H_;
    }
    return 0;
  }
  long bytes() const {
    long n = 0;
    for (int k = 0; k < weights_; ++k) n += size(k);
    return n * long(sizeof(T));
  }

  void add_source(int k) {
    const ProgramProduct& q = product(k);
    auto same = [&](int other) {
      const ProgramProduct& o = product(other);
      return o.source == q.source && o.heads == q.heads &&
             (q.source == Source::frame ? o.saved == q.saved : o.index == q.index);
    };
    std::size_t at = 0;
    while (at < sources_.size() && !same(sources_[at])) ++at;
    if (at == sources_.size()) sources_.push_back(k);
    source_of_.push_back(int(at));
  }

  // Of a source with so few numbers that their vectors would be mostly empty: columns of
  // gradients are the vectors then, and the sums have the same order.
  bool thin(const ProgramProduct& q) const {
    return q.heads == 1 && 2 * depth_of(q, s_) <= V::width;
  }

  void add_passes() {
    for (int slot = 0; slot < g_.slots; ++slot) {
      std::vector<int> feeding;
      for (std::size_t k = 0; k < g_.products.size(); ++k) {
        const ProgramProduct& q = g_.products[k];
        if (q.heads == 1 && !thin(q) && slot >= q.first && slot < q.first + q.slots &&
            given(q.weight))
          feeding.push_back(int(k));
      }
      if (!passes_.empty() && passes_.back().products == feeding) ++passes_.back().slots;
      else passes_.push_back({slot, 1, feeding});
    }
  }

  void block(Local& l, int j, int part, int parts, long s0, long s1, const Ring<T>& dg,
             const Ring<T>& total, const GraphPast<T>& past) {
    T* const* const to = sums_.of(j);
    const long n = blocks_.each(j, s0, s1, [&](long k, long s, long b, long t) {
      l.dg[k] = dg.at(s, b);
      for (std::size_t i = 0; i < sources_.size(); ++i)
        l.from[i][k] = past.source(product(sources_[i]), s, t, b);
    });
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      const ProgramProduct& q = product(sources_[i]);
      bool read = false;
      for (std::size_t k = 0; k < source_of_.size(); ++k)
        read = read || (source_of_[k] == int(i) && to[g_.products[k].weight]);
      if (read && q.heads == 1 && !thin(q))
        pack_batch<V>(l.from[i], n, depth_of(q, s_), l.packed[i]);
    }
    for (const Pass& pass : passes_)
      if (!pass.products.empty()) groups(l, to, part, parts, pass, n);
    for (std::size_t k = 0; k < g_.products.size(); ++k)
      if (g_.products[k].heads > 1 && to[g_.products[k].weight])
        diagonal(l, to, part, parts, int(k), n);
    columns(l, to, part, parts, n);
    if (to[parts_ - 1]) projection(l, to[parts_ - 1], j, part, parts, s0, s1, total, past);
  }

  // The gradients of state 0 times what was projected.
  void projection(Local& l, T* dw, int j, int part, int parts, long s0, long s1,
                  const Ring<T>& total, const GraphPast<T>& past) {
    const long n = blocks_.each(j, s0, s1, [&](long k, long s, long b, long t) {
      l.dg[k] = total.step(s) + b * total.stride;
      l.part[k] = past.left(0, t, b);
    });
    pack_batch<V>(l.part, n, H_, l.raw);
    const Range r = slice((s_.output + kOuterRows - 1) / kOuterRows, part, parts);
    for (long g = r.first; g < r.last; ++g) {
      T* rows[kOuterRows];
      const long first = g * kOuterRows;
      const int count = int(s_.output - first < kOuterRows ? s_.output - first : kOuterRows);
      for (int i = 0; i < count; ++i) rows[i] = dw + (first + i) * H_;
      pack_group<V>(l.dg, first, count, n, l.group);
      outer<V>(l.group, count, l.raw, n, H_, rows);
    }
  }

  // A group is a few rows of a weight.
  void groups(Local& l, T* const* to, int part, int parts, const Pass& pass, long n) {
    const long size = pass.slots * H_;
    const Range r = slice((size + kOuterRows - 1) / kOuterRows, part, parts);
    for (long g = r.first; g < r.last; ++g) {
      const long first = g * kOuterRows;
      const int count = int(size - first < kOuterRows ? size - first : kOuterRows);
      pack_group<V>(l.dg, pass.slot * H_ + first, count, n, l.group);
      for (const int k : pass.products) {
        const ProgramProduct& q = product(k);
        const long width = depth_of(q, s_);
        T* rows[kOuterRows];
        for (int i = 0; i < count; ++i) {
          const long slot = (first + i) / H_, unit = first + i - slot * H_;
          const long gate = q.gates[std::size_t(pass.slot + slot - q.first)];
          rows[i] = to[q.weight] + (gate * H_ + unit) * width;
        }
        outer<V>(l.group, count, l.packed[source_of_[std::size_t(k)]], n, width, rows);
      }
    }
  }

  // The blocks on the diagonal, each with its own part of the source.
  void diagonal(Local& l, T* const* to, int part, int parts, int k, long n) {
    const ProgramProduct& q = product(k);
    const long width = H_ / q.heads, per = (width + kOuterRows - 1) / kOuterRows;
    const int source = source_of_[std::size_t(k)];
    for (int head = 0; head < q.heads; ++head) {
      const long at = head * width;
      for (long i = 0; i < n; ++i) l.part[i] = l.from[source][i] + at;
      pack_batch<V>(l.part, n, width, l.packed[source]);
      const Range r = slice(q.slots * per, part, parts);
      for (long g = r.first; g < r.last; ++g) {
        const long slot = g / per, first = g % per * kOuterRows;
        const int count = int(width - first < kOuterRows ? width - first : kOuterRows);
        pack_group<V>(l.dg, (q.first + slot) * H_ + at + first, count, n, l.group);
        T* rows[kOuterRows];
        for (int i = 0; i < count; ++i)
          rows[i] = to[q.weight] +
                    (q.gates[std::size_t(slot)] * H_ + at + first + i) * width;
        outer<V>(l.group, count, l.packed[source], n, width, rows);
      }
    }
  }

  // A part of some columns: f(column, its first unit), a few vectors at a time.
  static constexpr long kColumns = kSumColumns * V::width;
  template <class F>
  void each_column(long columns, int part, int parts, F f) const {
    const long per = (H_ + kColumns - 1) / kColumns;
    const Range r = slice(columns * per, part, parts);
    for (long k = r.first; k < r.last; ++k) f(k / per, k % per * kColumns);
  }

  // The biases, and thin weights.
  void columns(Local& l, T* const* to, int part, int parts, long n) {
    each_column(g_.slots, part, parts, [&](long slot, long u) {
      int count = 0;
      if (to[weights_]) l.biases[count++] = to[weights_] + slot * H_ + u;
      for (const ProgramProduct& q : g_.products) {
        T* const own = to[weights_ + 1 + g_.units + q.weight];
        if (own && slot >= q.first && slot < q.first + q.slots)
          l.biases[count++] = own + q.gates[std::size_t(slot - q.first)] * H_ + u;
      }
      if (count) add_column_sums<V>(l.dg, n, slot * H_ + u, H_ - u, l.biases, count);
      for (std::size_t k = 0; k < g_.products.size(); ++k) {
        const ProgramProduct& q = g_.products[k];
        T* const weight = to[q.weight];
        if (!weight || !thin(q) || slot < q.first || slot >= q.first + q.slots) continue;
        const long depth = depth_of(q, s_), at = slot * H_ + u;
        const T* const* const from = l.from[std::size_t(source_of_[k])];
        T* const own = weight + (q.gates[std::size_t(slot - q.first)] * H_ + u) * depth;
        long first = 0;
        for (; first + 2 <= depth; first += 2)
          add_thin<V, 2>(l.dg, from, n, at, H_ - u, first, depth, own);
        if (first < depth) add_thin<V, 1>(l.dg, from, n, at, H_ - u, first, depth, own);
      }
    });
  }

  const GraphBackward<T>& f_;
  const Program& g_;
  const Shape& s_;
  const long H_;
  const int weights_, parts_;  // parts: the weights, the bias, the units
  const bool wanted_;
  const Blocks blocks_;
  const bool at_once_;
  const long columns_;
  std::vector<int> sources_, source_of_;  // a product that reads each; of each product
  std::vector<Pass> passes_;
  long rows_ = 0;
  BlockSums<T> sums_;
  Local* local_ = nullptr;
};
