// NEON (AArch64): four floats or two doubles, 32 registers.
#define ELMAN_REGISTERS 32
#define ELMAN_ACCUMULATORS 24
#define ELMAN_PLAIN_COLUMNS 4

constexpr char kIsa[] = "neon";

// stream() is a plain store here.
inline void end_streams() {}

template <class T>
struct Vec;

template <>
struct Vec<float> {
  using T = float;
  static constexpr long width = 4;
  using Lanes = long;
  float32x4_t v;

  static Lanes lanes(long n) { return n >= width ? width : n <= 0 ? 0 : n; }
  static Vec load(const T* p) { return {vld1q_f32(p)}; }
  static Vec load(const T* p, Lanes n) {
    if (n == width) return load(p);
    T part[width] = {};
    for (long i = 0; i < n; ++i) part[i] = p[i];
    return load(part);
  }
  static Vec all(T x) { return {vdupq_n_f32(x)}; }
  void store(T* p) const { vst1q_f32(p, v); }
  void stream(T* p) const { store(p); }
  static Vec load(const T* p, Full) { return load(p); }
  void store(T* p, Full) const { store(p); }
  void store(T* p, Lanes n) const {
    if (n == width) return store(p);
    T part[width];
    store(part);
    for (long i = 0; i < n; ++i) p[i] = part[i];
  }
};

ELMAN_INLINE Vec<float> operator+(Vec<float> a, Vec<float> b) { return {vaddq_f32(a.v, b.v)}; }
ELMAN_INLINE Vec<float> operator-(Vec<float> a, Vec<float> b) { return {vsubq_f32(a.v, b.v)}; }
ELMAN_INLINE Vec<float> operator*(Vec<float> a, Vec<float> b) { return {vmulq_f32(a.v, b.v)}; }
ELMAN_INLINE Vec<float> operator/(Vec<float> a, Vec<float> b) { return {vdivq_f32(a.v, b.v)}; }
ELMAN_INLINE Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
ELMAN_INLINE Vec<float> fnma(Vec<float> a, Vec<float> b, Vec<float> c) { return {vfmsq_f32(c.v, a.v, b.v)}; }
// As on x86 the second of two zeros: vmaxq would take the positive one.
ELMAN_INLINE Vec<float> max_nan(Vec<float> a, Vec<float> b) {
  return {vbslq_f32(vcgtq_f32(a.v, b.v), a.v, b.v)};
}
ELMAN_INLINE Vec<float> negative_abs(Vec<float> a) { return {vnegq_f32(vabsq_f32(a.v))}; }
ELMAN_INLINE Vec<float> with_sign_of(Vec<float> magnitude, Vec<float> sign) {
  return {vbslq_f32(vdupq_n_u32(0x80000000u), sign.v, magnitude.v)};
}
ELMAN_INLINE Vec<float> by_sign(Vec<float> x, Vec<float> plus, Vec<float> minus) {
  return {vbslq_f32(vcltzq_f32(x.v), minus.v, plus.v)};
}
ELMAN_INLINE Vec<float> exponent_bits(Vec<float> m) {
  return {vreinterpretq_f32_u32(vshlq_n_u32(vreinterpretq_u32_f32(m.v), 23))};
}

ELMAN_INLINE Vec<float> sqrt_of(Vec<float> a) { return {vsqrtq_f32(a.v)}; }
ELMAN_INLINE Vec<float> negated(Vec<float> a) { return {vnegq_f32(a.v)}; }
ELMAN_INLINE Vec<float> absolute(Vec<float> a) { return {vabsq_f32(a.v)}; }
// a > b ? x : y, also where a or b is NaN; c != 0 ? x : y; a is NaN ? x : y.
ELMAN_INLINE Vec<float> where_greater(Vec<float> a, Vec<float> b, Vec<float> x, Vec<float> y) {
  return {vbslq_f32(vcgtq_f32(a.v, b.v), x.v, y.v)};
}
ELMAN_INLINE Vec<float> where_nonzero(Vec<float> c, Vec<float> x, Vec<float> y) {
  return {vbslq_f32(vceqzq_f32(c.v), y.v, x.v)};
}
ELMAN_INLINE Vec<float> where_nan(Vec<float> a, Vec<float> x, Vec<float> y) {
  return {vbslq_f32(vceqq_f32(a.v, a.v), y.v, x.v)};
}
// Of a positive number: the exponent's bits as a number, and the rest, in [1, 2).
ELMAN_INLINE Vec<float> exponent_of(Vec<float> a) {
  const auto bits = vorrq_u32(vshrq_n_u32(vreinterpretq_u32_f32(a.v), 23), vdupq_n_u32(0x4b000000));
  return {vsubq_f32(vreinterpretq_f32_u32(bits), vdupq_n_f32(8388608.0f))};
}
ELMAN_INLINE Vec<float> mantissa_of(Vec<float> a) {
  const auto low = vandq_u32(vreinterpretq_u32_f32(a.v), vdupq_n_u32(0x007fffff));
  return {vreinterpretq_f32_u32(vorrq_u32(low, vdupq_n_u32(0x3f800000)))};
}

// The sum of all lanes, halves folded onto each other.
ELMAN_INLINE float fold(Vec<float> a) {
  const float32x2_t b = vadd_f32(vget_low_f32(a.v), vget_high_f32(a.v));
  return vget_lane_f32(b, 0) + vget_lane_f32(b, 1);
}

// The first half of both, lane by lane in turns, and the second half.
ELMAN_INLINE Vec<float> zip_low(Vec<float> a, Vec<float> b) { return {vzip1q_f32(a.v, b.v)}; }
ELMAN_INLINE Vec<float> zip_high(Vec<float> a, Vec<float> b) { return {vzip2q_f32(a.v, b.v)}; }

template <>
struct Vec<double> {
  using T = double;
  static constexpr long width = 2;
  using Lanes = long;
  float64x2_t v;

  static Lanes lanes(long n) { return n >= width ? width : n <= 0 ? 0 : n; }
  static Vec load(const T* p) { return {vld1q_f64(p)}; }
  static Vec load(const T* p, Lanes n) {
    if (n == width) return load(p);
    T part[width] = {};
    for (long i = 0; i < n; ++i) part[i] = p[i];
    return load(part);
  }
  static Vec all(T x) { return {vdupq_n_f64(x)}; }
  void store(T* p) const { vst1q_f64(p, v); }
  void stream(T* p) const { store(p); }
  static Vec load(const T* p, Full) { return load(p); }
  void store(T* p, Full) const { store(p); }
  void store(T* p, Lanes n) const {
    if (n == width) return store(p);
    T part[width];
    store(part);
    for (long i = 0; i < n; ++i) p[i] = part[i];
  }
};

ELMAN_INLINE Vec<double> operator+(Vec<double> a, Vec<double> b) { return {vaddq_f64(a.v, b.v)}; }
ELMAN_INLINE Vec<double> operator-(Vec<double> a, Vec<double> b) { return {vsubq_f64(a.v, b.v)}; }
ELMAN_INLINE Vec<double> operator*(Vec<double> a, Vec<double> b) { return {vmulq_f64(a.v, b.v)}; }
ELMAN_INLINE Vec<double> operator/(Vec<double> a, Vec<double> b) { return {vdivq_f64(a.v, b.v)}; }
ELMAN_INLINE Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) { return {vfmaq_f64(c.v, a.v, b.v)}; }
ELMAN_INLINE Vec<double> fnma(Vec<double> a, Vec<double> b, Vec<double> c) { return {vfmsq_f64(c.v, a.v, b.v)}; }
ELMAN_INLINE Vec<double> max_nan(Vec<double> a, Vec<double> b) {
  return {vbslq_f64(vcgtq_f64(a.v, b.v), a.v, b.v)};
}
ELMAN_INLINE Vec<double> negative_abs(Vec<double> a) { return {vnegq_f64(vabsq_f64(a.v))}; }
ELMAN_INLINE Vec<double> with_sign_of(Vec<double> magnitude, Vec<double> sign) {
  return {vbslq_f64(vdupq_n_u64(0x8000000000000000ull), sign.v, magnitude.v)};
}
ELMAN_INLINE Vec<double> by_sign(Vec<double> x, Vec<double> plus, Vec<double> minus) {
  return {vbslq_f64(vcltzq_f64(x.v), minus.v, plus.v)};
}
ELMAN_INLINE Vec<double> exponent_bits(Vec<double> m) {
  return {vreinterpretq_f64_u64(vshlq_n_u64(vreinterpretq_u64_f64(m.v), 52))};
}
ELMAN_INLINE Vec<double> sqrt_of(Vec<double> a) { return {vsqrtq_f64(a.v)}; }
ELMAN_INLINE Vec<double> negated(Vec<double> a) { return {vnegq_f64(a.v)}; }
ELMAN_INLINE Vec<double> absolute(Vec<double> a) { return {vabsq_f64(a.v)}; }
// a > b ? x : y, also where a or b is NaN; c != 0 ? x : y; a is NaN ? x : y.
ELMAN_INLINE Vec<double> where_greater(Vec<double> a, Vec<double> b, Vec<double> x, Vec<double> y) {
  return {vbslq_f64(vcgtq_f64(a.v, b.v), x.v, y.v)};
}
ELMAN_INLINE Vec<double> where_nonzero(Vec<double> c, Vec<double> x, Vec<double> y) {
  return {vbslq_f64(vceqzq_f64(c.v), y.v, x.v)};
}
ELMAN_INLINE Vec<double> where_nan(Vec<double> a, Vec<double> x, Vec<double> y) {
  return {vbslq_f64(vceqq_f64(a.v, a.v), y.v, x.v)};
}
// Of a positive number: the exponent's bits as a number, and the rest, in [1, 2).
ELMAN_INLINE Vec<double> exponent_of(Vec<double> a) {
  const auto bits = vorrq_u64(vshrq_n_u64(vreinterpretq_u64_f64(a.v), 52), vdupq_n_u64(0x4330000000000000));
  return {vsubq_f64(vreinterpretq_f64_u64(bits), vdupq_n_f64(4503599627370496.0))};
}
ELMAN_INLINE Vec<double> mantissa_of(Vec<double> a) {
  const auto low = vandq_u64(vreinterpretq_u64_f64(a.v), vdupq_n_u64(0x000fffffffffffff));
  return {vreinterpretq_f64_u64(vorrq_u64(low, vdupq_n_u64(0x3ff0000000000000)))};
}

ELMAN_INLINE double fold(Vec<double> a) {
  return vgetq_lane_f64(a.v, 0) + vgetq_lane_f64(a.v, 1);
}

ELMAN_INLINE Vec<double> zip_low(Vec<double> a, Vec<double> b) { return {vzip1q_f64(a.v, b.v)}; }
ELMAN_INLINE Vec<double> zip_high(Vec<double> a, Vec<double> b) { return {vzip2q_f64(a.v, b.v)}; }
