// A piece, interpreted: sixteen vectors at a time an instruction, so that finding out
// what to do costs little beside doing it.

constexpr int kItems = 16;

template <class V>
struct Interpreter {
  using T = typename V::T;
  using Registers = V (*)[kItems];

  // Vectors that are worked on together: neighbouring rows at one place, or any.
  struct Rows {
    long first, at;
    T* operator()(T* const* place, int i) const { return place[first + i] + at; }
    long unit(int) const { return at; }
    long row(int i) const { return first + i; }
  };
  struct Any {
    long rows[kItems], units[kItems];
    T* operator()(T* const* place, int i) const { return place[rows[i]] + units[i]; }
    long unit(int i) const { return units[i]; }
    long row(int i) const { return rows[i]; }
  };

  static void run(const Tape& tape, const PieceRows<T>& given, long first, long count, long u0,
                  long u1) {
    constexpr long W = V::width;
    const long whole = (u1 - u0) / W;
    if (count >= kItems) {
      for (long u = u0; u + W <= u1; u += W) {
        long i = 0;
        for (; i + kItems <= count; i += kItems)
          block<kItems>(tape, given, Rows{first + i, u}, kItems, Full{});
        if (i < count) block<0>(tape, given, Rows{first + i, u}, int(count - i), Full{});
      }
    } else {
      any(tape, given, first, count, u0, whole * count);
    }
    if (const long u = u0 + whole * W; u < u1)
      for (long i = 0; i < count; i += kItems)
        block<0>(tape, given, Rows{first + i, u}, int(count - i < kItems ? count - i : kItems),
                 V::lanes(u1 - u));
  }

 private:
  // Few rows: so many vectors of them together, whichever their units.
  static void any(const Tape& tape, const PieceRows<T>& given, long first, long count, long u0,
                  long vectors) {
    long row = first, unit = u0;
    while (vectors > 0) {
      const int n = int(vectors < kItems ? vectors : kItems);
      Any items;
      for (int i = 0; i < n; ++i) {
        items.rows[i] = row;
        items.units[i] = unit;
        if (++row == first + count) row = first, unit += V::width;
      }
      if (n == kItems) block<kItems>(tape, given, items, n, Full{});
      else block<0>(tape, given, items, n, Full{});
      vectors -= n;
    }
  }

  // A row scalar, of this pass or of the one before, as a vector.
  struct Row {
    const T* const* of;
    long at;
    Row(const PieceRows<T>& given, int saved, int index)
        : of(saved ? given.saved_scalars : given.scalars), at(index) {}
    ELMAN_INLINE V operator()(long row) const { return V::all(of[row][at]); }
  };

  // Long operations, each once in the program.
  using Function = void (*)(V*, const V*, int);
  template <V (*f)(V)>
  static __attribute__((noinline)) void each(V* to, const V* a, int n) {
    for (int i = 0; i < n; ++i) to[i] = f(a[i]);
  }
  static V sigmoid_(V a) { return sigmoid(a); }
  static V tanh_(V a) { return tanh(a); }
  static V softplus_(V a) { return softplus(a); }
  static V exp_(V a) { return exp_of(a); }
  static V log_(V a) { return log_of(a); }
  static V sqrt_(V a) { return sqrt_of(a); }

  template <int N, class Items, class M>
  static void block(const Tape& tape, const PieceRows<T>& given, const Items& items, int many,
                    M lanes) {
    const int n = N ? N : many;
    const long H = given.hidden;
    const Registers reg = static_cast<Registers>(given.registers);
    // What will be stored to is fetched meanwhile: registers are memory too, and a store
    // that waits for its line would keep all that come after it waiting.
    for (const TapeStep& s : tape.code) {
      const bool stores = Op(s.op) == Op::store || Op(s.op) == Op::accumulate;
      T* const* const place = stores ? given.place[s.a] : nullptr;
      for (int i = 0; place && i < n; ++i) __builtin_prefetch(items(place, i) + s.b * H, 1, 3);
    }
#define ELMAN_EACH(x)                      \
  {                                        \
    ELMAN_UNROLL(16)                       \
    for (int i = 0; i < n; ++i) to[i] = x; \
    break;                                 \
  }
    for (const TapeStep& s : tape.code) {
      V* const to = reg[s.to];
      switch (Op(s.op)) {
        case Op::load: {
          if (s.a < 0) {
            const T* const unit = given.units[s.b];
            ELMAN_EACH(V::load(unit + items.unit(i), lanes))
          }
          T* const* const place = given.place[s.a];
          const long column = s.b * H;
          ELMAN_EACH(V::load(items(place, i) + column, lanes))
        }
        case Op::store: {
          T* const* const place = given.place[s.a];
          const long column = s.b * H;
          if (place)
            ELMAN_UNROLL(8)
            for (int i = 0; i < n; ++i) to[i].store(items(place, i) + column, lanes);
          break;
        }
        case Op::accumulate: {
          T* const* const place = given.place[s.a];
          const long column = s.b * H;
          if (place)
            ELMAN_UNROLL(8)
            for (int i = 0; i < n; ++i) {
              T* const at = items(place, i) + column;
              (V::load(at, lanes) + to[i]).store(at, lanes);
            }
          break;
        }
        case Op::sum: {
          T* const* const place = given.place[kSums];
          const long column = s.a * H;
          ELMAN_UNROLL(8)
          for (int i = 0; i < n; ++i) to[i].store(items(place, i) + column, lanes);
          break;
        }
        case Op::constant: {
          const V value = V::all(given.constants[s.a]);
          ELMAN_EACH(value)
        }
        case Op::width: {
          const V value = V::all(T(H));
          ELMAN_EACH(value)
        }
        case Op::row: {
          const T* const* const scalars = s.a ? given.saved_scalars : given.scalars;
          ELMAN_EACH(V::all(scalars[items.row(i)][s.b]))
        }
        case Op::unit_fma: {
          const T *const by = given.units[s.a], *const plus = given.units[s.c];
          const V* const b = reg[s.b];
          ELMAN_EACH(fma(V::load(by + items.unit(i), lanes), b[i], V::load(plus + items.unit(i), lanes)))
        }
        case Op::standard: {
          const TapeStep& rows = (&s)[1];
          const Row mean{given, rows.to, rows.a}, by{given, rows.b, rows.c};
          T* const* const place = given.place[s.a];
          const long column = s.b * H;
          ELMAN_EACH((V::load(items(place, i) + column, lanes) - mean(items.row(i))) * by(items.row(i)))
        }
        case Op::standard_back: {
          const TapeStep &rows = (&s)[1], &other = (&s)[2];
          const Row mean{given, rows.to, rows.a}, by{given, rows.b, rows.c};
          const Row share{given, other.b, other.c};
          T *const *const p = given.place[s.a], *const *const q = given.place[other.to];
          const long of_p = s.b * H, of_q = other.a * H;
          ELMAN_EACH(by(items.row(i)) * fnma(V::load(items(p, i) + of_p, lanes), share(items.row(i)),
                                             V::load(items(q, i) + of_q, lanes) - mean(items.row(i))))
        }
        case Op::more: break;
        default: arithmetic<N>(s, to, reg[s.a], reg[s.b], reg[s.c], n);
      }
    }
  }

  template <class W>
  friend void run_scalars(const Tape&, const PieceRows<typename W::T>&, long, long);

  template <int N>
  static ELMAN_INLINE void arithmetic(const TapeStep& s, V* to, const V* a, const V* b, const V* c,
                                      int many) {
    const int n = N ? N : many;
    switch (Op(s.op)) {
      case Op::add: ELMAN_EACH(a[i] + b[i])
      case Op::sub: ELMAN_EACH(a[i] - b[i])
      case Op::mul: ELMAN_EACH(a[i] * b[i])
      case Op::div: ELMAN_EACH(a[i] / b[i])
      case Op::fma: ELMAN_EACH(fma(a[i], b[i], c[i]))
      case Op::fnma: ELMAN_EACH(fnma(a[i], b[i], c[i]))
      case Op::neg: ELMAN_EACH(negated(a[i]))
      case Op::relu: ELMAN_EACH(ops::relu(a[i]))
      case Op::max: ELMAN_EACH(ops::max(a[i], b[i]))
      case Op::min: ELMAN_EACH(ops::min(a[i], b[i]))
      case Op::abs: ELMAN_EACH(absolute(a[i]))
      case Op::greater: ELMAN_EACH(ops::greater(a[i], b[i]))
      case Op::select: ELMAN_EACH(where_nonzero(a[i], b[i], c[i]))
      case Op::step: ELMAN_EACH(ops::step(a[i]))
      case Op::sign: ELMAN_EACH(ops::sign(a[i]))
      case Op::sigmoid: return each<sigmoid_>(to, a, n);
      case Op::tanh: return each<tanh_>(to, a, n);
      case Op::softplus: return each<softplus_>(to, a, n);
      case Op::exp: return each<exp_>(to, a, n);
      case Op::log: return each<log_>(to, a, n);
      case Op::sqrt: return each<sqrt_>(to, a, n);
      default: return;
    }
#undef ELMAN_EACH
  }
};

// Sums over the units of each row: so many numbers to 64 bytes, lane by lane, and the
// lanes folded in halves at the end. One order for every instruction set; no panel and
// no thread shows in it.
template <class V, class From>
typename V::T row_sum(long H, From from) {
  using T = typename V::T;
  constexpr long W = V::width;
  constexpr int parts = int(64 / (W * sizeof(T)));
  V sum[parts];
  ELMAN_UNROLL(4)
  for (int p = 0; p < parts; ++p) sum[p] = V::all(0);
  long u = 0;
  for (; u + parts * W <= H; u += parts * W)
    ELMAN_UNROLL(4)
    for (int p = 0; p < parts; ++p) sum[p] = sum[p] + from(u + p * W, Full{});
  for (int p = 0; p < parts && u + p * W < H; ++p)
    sum[p] = sum[p] + from(u + p * W, V::lanes(H - u - p * W));
  if constexpr (parts == 4) sum[0] = sum[0] + sum[2], sum[1] = sum[1] + sum[3];
  if constexpr (parts > 1) sum[0] = sum[0] + sum[1];
  return fold(sum[0]);
}

// What is summed: a vector, the product of two, the square of one less a number.
template <class V>
struct Plain {
  const typename V::T* a;
  template <class M>
  ELMAN_INLINE V operator()(long u, M m) const { return V::load(a + u, m); }
};
template <class V>
struct Products {
  const typename V::T *a, *b;
  template <class M>
  ELMAN_INLINE V operator()(long u, M m) const { return V::load(a + u, m) * V::load(b + u, m); }
};
template <class V>
struct Spread {
  const typename V::T* a;
  V middle;
  ELMAN_INLINE V operator()(long u, Full m) const { return square(V::load(a + u, m) - middle); }
  // Lanes past the last unit are no units.
  ELMAN_INLINE V operator()(long u, typename V::Lanes m) const {
    typename V::T lanes[V::width];
    V::all(0).store(lanes);
    square(V::load(a + u, m) - middle).store(lanes, m);
    return V::load(lanes);
  }
  static ELMAN_INLINE V square(V x) { return x * x; }
};

// A piece that sets row scalars, for rows first..first+count-1, of which there are at most
// as many as a vector has lanes: a lane each.
template <class V>
void run_scalars(const Tape& tape, const PieceRows<typename V::T>& given, long first, long count) {
  using T = typename V::T;
  const auto reg = static_cast<V(*)[kItems]>(given.registers);
  T lane[V::width];
  V::all(0).store(lane);
  for (const TapeStep& s : tape.code) {
    V* const to = reg[s.to];
    switch (Op(s.op)) {
      case Op::row: {
        const T* const* const scalars = s.a ? given.saved_scalars : given.scalars;
        for (long i = 0; i < count; ++i) lane[i] = scalars[first + i][s.b];
        *to = V::load(lane);
        break;
      }
      case Op::constant: *to = V::all(given.constants[s.a]); break;
      case Op::width: *to = V::all(T(given.hidden)); break;
      case Op::set:
        to->store(lane);
        // This thread's own memory, which pieces only read.
        for (long i = 0; i < count; ++i) const_cast<T*>(given.scalars[first + i])[s.a] = lane[i];
        break;
      default: Interpreter<V>::template arithmetic<1>(s, to, reg[s.a], reg[s.b], reg[s.c], 1);
    }
  }
}
