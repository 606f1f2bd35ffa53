// Sums over rows and steps, in a fixed number of blocks of the batch: what weight
// gradients of every kind of cell are made of.

// Gradients of the last steps: step s of row b lies at step(s) + b * stride until
// as many later ones have come. Rows are `stride` apart, a little more than their
// length: powers of two would all want the same few places in the cache, and
// pack_group reads a little past the end. Rows may share places, of which row b has
// place[b]: those of a block, where blocks take turns.
template <class T>
struct Ring {
  static constexpr long kPadding = 16;
  T* data;
  long steps, batch, stride;
  const long* place = nullptr;

  T* step(long s) const { return data + s % steps * batch * stride; }
  T* at(long s, long b) const { return step(s) + (place ? place[b] : b) * stride; }
};

template <class T>
Ring<T> ring(Scratch& scratch, long steps, long batch, long width) {
  const long stride = width + Ring<T>::kPadding;
  return {take<T>(scratch, steps * batch * stride), steps, batch, stride, nullptr};
}

// How many blocks: few enough that their sums stay in the second cache, or at
// least cost no more to fetch than the rows.
inline int weight_blocks(const Shape& s, long bytes) {
  int n = bytes <= 256 * 1024 ? 4 : bytes <= 2048 * 1024 ? 2 : 1;
  while (n > 1 && s.batch < 4 * n) n /= 2;
  return n;
}

constexpr long kDepth = 256;  // rows of one sum

// As many steps as have so many rows; at most four times what an even batch would need,
// where it is ragged: its tail may be a single long row. Memory for more would not stay in
// the second cache.
inline long steps_of_sum(long depth, long batch, long longest, bool ragged) {
  const long rows = batch ? batch : 1;
  long steps = ragged ? depth / rows * 4 : (depth + rows - 1) / rows;
  if (steps > longest) steps = longest;
  return steps < 1 ? 1 : steps;
}

struct Blocks {
  const Shape& s;
  const Plan& plan;
  int count;

  // Which thread has a block's rows, as my_rows shares them out.
  int owner(int j, int threads) const { return s.lengths ? j % threads : j * threads / count; }

  // Calls f(k, s, b, t) for the k-th row and step of block j, and returns how many.
  template <class F>
  long each(int j, long s0, long s1, F f) const {
    long k = 0;
    const Range r = slice(s.batch, j, count);
    for (long at = s0; at < s1; ++at)
      for (long i = s.lengths ? j : r.first; i < (s.lengths ? s.batch : r.last);
           i += s.lengths ? count : 1) {
        if (plan.length[i] <= at) break;
        f(k++, at, plan.row[i], time_of(s, at, plan.length[i]));
      }
    return k;
  }
};

// Sums of several arrays, each in blocks of the batch: those of block 0 are the caller's
// own, and in the end the others' are added to them. An array that is null is not wanted.
template <class T>
class BlockSums {
 public:
  // given(k) is the k-th array of `arrays`, of size(k) numbers.
  template <class Array, class Size>
  void prepare(Scratch& scratch, int blocks, int arrays, Array given, Size size) {
    blocks_ = blocks, arrays_ = arrays;
    sums_ = take<T*>(scratch, blocks * arrays);
    sizes_ = take<long>(scratch, arrays);
    for (int k = 0; k < arrays; ++k) {
      sums_[k] = given(k);
      sizes_[k] = size(k);
      for (int j = 1; j < blocks; ++j)
        sums_[j * arrays + k] = sums_[k] ? take<T>(scratch, sizes_[k]) : nullptr;
    }
  }

  T* const* of(int block) const { return sums_ + block * arrays_; }

  // This thread's share of setting all of them to zero.
  void clear(int id, int threads) const {
    const Range r = slice(blocks_, id, threads);
    for (long j = r.first; j < r.last; ++j)
      for (int k = 0; k < arrays_; ++k) {
        T* const to = of(int(j))[k];
        const long n = to ? sizes_[k] : 0;
        for (long i = 0; i < n; ++i) to[i] = 0;
      }
  }

  // This thread's share of adding the blocks up.
  void finish(int id, int threads) const {
    for (int k = 0; k < arrays_; ++k) {
      T* const to = sums_[k];
      if (!to) continue;
      const Range r = slice(sizes_[k], id, threads);
      for (int j = 1; j < blocks_; ++j) {
        const T* const from = of(j)[k];
        for (long i = r.first; i < r.last; ++i) to[i] += from[i];
      }
    }
  }

 private:
  int blocks_ = 0, arrays_ = 0;
  T** sums_ = nullptr;
  long* sizes_ = nullptr;
};

// Chunks of steps, from the last step to the first: of so many steps at most, and of as
// many rows as are to be summed at once.
struct Chunks {
  const Plan& plan;
  long batch, most_steps, depth;
  long running = 0;  // rows that have the chunk's first step

  // The first step of the chunk that ends before step s1.
  long first(long s1) {
    long s0 = s1;
    for (long rows = 0; s0 > 0 && s1 - s0 < most_steps && rows < depth; --s0) {
      while (running < batch && plan.length[running] >= s0) ++running;
      rows += running;
    }
    return s0;
  }
};

constexpr int kSumColumns = 4;

// Columns of n rows times `R` numbers of others, from number `first` on, as `add_column_sums`
// adds them up: number k of column u into to[u * depth + k].
template <class V, int R>
void add_thin(const typename V::T* const* rows, const typename V::T* const* others, long n,
              long from, long left, long first, long depth, typename V::T* to) {
  using T = typename V::T;
  constexpr long W = V::width;
  V sum[R][kSumColumns];
  typename V::Lanes lanes[kSumColumns];
  for (int c = 0; c < kSumColumns; ++c) {
    lanes[c] = V::lanes(left - c * W);
    for (int r = 0; r < R; ++r) sum[r][c] = V::all(0);
  }
  const auto add = [&](long i, const auto& load) {
    V column[kSumColumns];
    ELMAN_UNROLL(4)
    for (int c = 0; c < kSumColumns; ++c) column[c] = load(rows[i] + from + c * W, c);
    ELMAN_UNROLL(4)
    for (int r = 0; r < R; ++r) {
      const V x = V::all(others[i][first + r]);
      ELMAN_UNROLL(4)
      for (int c = 0; c < kSumColumns; ++c) sum[r][c] = fma(x, column[c], sum[r][c]);
    }
  };
  if (left >= kSumColumns * W)
    for (long i = 0; i < n; ++i) add(i, [](const T* at, int) { return V::load(at); });
  else
    for (long i = 0; i < n; ++i) add(i, [&](const T* at, int c) { return V::load(at, lanes[c]); });
  for (int r = 0; r < R; ++r)
    for (int c = 0; c < kSumColumns; ++c) {
      T lane[W];
      sum[r][c].store(lane);
      for (long k = 0; k < W && c * W + k < left; ++k) to[(c * W + k) * depth + first + r] += lane[k];
    }
}

// Adds up four vectors' worth of columns of n rows, `left` of them there are, from
// column `from` on, and adds that to each of `to` that is not null.
template <class V>
void add_column_sums(const typename V::T* const* rows, long n, long from, long left,
                     typename V::T* const* to, int count) {
  using T = typename V::T;
  constexpr long W = V::width;
  V sum[kSumColumns];
  typename V::Lanes lanes[kSumColumns];
  for (int c = 0; c < kSumColumns; ++c) {
    sum[c] = V::all(0);
    lanes[c] = V::lanes(left - c * W);
  }
  for (long i = 0; i < n; ++i)
    ELMAN_UNROLL(4)
    for (int c = 0; c < kSumColumns; ++c)
      sum[c] = sum[c] + V::load(rows[i] + from + c * W, lanes[c]);
  for (int k = 0; k < count; ++k)
    for (int c = 0; to[k] && c < kSumColumns; ++c) {
      T* const at = to[k] + c * W;
      (V::load(at, lanes[c]) + sum[c]).store(at, lanes[c]);
    }
}

// Adds a row's columns, `width` apart, and those times each of its numbers x, to sums that
// lie one behind the other: of a column, of it times x[0], …, of the next column.
template <class V>
void add_row(const typename V::T* from, int columns, long width, const typename V::T* x, long count,
             typename V::T* to, Range units) {
  using T = typename V::T;
  for (int c = 0; c < columns; ++c, from += width, to += (1 + count) * width) {
    const auto add = [&](long u, auto lanes) {
      const V column = V::load(from + u, lanes);
      (V::load(to + u, lanes) + column).store(to + u, lanes);
      for (long r = 0; r < count; ++r) {
        T* const at = to + (1 + r) * width + u;
        fma(V::all(x[r]), column, V::load(at, lanes)).store(at, lanes);
      }
    };
    long u = units.first;
    for (; u + V::width <= units.last; u += V::width) add(u, Full{});
    if (u < units.last) add(u, V::lanes(units.last - u));
  }
}
