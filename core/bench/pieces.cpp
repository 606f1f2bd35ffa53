// The inner loops alone, from the core's own text: products without a driver,
// pieces without products, all from the first and second cache.
#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include <vector>

#include "bench.h"
#include "internal.h"

namespace elman {
extern const Printed kAvx512Printed, kAvx2Printed, kNeonPrinted, kScalarPrinted;

namespace {
#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
constexpr const char* kSet = "avx512";
constexpr const Printed& kPrinted = kAvx512Printed;
#include "simd/avx512.h"
#elif defined(__AVX2__) && defined(__FMA__)
constexpr const char* kSet = "avx2";
constexpr const Printed& kPrinted = kAvx2Printed;
#include "simd/avx2.h"
#elif defined(__aarch64__)
constexpr const char* kSet = "neon";
constexpr const Printed& kPrinted = kNeonPrinted;
#include "simd/neon.h"
#else
constexpr const char* kSet = "scalar";
constexpr const Printed& kPrinted = kScalarPrinted;
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

// One pass of a cell's pieces, units a second.
double cell_pass(const Program& g, bool back, int threads, double seconds) {
  constexpr long kUnits = 4 * V::width, kFew = 16;
  std::vector<PieceFunction<float>> run(g.pieces[back].size());
  pieces_of<V>(g, back, run.data());
  long columns = 0;
  for (int k = 0; k < g.places(back); ++k) columns += k < kBefore ? 4 : 1;
  struct Own {
    bench::Numbers numbers = {};
    std::vector<std::vector<float*>> rows = {};
    std::vector<float* const*> places = {};
    std::vector<float> constants = {};
  };
  std::vector<Own> own(static_cast<std::size_t>(threads));
  for (Own& o : own) {
    const long each = columns * kUnits + kPadding;
    o.numbers = filled(kFew * each, 0.3f);
    long at = 0;
    for (int k = 0; k < g.places(back); ++k) {
      o.rows.emplace_back();
      for (long i = 0; i < kFew; ++i) o.rows.back().push_back(o.numbers.data() + i * each + at);
      at += (k < kBefore ? 4 : 1) * kUnits;
    }
    for (const auto& rows : o.rows) o.places.push_back(rows.data());
    for (const double c : g.constants) o.constants.push_back(float(c));
  }
  constexpr int kTimes = 200;
  return bench::together(threads, seconds, [&](int id) {
    const FlushSubnormals flush;
    const Own& o = own[std::size_t(id)];
    const PieceRows<float> given{o.places.data(), nullptr, nullptr, nullptr,
                                 o.constants.data(), kUnits, nullptr, nullptr};
    for (int i = 0; i < kTimes; ++i)
      for (std::size_t k = 0; k < run.size(); ++k)
        run[k](g.tapes[back][k], given, 0, kFew, 0, kUnits);
    return double(kTimes * kFew * kUnits);
  });
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
  elman::Shape shape{};
  shape.cell = kind == Kind::lstm  ? elman::Cell::lstm
               : kind == Kind::gru ? elman::Cell::gru
                                   : elman::Cell::rnn;
  const elman::Program& g = elman::stock_program(shape);
  return {1 / elman::cell_pass(g, false, threads, seconds),
          1 / elman::cell_pass(g, true, threads, seconds)};
}

}  // namespace bench
