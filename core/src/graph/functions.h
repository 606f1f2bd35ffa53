// The operations of a program on one vector: the interpreter's and printed pieces'
// alike, so that both have the same bits. Each is one operation, with no division
// shared. What math.h has not, the exponential of any number and the logarithm, is
// here.

// e^x, infinite past the largest number and 0 below the smallest normal one. The
// power of two comes in two halves: one alone could be out of range.
template <class V>
ELMAN_INLINE V exp_of(V x) {
  using T = typename V::T;
  using K = ExpConstants<T>;
  constexpr int top = int(sizeof(K::c) / sizeof(T)) - 1;
  constexpr T lowest = sizeof(T) == 4 ? T(-104) : T(-746);
  constexpr T highest = sizeof(T) == 4 ? T(89) : T(710);
  x = max_nan(V::all(lowest), x);
  x = where_greater(x, V::all(highest), V::all(highest), x);
  const V n = fma(x, V::all(K::log2e), V::all(K::magic)) - V::all(K::magic);
  V r = fnma(n, V::all(K::ln2_high), x);
  r = fnma(n, V::all(K::ln2_low), r);
  V p = V::all(K::c[top]);
  ELMAN_UNROLL(16)
  for (int i = top - 1; i >= 0; --i) p = fma(p, r, V::all(K::c[i]));
  const V rest = fma(r * r, p, r);
  const V first = fma(n, V::all(T(0.5)), V::all(K::magic));
  const V second = n - (first - V::all(K::magic)) + V::all(K::magic);
  const V scale = exponent_bits(first);
  return fma(scale, rest, scale) * exponent_bits(second);
}

// ln x: of m in [sqrt(1/2), sqrt(2)) and a power of two, with s = (m - 1) / (m + 1),
// ln m = 2 (s + s^3/3 + s^5/5 + ...). Of 0, and of what counts as 0, minus infinity.
template <class V>
ELMAN_INLINE V log_of(V x) {
  using T = typename V::T;
  constexpr int terms = sizeof(T) == 4 ? 5 : 11;
  constexpr T bias = sizeof(T) == 4 ? T(127) : T(1023);
  constexpr T infinity = T(__builtin_inf());
  constexpr T normal = sizeof(T) == 4 ? T(1.17549435e-38) : T(2.2250738585072014e-308);
  constexpr T largest = sizeof(T) == 4 ? T(3.40282347e38) : T(1.7976931348623157e308);
  // ln 2 in two parts; a power's number times the first is exact.
  constexpr T high = sizeof(T) == 4 ? T(0.693359375) : T(0.693147180369123816490);
  constexpr T low = sizeof(T) == 4 ? T(-2.12194440e-4) : T(1.90821492927058770002e-10);
  const V m = mantissa_of(x), half = m * V::all(T(0.5)), e = exponent_of(x) - V::all(bias);
  const V root = V::all(T(1.4142135623730951));
  const V at = where_greater(m, root, half, m) - V::all(1);
  const V n = where_greater(m, root, e + V::all(1), e);
  const V s = at / (at + V::all(2)), square = s * s;
  V sum = V::all(T(1) / (2 * terms + 1));
  ELMAN_UNROLL(16)
  for (int i = terms - 1; i >= 1; --i) sum = fma(sum, square, V::all(T(1) / (2 * i + 1)));
  const V two = s + s;
  const V small = fma(two * square, sum, fma(n, V::all(low), two));
  V y = fma(n, V::all(high), small);
  y = where_greater(V::all(normal), x, V::all(-infinity), y);
  y = where_greater(V::all(0), x, V::all(T(__builtin_nan(""))), y);
  y = where_greater(x, V::all(largest), x, y);
  return where_nan(x, x, y);
}

namespace ops {

template <class V> ELMAN_INLINE V add(V a, V b) { return a + b; }
template <class V> ELMAN_INLINE V sub(V a, V b) { return a - b; }
template <class V> ELMAN_INLINE V mul(V a, V b) { return a * b; }
template <class V> ELMAN_INLINE V div(V a, V b) { return a / b; }
template <class V> ELMAN_INLINE V neg(V a) { return negated(a); }
template <class V> ELMAN_INLINE V relu(V a) { return max_nan(V::all(0), a); }
template <class V> ELMAN_INLINE V max(V a, V b) { return where_nan(a, a, where_greater(a, b, a, b)); }
template <class V> ELMAN_INLINE V min(V a, V b) { return where_nan(a, a, where_greater(b, a, a, b)); }
template <class V> ELMAN_INLINE V greater(V a, V b) {
  return where_greater(a, b, V::all(1), V::all(0));
}
template <class V> ELMAN_INLINE V step(V a) {
  return where_nan(a, a, where_greater(a, V::all(0), V::all(1), V::all(0)));
}
template <class V> ELMAN_INLINE V sign(V a) {
  const V zero = V::all(0), minus = where_greater(zero, a, V::all(-1), zero);
  return where_nan(a, a, where_greater(a, zero, V::all(1), minus));
}

}  // namespace ops
