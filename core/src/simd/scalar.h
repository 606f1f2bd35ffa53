// No instruction set at all: four lanes in plain C++, which any compiler may
// vectorise for its baseline. fma() rounds twice here: a baseline processor
// has no fused instruction, and calling one in software would cost fifty times
// the product.
#define ELMAN_REGISTERS 16
#define ELMAN_ACCUMULATORS 8
#define ELMAN_PLAIN_COLUMNS 2

constexpr char kIsa[] = "scalar";

// stream() is a plain store here.
inline void end_streams() {}

template <class T>
struct Bits;
template <>
struct Bits<float> {
  using type = unsigned;
  static constexpr int mantissa = 23;
};
template <>
struct Bits<double> {
  using type = unsigned long long;
  static constexpr int mantissa = 52;
};

template <class T_>
struct Vec {
  using T = T_;
  static constexpr long width = 4;
  using Lanes = long;
  T v[width];

  static Lanes lanes(long n) { return n >= width ? width : n <= 0 ? 0 : n; }
  static Vec load(const T* p) {
    Vec r;
    for (long i = 0; i < width; ++i) r.v[i] = p[i];
    return r;
  }
  static Vec load(const T* p, Lanes n) {
    if (n == width) return load(p);
    Vec r = all(T(0));
    for (long i = 0; i < n; ++i) r.v[i] = p[i];
    return r;
  }
  static Vec all(T x) {
    Vec r;
    for (long i = 0; i < width; ++i) r.v[i] = x;
    return r;
  }
  void stream(T* p) const { store(p); }
  void store(T* p) const {
    for (long i = 0; i < width; ++i) p[i] = v[i];
  }
  static Vec load(const T* p, Full) { return load(p); }
  void store(T* p, Full) const { store(p); }
  void store(T* p, Lanes n) const {
    for (long i = 0; i < n; ++i) p[i] = v[i];
  }
};

template <class T, class F>
ELMAN_INLINE Vec<T> each(Vec<T> a, F f) {
  for (long i = 0; i < Vec<T>::width; ++i) a.v[i] = f(i);
  return a;
}
template <class T>
ELMAN_INLINE T from_bits(typename Bits<T>::type b) {
  T x;
  __builtin_memcpy(&x, &b, sizeof x);
  return x;
}
template <class T>
ELMAN_INLINE typename Bits<T>::type to_bits(T x) {
  typename Bits<T>::type b;
  __builtin_memcpy(&b, &x, sizeof b);
  return b;
}

template <class T> ELMAN_INLINE Vec<T> operator+(Vec<T> a, Vec<T> b) { return each(a, [&](long i) { return a.v[i] + b.v[i]; }); }
template <class T> ELMAN_INLINE Vec<T> operator-(Vec<T> a, Vec<T> b) { return each(a, [&](long i) { return a.v[i] - b.v[i]; }); }
template <class T> ELMAN_INLINE Vec<T> operator*(Vec<T> a, Vec<T> b) { return each(a, [&](long i) { return a.v[i] * b.v[i]; }); }
template <class T> ELMAN_INLINE Vec<T> operator/(Vec<T> a, Vec<T> b) { return each(a, [&](long i) { return a.v[i] / b.v[i]; }); }
template <class T> ELMAN_INLINE Vec<T> fma(Vec<T> a, Vec<T> b, Vec<T> c) { return each(a, [&](long i) { return a.v[i] * b.v[i] + c.v[i]; }); }
template <class T> ELMAN_INLINE Vec<T> fnma(Vec<T> a, Vec<T> b, Vec<T> c) { return each(a, [&](long i) { return c.v[i] - a.v[i] * b.v[i]; }); }
template <class T> ELMAN_INLINE Vec<T> max_nan(Vec<T> a, Vec<T> b) { return each(a, [&](long i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; }); }
template <class T> ELMAN_INLINE Vec<T> negative_abs(Vec<T> a) { return each(a, [&](long i) { return -__builtin_fabs(a.v[i]); }); }
template <class T> ELMAN_INLINE Vec<T> with_sign_of(Vec<T> m, Vec<T> s) { return each(m, [&](long i) { return T(__builtin_copysign(m.v[i], s.v[i])); }); }
template <class T> ELMAN_INLINE Vec<T> by_sign(Vec<T> x, Vec<T> plus, Vec<T> minus) { return each(x, [&](long i) { return x.v[i] < T(0) ? minus.v[i] : plus.v[i]; }); }
template <class T> ELMAN_INLINE Vec<T> exponent_bits(Vec<T> m) {
  return each(m, [&](long i) { return from_bits<T>(to_bits<T>(m.v[i]) << Bits<T>::mantissa); });
}
template <class T> ELMAN_INLINE Vec<T> sqrt_of(Vec<T> a) { return each(a, [&](long i) { return T(__builtin_sqrt(a.v[i])); }); }
template <class T> ELMAN_INLINE Vec<T> negated(Vec<T> a) { return each(a, [&](long i) { return -a.v[i]; }); }
template <class T> ELMAN_INLINE Vec<T> absolute(Vec<T> a) { return each(a, [&](long i) { return T(__builtin_fabs(a.v[i])); }); }
// a > b ? x : y, also where a or b is NaN; c != 0 ? x : y; a is NaN ? x : y.
template <class T> ELMAN_INLINE Vec<T> where_greater(Vec<T> a, Vec<T> b, Vec<T> x, Vec<T> y) { return each(a, [&](long i) { return a.v[i] > b.v[i] ? x.v[i] : y.v[i]; }); }
template <class T> ELMAN_INLINE Vec<T> where_nonzero(Vec<T> c, Vec<T> x, Vec<T> y) { return each(c, [&](long i) { return c.v[i] != T(0) ? x.v[i] : y.v[i]; }); }
template <class T> ELMAN_INLINE Vec<T> where_nan(Vec<T> a, Vec<T> x, Vec<T> y) { return each(a, [&](long i) { return a.v[i] != a.v[i] ? x.v[i] : y.v[i]; }); }
// Of a positive number: the exponent's bits as a number, and the rest, in [1, 2).
template <class T> ELMAN_INLINE Vec<T> exponent_of(Vec<T> a) { return each(a, [&](long i) { return T(to_bits<T>(a.v[i]) >> Bits<T>::mantissa); }); }
template <class T> ELMAN_INLINE Vec<T> mantissa_of(Vec<T> a) {
  constexpr auto low = (typename Bits<T>::type(1) << Bits<T>::mantissa) - 1;
  return each(a, [&](long i) { return from_bits<T>((to_bits<T>(a.v[i]) & low) | to_bits<T>(T(1))); });
}
// The sum of all lanes, halves folded onto each other.
template <class T> ELMAN_INLINE T fold(Vec<T> a) { return (a.v[0] + a.v[2]) + (a.v[1] + a.v[3]); }
// The first half of both, lane by lane in turns, and the second half.
template <class T> ELMAN_INLINE Vec<T> zip_low(Vec<T> a, Vec<T> b) { return {{a.v[0], b.v[0], a.v[1], b.v[1]}}; }
template <class T> ELMAN_INLINE Vec<T> zip_high(Vec<T> a, Vec<T> b) { return {{a.v[2], b.v[2], a.v[3], b.v[3]}}; }
