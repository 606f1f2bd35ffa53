// AVX-512 (F, DQ, VL): sixteen floats or eight doubles, 32 registers.
#define ELMAN_REGISTERS 32
#define ELMAN_ACCUMULATORS 24
#define ELMAN_PLAIN_COLUMNS 4

constexpr char kIsa[] = "avx512";

// After stream(): other threads see all of it.
inline void end_streams() { _mm_sfence(); }

template <class T>
struct Vec;

template <>
struct Vec<float> {
  using T = float;
  static constexpr long width = 16;
  using Lanes = __mmask16;
  __m512 v;

  static Lanes lanes(long n) {
    return n >= width ? Lanes(0xffff) : n <= 0 ? Lanes(0) : Lanes((1u << n) - 1);
  }
  static Vec load(const T* p) { return {_mm512_loadu_ps(p)}; }
  static Vec load(const T* p, Lanes m) { return {_mm512_maskz_loadu_ps(m, p)}; }
  static Vec all(T x) { return {_mm512_set1_ps(x)}; }
  void store(T* p) const { _mm512_storeu_ps(p, v); }
  void stream(T* p) const { _mm512_stream_ps(p, v); }
  static Vec load(const T* p, Full) { return load(p); }
  void store(T* p, Full) const { store(p); }
  void store(T* p, Lanes m) const { _mm512_mask_storeu_ps(p, m, v); }
};

ELMAN_INLINE Vec<float> operator+(Vec<float> a, Vec<float> b) { return {_mm512_add_ps(a.v, b.v)}; }
ELMAN_INLINE Vec<float> operator-(Vec<float> a, Vec<float> b) { return {_mm512_sub_ps(a.v, b.v)}; }
ELMAN_INLINE Vec<float> operator*(Vec<float> a, Vec<float> b) { return {_mm512_mul_ps(a.v, b.v)}; }
ELMAN_INLINE Vec<float> operator/(Vec<float> a, Vec<float> b) { return {_mm512_div_ps(a.v, b.v)}; }
ELMAN_INLINE Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
ELMAN_INLINE Vec<float> fnma(Vec<float> a, Vec<float> b, Vec<float> c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }
ELMAN_INLINE Vec<float> max_nan(Vec<float> a, Vec<float> b) { return {_mm512_max_ps(a.v, b.v)}; }
ELMAN_INLINE Vec<float> negative_abs(Vec<float> a) { return {_mm512_or_ps(a.v, _mm512_set1_ps(-0.0f))}; }
ELMAN_INLINE Vec<float> with_sign_of(Vec<float> magnitude, Vec<float> sign) {
  const __m512i bit = _mm512_set1_epi32(int(0x80000000u));
  return {_mm512_castsi512_ps(_mm512_ternarylogic_epi32(
      bit, _mm512_castps_si512(sign.v), _mm512_castps_si512(magnitude.v), 0xca))};
}
ELMAN_INLINE Vec<float> by_sign(Vec<float> x, Vec<float> plus, Vec<float> minus) {
  return {_mm512_mask_blend_ps(_mm512_movepi32_mask(_mm512_castps_si512(x.v)), plus.v, minus.v)};
}
ELMAN_INLINE Vec<float> exponent_bits(Vec<float> m) {
  return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(m.v), 23))};
}

ELMAN_INLINE Vec<float> sqrt_of(Vec<float> a) { return {_mm512_sqrt_ps(a.v)}; }
ELMAN_INLINE Vec<float> negated(Vec<float> a) { return {_mm512_xor_ps(a.v, _mm512_set1_ps(-0.0f))}; }
ELMAN_INLINE Vec<float> absolute(Vec<float> a) { return {_mm512_abs_ps(a.v)}; }
// a > b ? x : y, also where a or b is NaN; c != 0 ? x : y; a is NaN ? x : y.
ELMAN_INLINE Vec<float> where_greater(Vec<float> a, Vec<float> b, Vec<float> x, Vec<float> y) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ), y.v, x.v)};
}
ELMAN_INLINE Vec<float> where_nonzero(Vec<float> c, Vec<float> x, Vec<float> y) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(c.v, _mm512_setzero_ps(), _CMP_NEQ_UQ), y.v, x.v)};
}
ELMAN_INLINE Vec<float> where_nan(Vec<float> a, Vec<float> x, Vec<float> y) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q), y.v, x.v)};
}
// Of a positive number: the exponent's bits as a number, and the rest, in [1, 2).
ELMAN_INLINE Vec<float> exponent_of(Vec<float> a) {
  const __m512i bits = _mm512_or_si512(_mm512_srli_epi32(_mm512_castps_si512(a.v), 23), _mm512_set1_epi32(0x4b000000));
  return {_mm512_sub_ps(_mm512_castsi512_ps(bits), _mm512_set1_ps(8388608.0f))};
}
ELMAN_INLINE Vec<float> mantissa_of(Vec<float> a) {
  const __m512i low = _mm512_and_si512(_mm512_castps_si512(a.v), _mm512_set1_epi32(0x007fffff));
  return {_mm512_castsi512_ps(_mm512_or_si512(low, _mm512_set1_epi32(0x3f800000)))};
}

// The sum of all lanes, halves folded onto each other.
ELMAN_INLINE float fold(Vec<float> a) { return _mm512_reduce_add_ps(a.v); }

// The first half of both, lane by lane in turns, and the second half.
ELMAN_INLINE Vec<float> zip_low(Vec<float> a, Vec<float> b) {
  const __m512i i = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  return {_mm512_permutex2var_ps(a.v, i, b.v)};
}
ELMAN_INLINE Vec<float> zip_high(Vec<float> a, Vec<float> b) {
  const __m512i i = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  return {_mm512_permutex2var_ps(a.v, i, b.v)};
}

template <>
struct Vec<double> {
  using T = double;
  static constexpr long width = 8;
  using Lanes = __mmask8;
  __m512d v;

  static Lanes lanes(long n) {
    return n >= width ? Lanes(0xff) : n <= 0 ? Lanes(0) : Lanes((1u << n) - 1);
  }
  static Vec load(const T* p) { return {_mm512_loadu_pd(p)}; }
  static Vec load(const T* p, Lanes m) { return {_mm512_maskz_loadu_pd(m, p)}; }
  static Vec all(T x) { return {_mm512_set1_pd(x)}; }
  void store(T* p) const { _mm512_storeu_pd(p, v); }
  void stream(T* p) const { _mm512_stream_pd(p, v); }
  static Vec load(const T* p, Full) { return load(p); }
  void store(T* p, Full) const { store(p); }
  void store(T* p, Lanes m) const { _mm512_mask_storeu_pd(p, m, v); }
};

ELMAN_INLINE Vec<double> operator+(Vec<double> a, Vec<double> b) { return {_mm512_add_pd(a.v, b.v)}; }
ELMAN_INLINE Vec<double> operator-(Vec<double> a, Vec<double> b) { return {_mm512_sub_pd(a.v, b.v)}; }
ELMAN_INLINE Vec<double> operator*(Vec<double> a, Vec<double> b) { return {_mm512_mul_pd(a.v, b.v)}; }
ELMAN_INLINE Vec<double> operator/(Vec<double> a, Vec<double> b) { return {_mm512_div_pd(a.v, b.v)}; }
ELMAN_INLINE Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) { return {_mm512_fmadd_pd(a.v, b.v, c.v)}; }
ELMAN_INLINE Vec<double> fnma(Vec<double> a, Vec<double> b, Vec<double> c) { return {_mm512_fnmadd_pd(a.v, b.v, c.v)}; }
ELMAN_INLINE Vec<double> max_nan(Vec<double> a, Vec<double> b) { return {_mm512_max_pd(a.v, b.v)}; }
ELMAN_INLINE Vec<double> negative_abs(Vec<double> a) { return {_mm512_or_pd(a.v, _mm512_set1_pd(-0.0))}; }
ELMAN_INLINE Vec<double> with_sign_of(Vec<double> magnitude, Vec<double> sign) {
  const __m512i bit = _mm512_set1_epi64(static_cast<long long>(0x8000000000000000ull));
  return {_mm512_castsi512_pd(_mm512_ternarylogic_epi64(
      bit, _mm512_castpd_si512(sign.v), _mm512_castpd_si512(magnitude.v), 0xca))};
}
ELMAN_INLINE Vec<double> by_sign(Vec<double> x, Vec<double> plus, Vec<double> minus) {
  return {_mm512_mask_blend_pd(_mm512_movepi64_mask(_mm512_castpd_si512(x.v)), plus.v, minus.v)};
}
ELMAN_INLINE Vec<double> exponent_bits(Vec<double> m) {
  return {_mm512_castsi512_pd(_mm512_slli_epi64(_mm512_castpd_si512(m.v), 52))};
}
ELMAN_INLINE Vec<double> sqrt_of(Vec<double> a) { return {_mm512_sqrt_pd(a.v)}; }
ELMAN_INLINE Vec<double> negated(Vec<double> a) { return {_mm512_xor_pd(a.v, _mm512_set1_pd(-0.0))}; }
ELMAN_INLINE Vec<double> absolute(Vec<double> a) { return {_mm512_abs_pd(a.v)}; }
// a > b ? x : y, also where a or b is NaN; c != 0 ? x : y; a is NaN ? x : y.
ELMAN_INLINE Vec<double> where_greater(Vec<double> a, Vec<double> b, Vec<double> x, Vec<double> y) {
  return {_mm512_mask_blend_pd(_mm512_cmp_pd_mask(a.v, b.v, _CMP_GT_OQ), y.v, x.v)};
}
ELMAN_INLINE Vec<double> where_nonzero(Vec<double> c, Vec<double> x, Vec<double> y) {
  return {_mm512_mask_blend_pd(_mm512_cmp_pd_mask(c.v, _mm512_setzero_pd(), _CMP_NEQ_UQ), y.v, x.v)};
}
ELMAN_INLINE Vec<double> where_nan(Vec<double> a, Vec<double> x, Vec<double> y) {
  return {_mm512_mask_blend_pd(_mm512_cmp_pd_mask(a.v, a.v, _CMP_UNORD_Q), y.v, x.v)};
}
// Of a positive number: the exponent's bits as a number, and the rest, in [1, 2).
ELMAN_INLINE Vec<double> exponent_of(Vec<double> a) {
  const __m512i bits = _mm512_or_si512(_mm512_srli_epi64(_mm512_castpd_si512(a.v), 52), _mm512_set1_epi64(0x4330000000000000));
  return {_mm512_sub_pd(_mm512_castsi512_pd(bits), _mm512_set1_pd(4503599627370496.0))};
}
ELMAN_INLINE Vec<double> mantissa_of(Vec<double> a) {
  const __m512i low = _mm512_and_si512(_mm512_castpd_si512(a.v), _mm512_set1_epi64(0x000fffffffffffff));
  return {_mm512_castsi512_pd(_mm512_or_si512(low, _mm512_set1_epi64(0x3ff0000000000000)))};
}

ELMAN_INLINE double fold(Vec<double> a) { return _mm512_reduce_add_pd(a.v); }

ELMAN_INLINE Vec<double> zip_low(Vec<double> a, Vec<double> b) {
  return {_mm512_permutex2var_pd(a.v, _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11), b.v)};
}
ELMAN_INLINE Vec<double> zip_high(Vec<double> a, Vec<double> b) {
  return {_mm512_permutex2var_pd(a.v, _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15), b.v)};
}
