// AVX2 with FMA: eight floats or four doubles, 16 registers.
#define ELMAN_REGISTERS 16
#define ELMAN_ACCUMULATORS 12
#define ELMAN_PLAIN_COLUMNS 2

constexpr char kIsa[] = "avx2";

// After stream(): other threads see all of it.
inline void end_streams() { _mm_sfence(); }

template <class T>
struct Vec;

// The tail of a row: how many lanes, and the mask that reaches no further.
struct Lanes32 {
  long n;
  __m256i mask;
};

template <>
struct Vec<float> {
  using T = float;
  static constexpr long width = 8;
  using Lanes = Lanes32;
  __m256 v;

  static Lanes lanes(long n) {
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const int limit = n >= width ? int(width) : n <= 0 ? 0 : int(n);
    return {limit, _mm256_cmpgt_epi32(_mm256_set1_epi32(limit), index)};
  }
  static Vec load(const T* p) { return {_mm256_loadu_ps(p)}; }
  static Vec load(const T* p, const Lanes& m) {
    return {m.n == width ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, m.mask)};
  }
  static Vec all(T x) { return {_mm256_set1_ps(x)}; }
  void store(T* p) const { _mm256_storeu_ps(p, v); }
  void stream(T* p) const { _mm256_stream_ps(p, v); }
  static Vec load(const T* p, Full) { return load(p); }
  void store(T* p, Full) const { store(p); }
  void store(T* p, const Lanes& m) const {
    if (m.n == width) _mm256_storeu_ps(p, v);
    else _mm256_maskstore_ps(p, m.mask, v);
  }
};

ELMAN_INLINE Vec<float> operator+(Vec<float> a, Vec<float> b) { return {_mm256_add_ps(a.v, b.v)}; }
ELMAN_INLINE Vec<float> operator-(Vec<float> a, Vec<float> b) { return {_mm256_sub_ps(a.v, b.v)}; }
ELMAN_INLINE Vec<float> operator*(Vec<float> a, Vec<float> b) { return {_mm256_mul_ps(a.v, b.v)}; }
ELMAN_INLINE Vec<float> operator/(Vec<float> a, Vec<float> b) { return {_mm256_div_ps(a.v, b.v)}; }
ELMAN_INLINE Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
ELMAN_INLINE Vec<float> fnma(Vec<float> a, Vec<float> b, Vec<float> c) { return {_mm256_fnmadd_ps(a.v, b.v, c.v)}; }
ELMAN_INLINE Vec<float> max_nan(Vec<float> a, Vec<float> b) { return {_mm256_max_ps(a.v, b.v)}; }
ELMAN_INLINE Vec<float> negative_abs(Vec<float> a) { return {_mm256_or_ps(a.v, _mm256_set1_ps(-0.0f))}; }
ELMAN_INLINE Vec<float> with_sign_of(Vec<float> magnitude, Vec<float> sign) {
  const __m256 bit = _mm256_set1_ps(-0.0f);
  return {_mm256_or_ps(_mm256_andnot_ps(bit, magnitude.v), _mm256_and_ps(bit, sign.v))};
}
ELMAN_INLINE Vec<float> by_sign(Vec<float> x, Vec<float> plus, Vec<float> minus) {
  return {_mm256_blendv_ps(plus.v, minus.v, x.v)};
}
ELMAN_INLINE Vec<float> exponent_bits(Vec<float> m) {
  return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(m.v), 23))};
}

ELMAN_INLINE Vec<float> sqrt_of(Vec<float> a) { return {_mm256_sqrt_ps(a.v)}; }
ELMAN_INLINE Vec<float> negated(Vec<float> a) { return {_mm256_xor_ps(a.v, _mm256_set1_ps(-0.0f))}; }
ELMAN_INLINE Vec<float> absolute(Vec<float> a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
// a > b ? x : y, also where a or b is NaN; c != 0 ? x : y; a is NaN ? x : y.
ELMAN_INLINE Vec<float> where_greater(Vec<float> a, Vec<float> b, Vec<float> x, Vec<float> y) {
  return {_mm256_blendv_ps(y.v, x.v, _mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ))};
}
ELMAN_INLINE Vec<float> where_nonzero(Vec<float> c, Vec<float> x, Vec<float> y) {
  return {_mm256_blendv_ps(y.v, x.v, _mm256_cmp_ps(c.v, _mm256_setzero_ps(), _CMP_NEQ_UQ))};
}
ELMAN_INLINE Vec<float> where_nan(Vec<float> a, Vec<float> x, Vec<float> y) {
  return {_mm256_blendv_ps(y.v, x.v, _mm256_cmp_ps(a.v, a.v, _CMP_UNORD_Q))};
}
// Of a positive number: the exponent's bits as a number, and the rest, in [1, 2).
ELMAN_INLINE Vec<float> exponent_of(Vec<float> a) {
  const __m256i bits = _mm256_or_si256(_mm256_srli_epi32(_mm256_castps_si256(a.v), 23), _mm256_set1_epi32(0x4b000000));
  return {_mm256_sub_ps(_mm256_castsi256_ps(bits), _mm256_set1_ps(8388608.0f))};
}
ELMAN_INLINE Vec<float> mantissa_of(Vec<float> a) {
  const __m256i low = _mm256_and_si256(_mm256_castps_si256(a.v), _mm256_set1_epi32(0x007fffff));
  return {_mm256_castsi256_ps(_mm256_or_si256(low, _mm256_set1_epi32(0x3f800000)))};
}

// The sum of all lanes, halves folded onto each other.
ELMAN_INLINE float fold(Vec<float> a) {
  const __m128 b = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  const __m128 c = _mm_add_ps(b, _mm_movehl_ps(b, b));
  return _mm_cvtss_f32(_mm_add_ss(c, _mm_movehdup_ps(c)));
}

// The first half of both, lane by lane in turns, and the second half.
ELMAN_INLINE Vec<float> zip_low(Vec<float> a, Vec<float> b) {
  return {_mm256_permute2f128_ps(_mm256_unpacklo_ps(a.v, b.v), _mm256_unpackhi_ps(a.v, b.v), 0x20)};
}
ELMAN_INLINE Vec<float> zip_high(Vec<float> a, Vec<float> b) {
  return {_mm256_permute2f128_ps(_mm256_unpacklo_ps(a.v, b.v), _mm256_unpackhi_ps(a.v, b.v), 0x31)};
}

template <>
struct Vec<double> {
  using T = double;
  static constexpr long width = 4;
  using Lanes = Lanes32;
  __m256d v;

  static Lanes lanes(long n) {
    const __m256i index = _mm256_setr_epi64x(0, 1, 2, 3);
    const long limit = n >= width ? width : n <= 0 ? 0 : n;
    return {limit, _mm256_cmpgt_epi64(_mm256_set1_epi64x(limit), index)};
  }
  static Vec load(const T* p) { return {_mm256_loadu_pd(p)}; }
  static Vec load(const T* p, const Lanes& m) {
    return {m.n == width ? _mm256_loadu_pd(p) : _mm256_maskload_pd(p, m.mask)};
  }
  static Vec all(T x) { return {_mm256_set1_pd(x)}; }
  void store(T* p) const { _mm256_storeu_pd(p, v); }
  void stream(T* p) const { _mm256_stream_pd(p, v); }
  static Vec load(const T* p, Full) { return load(p); }
  void store(T* p, Full) const { store(p); }
  void store(T* p, const Lanes& m) const {
    if (m.n == width) _mm256_storeu_pd(p, v);
    else _mm256_maskstore_pd(p, m.mask, v);
  }
};

ELMAN_INLINE Vec<double> operator+(Vec<double> a, Vec<double> b) { return {_mm256_add_pd(a.v, b.v)}; }
ELMAN_INLINE Vec<double> operator-(Vec<double> a, Vec<double> b) { return {_mm256_sub_pd(a.v, b.v)}; }
ELMAN_INLINE Vec<double> operator*(Vec<double> a, Vec<double> b) { return {_mm256_mul_pd(a.v, b.v)}; }
ELMAN_INLINE Vec<double> operator/(Vec<double> a, Vec<double> b) { return {_mm256_div_pd(a.v, b.v)}; }
ELMAN_INLINE Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) { return {_mm256_fmadd_pd(a.v, b.v, c.v)}; }
ELMAN_INLINE Vec<double> fnma(Vec<double> a, Vec<double> b, Vec<double> c) { return {_mm256_fnmadd_pd(a.v, b.v, c.v)}; }
ELMAN_INLINE Vec<double> max_nan(Vec<double> a, Vec<double> b) { return {_mm256_max_pd(a.v, b.v)}; }
ELMAN_INLINE Vec<double> negative_abs(Vec<double> a) { return {_mm256_or_pd(a.v, _mm256_set1_pd(-0.0))}; }
ELMAN_INLINE Vec<double> with_sign_of(Vec<double> magnitude, Vec<double> sign) {
  const __m256d bit = _mm256_set1_pd(-0.0);
  return {_mm256_or_pd(_mm256_andnot_pd(bit, magnitude.v), _mm256_and_pd(bit, sign.v))};
}
ELMAN_INLINE Vec<double> by_sign(Vec<double> x, Vec<double> plus, Vec<double> minus) {
  return {_mm256_blendv_pd(plus.v, minus.v, x.v)};
}
ELMAN_INLINE Vec<double> exponent_bits(Vec<double> m) {
  return {_mm256_castsi256_pd(_mm256_slli_epi64(_mm256_castpd_si256(m.v), 52))};
}
ELMAN_INLINE Vec<double> sqrt_of(Vec<double> a) { return {_mm256_sqrt_pd(a.v)}; }
ELMAN_INLINE Vec<double> negated(Vec<double> a) { return {_mm256_xor_pd(a.v, _mm256_set1_pd(-0.0))}; }
ELMAN_INLINE Vec<double> absolute(Vec<double> a) { return {_mm256_andnot_pd(_mm256_set1_pd(-0.0), a.v)}; }
// a > b ? x : y, also where a or b is NaN; c != 0 ? x : y; a is NaN ? x : y.
ELMAN_INLINE Vec<double> where_greater(Vec<double> a, Vec<double> b, Vec<double> x, Vec<double> y) {
  return {_mm256_blendv_pd(y.v, x.v, _mm256_cmp_pd(a.v, b.v, _CMP_GT_OQ))};
}
ELMAN_INLINE Vec<double> where_nonzero(Vec<double> c, Vec<double> x, Vec<double> y) {
  return {_mm256_blendv_pd(y.v, x.v, _mm256_cmp_pd(c.v, _mm256_setzero_pd(), _CMP_NEQ_UQ))};
}
ELMAN_INLINE Vec<double> where_nan(Vec<double> a, Vec<double> x, Vec<double> y) {
  return {_mm256_blendv_pd(y.v, x.v, _mm256_cmp_pd(a.v, a.v, _CMP_UNORD_Q))};
}
// Of a positive number: the exponent's bits as a number, and the rest, in [1, 2).
ELMAN_INLINE Vec<double> exponent_of(Vec<double> a) {
  const __m256i bits = _mm256_or_si256(_mm256_srli_epi64(_mm256_castpd_si256(a.v), 52), _mm256_set1_epi64x(0x4330000000000000));
  return {_mm256_sub_pd(_mm256_castsi256_pd(bits), _mm256_set1_pd(4503599627370496.0))};
}
ELMAN_INLINE Vec<double> mantissa_of(Vec<double> a) {
  const __m256i low = _mm256_and_si256(_mm256_castpd_si256(a.v), _mm256_set1_epi64x(0x000fffffffffffff));
  return {_mm256_castsi256_pd(_mm256_or_si256(low, _mm256_set1_epi64x(0x3ff0000000000000)))};
}

ELMAN_INLINE double fold(Vec<double> a) {
  const __m128d b = _mm_add_pd(_mm256_castpd256_pd128(a.v), _mm256_extractf128_pd(a.v, 1));
  return _mm_cvtsd_f64(_mm_add_sd(b, _mm_unpackhi_pd(b, b)));
}

ELMAN_INLINE Vec<double> zip_low(Vec<double> a, Vec<double> b) {
  return {_mm256_permute2f128_pd(_mm256_unpacklo_pd(a.v, b.v), _mm256_unpackhi_pd(a.v, b.v), 0x20)};
}
ELMAN_INLINE Vec<double> zip_high(Vec<double> a, Vec<double> b) {
  return {_mm256_permute2f128_pd(_mm256_unpacklo_pd(a.v, b.v), _mm256_unpackhi_pd(a.v, b.v), 0x31)};
}
