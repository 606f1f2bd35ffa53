// exp, sigmoid and tanh of a vector, without a comparison.
//
// Each function comes as a fraction whose denominator lies in [1, 2], from
// e^(-|x|): nothing can overflow, and saturation is exact. Errors, by exhaustive
// test over every float (core/tests): see docs/core.md. A NaN leaves as a NaN:
// max_nan returns its second operand when either is one, and every later step
// multiplies or adds it.

template <class T>
struct ExpConstants;

template <>
struct ExpConstants<float> {
  static constexpr float lowest = -86.0f;  // e^x stays a normal number
  static constexpr float log2e = 1.44269504088896341f;
  // ln 2 in two parts; n times the first is exact.
  static constexpr float ln2_high = 0.693359375f;
  static constexpr float ln2_low = -2.12194440054690583e-4f;
  // Adding 1.5 * 2^23 rounds to an integer; the extra 127 makes its low bits
  // the biased exponent of 2^n.
  static constexpr float magic = 12582912.0f + 127.0f;
  // (e^r - 1 - r) / r^2 on |r| <= ln(2)/2, error 1e-8.
  static constexpr float c[] = {0.5f, 0.16666576f, 0.041666552f, 0.008363293f, 0.0013926326f};
};

template <>
struct ExpConstants<double> {
  static constexpr double lowest = -708.0;
  static constexpr double log2e = 1.44269504088896341;
  static constexpr double ln2_high = 0.693145751953125;
  static constexpr double ln2_low = 1.42860682030941723212e-6;
  static constexpr double magic = 6755399441055744.0 + 1023.0;
  // The same, error 1.8e-17.
  static constexpr double c[] = {
      0.5000000000000001042,     0.1666666666666666747,    0.04166666666662347676,
      0.008333333333330011761,   0.001388888891753829585,  0.000198412698633032233,
      0.00002480152079257269284, 2.755726807289009826e-6,  2.762032742826823816e-7,
      2.510056927581368263e-8};
};

// e^x = scale * (1 + rest) for x <= 0, scale a power of two.
template <class V>
struct SplitExp {
  V scale, rest;
};

template <class V>
ELMAN_INLINE SplitExp<V> split_exp(V x) {
  using T = typename V::T;
  using K = ExpConstants<T>;
  constexpr int top = int(sizeof(K::c) / sizeof(T)) - 1;
  x = max_nan(V::all(K::lowest), x);
  const V m = fma(x, V::all(K::log2e), V::all(K::magic));
  const V n = m - V::all(K::magic);
  V r = fnma(n, V::all(K::ln2_high), x);
  r = fnma(n, V::all(K::ln2_low), r);
  V p = V::all(K::c[top]);
  ELMAN_UNROLL(16)
  for (int i = top - 1; i >= 0; --i) p = fma(p, r, V::all(K::c[i]));
  return {exponent_bits(m), fma(r * r, p, r)};
}

// A value in two parts, over / under, with 1 <= under <= 2.
template <class V>
struct Fraction {
  V over, under;
};

template <class V>
ELMAN_INLINE Fraction<V> sigmoid_fraction(V x) {
  const SplitExp<V> e = split_exp(negative_abs(x));
  const V small = fma(e.scale, e.rest, e.scale);  // e^(-|x|)
  return {by_sign(x, V::all(1), small), V::all(1) + small};
}

// e^x - 1 for x <= 0.
template <class V>
ELMAN_INLINE V exp_less_one(V x) {
  const SplitExp<V> e = split_exp(x);
  return fma(e.scale, e.rest, e.scale - V::all(1));
}

template <class V>
ELMAN_INLINE Fraction<V> tanh_fraction(V x) {
  const V d = negative_abs(x);
  const V less = exp_less_one(d + d);
  return {with_sign_of(less, x), V::all(2) + less};
}

template <class V>
ELMAN_INLINE V value(Fraction<V> a) {
  return a.over / a.under;
}
template <class V>
ELMAN_INLINE V sigmoid(V x) { return value(sigmoid_fraction(x)); }
template <class V>
ELMAN_INLINE V tanh(V x) { return value(tanh_fraction(x)); }

// ln(1 + e^x) = max(x, 0) + ln(1 + e), e = e^(-|x|), and with z = e / (2 + e),
// which is at most 1/3, ln(1 + e) = 2 (z + z^3/3 + z^5/5 + ...).
template <class V>
ELMAN_INLINE V softplus(V x) {
  using T = typename V::T;
  constexpr int terms = sizeof(T) == 4 ? 8 : 17;
  const SplitExp<V> split = split_exp(negative_abs(x));
  const V e = fma(split.scale, split.rest, split.scale);
  const V z = e / (V::all(2) + e), square = z * z;
  V sum = V::all(T(1) / (2 * terms - 1));
  ELMAN_UNROLL(16)
  for (int i = terms - 2; i >= 0; --i) sum = fma(sum, square, V::all(T(1) / (2 * i + 1)));
  return fma(z + z, sum, max_nan(V::all(0), x));
}
