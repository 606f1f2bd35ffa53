// The two matrix products: rows times a packed matrix (states), and a sum of
// outer products over rows (weight gradients). Every output element is one
// chain of fma over the depth in its natural order, whatever tile, thread or
// batch it lands in: that is why results have the same bits everywhere.

// A depth x N matrix in panels of `columns` vectors, [panel][depth][columns][W].
// In gate panels a column is a gate: vector c of panel p holds units p*W.. of
// gate c, `stride` apart in a row. In plain panels it is the next W units.
template <class T>
struct Panels {
  const T* data;
  long depth, units, count, stride;
  int columns;
  bool gates;
};

template <class V>
Panels<typename V::T> panels(long depth, long units, int columns, bool gates) {
  const long per = gates ? V::width : V::width * columns;
  return {nullptr, depth, units, (units + per - 1) / per, gates ? units : V::width, columns, gates};
}
template <class V>
long panel_size(const Panels<typename V::T>& m) {
  return m.depth * m.columns * V::width;
}
template <class V>
long panels_size(const Panels<typename V::T>& m) {
  return m.count * panel_size<V>(m);
}
// First unit of a panel, and one past its last.
template <class V>
long first_unit(const Panels<typename V::T>& m, long p) {
  const long u = p * V::width * (m.gates ? 1 : m.columns);
  return u < m.units ? u : m.units;
}

// Turns rows into columns, in registers: each round deals the first and the second
// half of the rows out in turns.
template <class V>
ELMAN_INLINE void transpose(V (&r)[V::width]) {
  constexpr int W = int(V::width);
  V t[W];
  ELMAN_UNROLL(4)
  for (int half = 1; half < W; half *= 2) {
    ELMAN_UNROLL(16)
    for (int i = 0; i < W / 2; ++i) {
      t[2 * i] = zip_low(r[i], r[i + W / 2]);
      t[2 * i + 1] = zip_high(r[i], r[i + W / 2]);
    }
    ELMAN_UNROLL(16)
    for (int i = 0; i < W; ++i) r[i] = t[i];
  }
}

// Packs panels [p0, p1) of a matrix given by rows, source[n][k], n the output.
// Gate c takes rows gate[c] * units .. of the source.
template <class V>
void pack_rows(const Panels<typename V::T>& m, typename V::T* out, const typename V::T* source,
               const int* gate, long p0, long p1) {
  constexpr long W = V::width;
  const long step = m.columns * W;
  for (long p = p0; p < p1; ++p)
    for (int c = 0; c < m.columns; ++c) {
      const long unit = m.gates ? p * W : (p * m.columns + c) * W;
      const long row = (m.gates ? gate[c] * m.units : 0) + unit;
      const long left = m.units > unit ? m.units - unit : 0, there = left < W ? left : W;
      const typename V::T* from = source + row * m.depth;
      typename V::T* to = out + p * panel_size<V>(m) + c * W;
      V block[W];
      long k = 0;
      for (; there == W && k + W <= m.depth; k += W) {
        ELMAN_UNROLL(16)
        for (long lane = 0; lane < W; ++lane) block[lane] = V::load(from + lane * m.depth + k);
        transpose<V>(block);
        ELMAN_UNROLL(16)
        for (long i = 0; i < W; ++i) block[i].store(to + (k + i) * step);
      }
      for (; k < m.depth; ++k) {
        for (long lane = 0; lane < there; ++lane) to[k * step + lane] = from[lane * m.depth + k];
        for (long lane = there; lane < W; ++lane) to[k * step + lane] = 0;
      }
    }
}

// Packs panels [p0, p1) of source[k][n], n the output; the depth runs over
// `gates` blocks of `block` rows, block g read from block gate[g].
template <class V>
void pack_columns(const Panels<typename V::T>& m, typename V::T* out, const typename V::T* source,
                  const int* gate, int gates, long block, long p0, long p1) {
  constexpr long W = V::width;
  for (long p = p0; p < p1; ++p) {
    typename V::T* to = out + p * panel_size<V>(m);
    for (int g = 0; g < gates; ++g)
      for (long k = 0; k < block; ++k)
        for (int c = 0; c < m.columns; ++c, to += W) {
          const long unit = (p * m.columns + c) * W;
          const typename V::T* from = source + (gate[g] * block + k) * m.units + unit;
          if (unit + W <= m.units) V::load(from).store(to);
          else if (unit < m.units) V::load(from, V::lanes(m.units - unit)).store(to);
          else V::all(0).store(to);
        }
  }
}

// Memory to fetch into the second cache while a tile is computed: so many bytes
// at each multiplication.
struct Ahead {
  const char* from;
  long step;
};
struct Memory {
  const void* from = nullptr;
  long bytes = 0;
};

template <class V, int R, int C>
void tile(const typename V::T* const* a, long a_offset, const typename V::T* b, long depth,
          const typename V::T* const* start, const typename V::T* common,
          typename V::T* const* out, long offset, long stride, const typename V::Lanes* lanes,
          bool full, Ahead ahead) {
  using T = typename V::T;
  V acc[R][C];
  const T* rows[R];
  ELMAN_UNROLL(8)
  for (int r = 0; r < R; ++r) {
    rows[r] = a[r] + a_offset;
    const T* from = start ? start[r] + offset : common ? common + offset : nullptr;
    ELMAN_UNROLL(8)
    for (int c = 0; c < C; ++c)
      acc[r][c] = !from  ? V::all(0)
                  : full ? V::load(from + c * stride)
                         : V::load(from + c * stride, lanes[c]);
  }
  ELMAN_UNROLL(2)
  for (long k = 0; k < depth; ++k) {
    __builtin_prefetch(ahead.from, 0, 2);
    ahead.from += ahead.step;
    V w[C];
    ELMAN_UNROLL(8)
    for (int c = 0; c < C; ++c) w[c] = V::load(b + c * V::width);
    b += C * V::width;
    ELMAN_UNROLL(8)
    for (int r = 0; r < R; ++r) {
      const V x = V::all(rows[r][k]);
      ELMAN_UNROLL(8)
      for (int c = 0; c < C; ++c) acc[r][c] = fma(x, w[c], acc[r][c]);
    }
  }
  ELMAN_UNROLL(8)
  for (int r = 0; r < R; ++r)
    ELMAN_UNROLL(8)
    for (int c = 0; c < C; ++c) {
      T* to = out[r] + offset + c * stride;
      full ? acc[r][c].store(to) : acc[r][c].store(to, lanes[c]);
    }
}

// A tile's sums stay in registers, beside C vectors of the matrix and one number
// of a row: one more, and a sum's chain runs through memory at half the speed.
template <int C>
constexpr int max_rows() {
  constexpr int sums = ELMAN_ACCUMULATORS / C, room = (ELMAN_REGISTERS - 1 - C) / C;
  constexpr int rows = sums < room ? sums : room;
  return rows < 8 ? rows : 8;
}

template <class V, int C, int R = max_rows<C>()>
void tile_of(int r, const typename V::T* const* a, long a_offset, const typename V::T* b,
             long depth, const typename V::T* const* start, const typename V::T* common,
             typename V::T* const* out, long offset, long stride,
             const typename V::Lanes* lanes, bool full, Ahead ahead) {
  if (r == R)
    return tile<V, R, C>(a, a_offset, b, depth, start, common, out, offset, stride, lanes, full,
                         ahead);
  if constexpr (R > 1)
    tile_of<V, C, R - 1>(r, a, a_offset, b, depth, start, common, out, offset, stride, lanes,
                         full, ahead);
}

// Panel p of out = start + a * m, over n rows given by pointers. start null:
// every row starts from `common`, or from zero if that is null too. offset:
// where unit 0 of column 0 lies in a row of start and out.
template <class V>
struct Product {
  using T = typename V::T;
  const T* const* a;
  long a_offset;
  const T* const* start;
  const T* common;
  T* const* out;
  long offset;
  long rows;

  // `next` is fetched meanwhile.
  void operator()(const Panels<T>& m, long p, Memory next = {}) const {
    switch (m.columns) {
      case 1: return run<1>(m, p, next);
      case 2: return run<2>(m, p, next);
      case 3: return run<3>(m, p, next);
      case 8: return run<8>(m, p, next);
      default: return run<4>(m, p, next);
    }
  }

  template <int C>
  void run(const Panels<T>& m, long p, Memory next) const {
    const T* b = m.data + p * panel_size<V>(m);
    const long unit = first_unit<V>(m, p);
    const bool full = m.units - unit >= V::width * (m.gates ? 1 : C);
    typename V::Lanes lanes[C];
    for (int c = 0; c < C; ++c)
      lanes[c] = full ? V::lanes(V::width)
                      : V::lanes(m.units - unit - (m.gates ? 0 : c * V::width));
    // Tiles of equal height: 16 rows are 6 + 5 + 5, not 6 + 6 + 4.
    const long tiles = (rows + max_rows<C>() - 1) / max_rows<C>();
    Ahead ahead{reinterpret_cast<const char*>(b), 0};
    if (const long times = tiles * m.depth; next.bytes && times)
      ahead = {static_cast<const char*>(next.from), (next.bytes + times - 1) / times};
    for (long i = 0, r = 0; i < tiles; ++i) {
      const long height = tiles == 1 ? rows : (rows - r + tiles - i - 1) / (tiles - i);
      tile_of<V, C>(int(height), a + r, a_offset, b, m.depth, start ? start + r : nullptr, common,
                    out + r, offset + unit, m.stride, lanes, full, ahead);
      ahead.from += ahead.step * m.depth;
      r += height;
    }
  }
};

// Calls f(i, u, lanes) for n rows and each vector of a panel's units.
template <class V, class F>
ELMAN_INLINE void each_unit(const Panels<typename V::T>& m, long p, long n, F f) {
  const long u1 = first_unit<V>(m, p + 1);
  long u = first_unit<V>(m, p);
  for (; u + V::width <= u1; u += V::width)
    for (long i = 0; i < n; ++i) f(i, u, Full{});
  if (u == u1) return;
  const auto lanes = V::lanes(u1 - u);
  for (long i = 0; i < n; ++i) f(i, u, lanes);
}

// Calls f(panel, memory) for panels in turn, and what is worth fetching
// meanwhile: the next panel of a large matrix, a piece of `other` with a small
// one. Every other sweep goes backwards: what the second cache holds of a large
// matrix is its end, and the next sweep starts there.
template <class V, class F>
void sweep(const Panels<typename V::T>& m, Range p, bool back, F f, Memory other = {}) {
  constexpr long kNear = 1 << 20;  // bytes the second cache holds anyway
  const long n = p.last - p.first, size = panel_size<V>(m) * long(sizeof(typename V::T));
  for (long i = 0; i < n; ++i) {
    const long at = back ? p.last - 1 - i : p.first + i;
    Memory next;
    if (n * size <= kNear) {
      const Range piece = slice(other.bytes, int(i), int(n));
      next = {static_cast<const char*>(other.from) + piece.first, piece.last - piece.first};
    } else if (i + 1 < n) {
      next = {m.data + (back ? at - 1 : at + 1) * panel_size<V>(m), size};
    }
    f(at, next);
  }
}

// out[r][c] += sum over k of a[k][r] * b[k][c]; the sum of one call starts at
// zero, which keeps rounding errors of a long batch small.
template <class V, int R, int C>
void outer_tile(const typename V::T* a, const typename V::T* b, long depth,
                typename V::T* const* out, long offset, const typename V::Lanes* lanes,
                bool full) {
  V acc[R][C];
  ELMAN_UNROLL(8)
  for (int r = 0; r < R; ++r)
    ELMAN_UNROLL(4)
    for (int c = 0; c < C; ++c) acc[r][c] = V::all(0);
  // What is added to is fetched a line at a time: asked for at once, so many
  // lines from far away would keep those of `b` waiting.
  for (long k = 0, part = 0; part < R * C; ++part) {
    __builtin_prefetch(out[part / C] + offset + part % C * V::width, 1, 3);
    const long last = depth * (part + 1) / (R * C);
    ELMAN_UNROLL(2)
    for (; k < last; ++k) {
      V w[C];
      ELMAN_UNROLL(4)
      for (int c = 0; c < C; ++c) w[c] = V::load(b + c * V::width);
      b += C * V::width;
      ELMAN_UNROLL(8)
      for (int r = 0; r < R; ++r) {
        const V x = V::all(a[r]);
        ELMAN_UNROLL(4)
        for (int c = 0; c < C; ++c) acc[r][c] = fma(x, w[c], acc[r][c]);
      }
      a += R;
    }
  }
  ELMAN_UNROLL(8)
  for (int r = 0; r < R; ++r)
    ELMAN_UNROLL(4)
    for (int c = 0; c < C; ++c) {
      typename V::T* to = out[r] + offset + c * V::width;
      if (full) (V::load(to) + acc[r][c]).store(to);
      else (V::load(to, lanes[c]) + acc[r][c]).store(to, lanes[c]);
    }
}

template <class V, int C, int R = max_rows<C>()>
void outer_tile_of(int r, const typename V::T* a, const typename V::T* b, long depth,
                   typename V::T* const* out, long offset, const typename V::Lanes* lanes,
                   bool full) {
  if (r == R) return outer_tile<V, R, C>(a, b, depth, out, offset, lanes, full);
  if constexpr (R > 1) outer_tile_of<V, C, R - 1>(r, a, b, depth, out, offset, lanes, full);
}

constexpr int kOuterRows = max_rows<ELMAN_PLAIN_COLUMNS>();

// `depth` rows of n numbers, given by pointers, in plain panels.
template <class V>
void pack_batch(const typename V::T* const* rows, long depth, long n, typename V::T* out) {
  constexpr long W = V::width;
  for (long u = 0; u < n; u += ELMAN_PLAIN_COLUMNS * W) {
    const long left = (n - u + W - 1) / W;
    const int columns = left < ELMAN_PLAIN_COLUMNS ? int(left) : ELMAN_PLAIN_COLUMNS;
    const typename V::Lanes last = V::lanes(n - u - (columns - 1) * W);
    for (long k = 0; k < depth; ++k) {
      const typename V::T* from = rows[k] + u;
      for (int c = 0; c + 1 < columns; ++c, out += W) V::load(from + c * W).store(out);
      V::load(from + (columns - 1) * W, last).store(out);
      out += W;
    }
  }
}
template <class V>
long packed_batch_size(long depth, long n) {
  return (n + V::width - 1) / V::width * V::width * depth;
}

// A group is copied in pieces of this many numbers, one or two instructions
// each: what lies past the group is overwritten by the next piece. So rows may
// be read, and a group's memory written, up to this much past their end.
constexpr int kPiece = kOuterRows <= 4 ? 4 : 8;

// `count` <= kOuterRows consecutive numbers of each of `depth` rows, side by side.
template <class V>
void pack_group(const typename V::T* const* rows, long first, int count, long depth,
                typename V::T* out) {
  static_assert(kOuterRows <= kPiece);
  for (long k = 0; k < depth; ++k, out += count)
    __builtin_memcpy(out, rows[k] + first, kPiece * sizeof(typename V::T));
}

// Adds one group's outer products with a packed batch of n numbers to `out`.
template <class V>
void outer(const typename V::T* group, int count, const typename V::T* batch, long depth, long n,
           typename V::T* const* out) {
  constexpr long W = V::width;
  for (long u = 0; u < n; u += ELMAN_PLAIN_COLUMNS * W) {
    const long left = (n - u + W - 1) / W;
    const int columns = left < ELMAN_PLAIN_COLUMNS ? int(left) : ELMAN_PLAIN_COLUMNS;
    typename V::Lanes lanes[ELMAN_PLAIN_COLUMNS];
    for (int c = 0; c < columns; ++c) lanes[c] = V::lanes(n - u - c * W);
    const bool full = n - u >= columns * W;
    if (columns == ELMAN_PLAIN_COLUMNS) {
      outer_tile_of<V, ELMAN_PLAIN_COLUMNS>(count, group, batch, depth, out, u, lanes, full);
    } else {
      switch (columns) {
        case 1: outer_tile_of<V, 1, kOuterRows>(count, group, batch, depth, out, u, lanes, full); break;
#if ELMAN_PLAIN_COLUMNS > 2
        case 2: outer_tile_of<V, 2, kOuterRows>(count, group, batch, depth, out, u, lanes, full); break;
        case 3: outer_tile_of<V, 3, kOuterRows>(count, group, batch, depth, out, u, lanes, full); break;
#endif
        default: break;
      }
    }
    batch += depth * columns * W;
  }
}
