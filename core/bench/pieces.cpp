// The inner loops alone, from the core's own text: products without a driver,
// cells without products, all from the first and second cache.
#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include <vector>

#include "bench.h"
#include "internal.h"

namespace elman {
namespace {
#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
constexpr const char* kSet = "avx512";
#include "simd/avx512.h"
#elif defined(__AVX2__) && defined(__FMA__)
constexpr const char* kSet = "avx2";
#include "simd/avx2.h"
#elif defined(__aarch64__)
constexpr const char* kSet = "neon";
#include "simd/neon.h"
#else
constexpr const char* kSet = "scalar";
#include "simd/scalar.h"
#endif

#include "generic.h"

using V = Vec<float>;
constexpr long kRows = 36, kPadding = 16;  // rows: full tiles of every height

bench::Numbers filled(long n, float value) { return bench::Numbers(std::size_t(n), value); }

// A panel that every row of a batch meets, and the next one, alternately.
double tile_alone(long depth, int threads, double seconds) {
  constexpr long kPanels = 2, kUnits = kPanels * ELMAN_PLAIN_COLUMNS * V::width;
  struct Own {
    bench::Numbers weights = {}, in = {}, out = {};
    std::vector<const float*> a = {};
    std::vector<float*> to = {};
  };
  std::vector<Own> own(static_cast<std::size_t>(threads));
  for (Own& o : own) {
    o.weights = filled(kUnits * depth, 0.01f);
    o.in = filled(kRows * (depth + kPadding), 0.1f);
    o.out = filled(kRows * (kUnits + kPadding), 0);
    for (long i = 0; i < kRows; ++i) {
      o.a.push_back(o.in.data() + i * (depth + kPadding));
      o.to.push_back(o.out.data() + i * (kUnits + kPadding));
    }
  }
  return bench::together(threads, seconds, [&](int id) {
    const Own& o = own[std::size_t(id)];
    Panels<float> m = panels<V>(depth, kUnits, ELMAN_PLAIN_COLUMNS, false);
    m.data = o.weights.data();
    const Product<V> product{o.a.data(), 0, nullptr, nullptr, o.to.data(), 0, kRows};
    for (int k = 0; k < 20; ++k)
      sweep<V>(m, Range{0, kPanels}, false, [&](long p, Memory next) { product(m, p, next); });
    return 20 * 2.0 * double(kRows * depth * kUnits);
  });
}

double outer_alone(long depth, int threads, double seconds) {
  constexpr long kUnits = 2 * ELMAN_PLAIN_COLUMNS * V::width;
  struct Own {
    bench::Numbers group = {}, batch = {}, out = {};
    float* to[kOuterRows] = {};
  };
  std::vector<Own> own(static_cast<std::size_t>(threads));
  for (Own& o : own) {
    o.group = filled(depth * kPiece, 0.1f);
    o.batch = filled(depth * kUnits, 0.01f);
    o.out = filled(kOuterRows * (kUnits + kPadding), 0);
    for (int i = 0; i < kOuterRows; ++i) o.to[i] = o.out.data() + i * (kUnits + kPadding);
  }
  return bench::together(threads, seconds, [&](int id) {
    const Own& o = own[std::size_t(id)];
    for (int k = 0; k < 100; ++k)
      outer<V>(o.group.data(), kOuterRows, o.batch.data(), depth, kUnits, o.to);
    return 100 * 2.0 * double(kOuterRows * depth * kUnits);
  });
}

template <class C>
bench::Pointwise cell_alone(int threads, double seconds) {
  constexpr long kUnits = 4 * V::width, kFew = 16, kGates = C::slots * kUnits + kPadding;
  struct Own {
    bench::Numbers numbers = {};
    std::vector<Row<float>> rows = {};
    std::vector<AdjointRow<float>> adjoints = {};
  };
  std::vector<Own> own(static_cast<std::size_t>(threads));
  for (Own& o : own) {
    const long each = 3 * kGates + 6 * kUnits;
    o.numbers = filled(kFew * each, 0.3f);
    for (long i = 0; i < kFew; ++i) {
      float* p = o.numbers.data() + i * each;
      float *pre = p, *dg = p + kGates, *gates = p + 2 * kGates, *state = p + 3 * kGates;
      o.rows.push_back({pre, gates, state, state + kUnits, state + 2 * kUnits, state + 3 * kUnits});
      o.adjoints.push_back({gates, state, state + kUnits, state + 2 * kUnits, state + 3 * kUnits,
                            state + 4 * kUnits, state + 5 * kUnits, dg, nullptr});
    }
  }
  constexpr int kTimes = 200;
  const double units = double(kTimes * kFew * kUnits);
  auto rate = [&](auto vector) {
    return bench::together(threads, seconds, [&](int id) {
      const FlushSubnormals flush;
      Own& o = own[std::size_t(id)];
      for (int k = 0; k < kTimes; ++k)
        for (long u = 0; u < kUnits; u += V::width) vector(o, u);
      return units;
    });
  };
  return {1 / rate([](Own& o, long u) {
            for (const Row<float>& row : o.rows) C::step(row, u, kUnits, Full{});
            if constexpr (C::in_two)
              for (const Row<float>& row : o.rows) C::finish(row, u, kUnits, Full{});
          }),
          1 / rate([](Own& o, long u) {
            for (const AdjointRow<float>& row : o.adjoints) C::adjoint(row, u, kUnits, Full{});
          })};
}

}  // namespace
}  // namespace elman

namespace bench {

const char* pieces_set() { return elman::kSet; }
double tile_rate(long depth, int threads, double seconds) {
  return elman::tile_alone(depth, threads, seconds);
}
double outer_rate(long depth, int threads, double seconds) {
  return elman::outer_alone(depth, threads, seconds);
}
Pointwise pointwise(Kind kind, int threads, double seconds) {
  using elman::V;
  if (kind == Kind::lstm) return elman::cell_alone<elman::Lstm<V>>(threads, seconds);
  if (kind == Kind::gru) return elman::cell_alone<elman::Gru<V>>(threads, seconds);
  return elman::cell_alone<elman::Rnn<V, elman::TanhActivation>>(threads, seconds);
}

}  // namespace bench
