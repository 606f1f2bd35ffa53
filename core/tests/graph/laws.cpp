#include "laws.h"

#include <limits>

namespace tests {
namespace {

// One row of a problem, or all for row -1, at steps [s0, s1).
Inputs cut(const elman::Program& p, const Inputs& in, long row, long s0, long s1) {
  Inputs out = in;
  out.B = row < 0 ? in.B : 1;
  out.S = s1 - s0;
  auto rows = [&](const std::vector<double>& v, long planes, long width, bool steps) {
    std::vector<double> r;
    const long S = steps ? in.S : 1, from = steps ? s0 : 0, to = steps ? s1 : 1;
    for (long plane = 0; plane < planes; ++plane)
      for (long t = from; t < to; ++t)
        for (long b = row < 0 ? 0 : row; b < (row < 0 ? in.B : row + 1); ++b)
          for (long k = 0; k < width; ++k)
            r.push_back(v[std::size_t(((plane * S + t) * in.B + b) * width + k)]);
    return r;
  };
  out.x = rows(in.x, 1, in.I, true);
  out.masks = rows(in.masks, p.masks, in.H, true);
  out.first = rows(in.first, p.states, in.H, false);
  out.dy = rows(in.dy, 1, in.H, true);
  out.dlast = rows(in.dlast, p.states, in.H, false);
  if (!in.lengths.empty() && row >= 0) out.lengths = {in.lengths[std::size_t(row)]};
  return out;
}

template <class T>
void alone(const elman::Program& p, const Inputs& in, const Solved<T>& all,
           const std::string& name) {
  for (long b = 0; b < in.B; b += 1 + in.B / 2) {
    const Solved<T> one = solve<T>(p, cut(p, in, b, 0, in.S), 1);
    std::vector<T> found, expected;
    auto compare = [&](const std::vector<T>& whole, const std::vector<T>& part, long planes,
                       long width) {
      for (long t = 0; t < planes; ++t)
        for (long k = 0; k < width; ++k) {
          expected.push_back(whole[std::size_t((t * in.B + b) * width + k)]);
          found.push_back(part[std::size_t(t * width + k)]);
        }
    };
    compare(all.y, one.y, in.S, in.H);
    compare(all.last, one.last, p.states, in.H);
    compare(all.dx, one.dx, in.S, in.I);
    compare(all.dfirst, one.dfirst, p.states, in.H);
    compare(all.norms, one.norms, in.S, 1);
    expect(same_bits(found, expected), name + ": a row alone differs");
  }
}

template <class T>
void pieces(const elman::Program& p, const Inputs& in, const Solved<T>& all,
            const std::string& name) {
  if (in.S < 2 || !in.lengths.empty() || in.reverse) return;
  const long half = in.S / 2;
  const Solved<T> one = solve<T>(p, cut(p, in, -1, 0, half), 1, false);
  Inputs rest = cut(p, in, -1, half, in.S);
  rest.first.assign(one.last.begin(), one.last.end());
  const Solved<T> two = solve<T>(p, rest, 1, false);
  std::vector<T> y = one.y;
  y.insert(y.end(), two.y.begin(), two.y.end());
  expect(same_bits(y, all.y), name + ": two pieces differ from the whole");
  expect(same_bits(two.last, all.last), name + ": two pieces end otherwise");
}

// The same problem with what nobody may read changed.
Inputs padded(const elman::Program& p, Inputs in) {
  for (long b = 0; b < in.B; ++b)
    for (long t = in.lengths[std::size_t(b)]; t < in.S; ++t) {
      auto fill = [&](std::vector<double>& v, long planes, long width) {
        for (long plane = 0; plane < planes; ++plane)
          for (long k = 0; k < width; ++k)
            v[std::size_t(((plane * in.S + t) * in.B + b) * width + k)] =
                std::numeric_limits<double>::quiet_NaN();
      };
      fill(in.x, 1, in.I);
      fill(in.dy, 1, in.H);
      fill(in.masks, p.masks, in.H);
    }
  return in;
}

}  // namespace

template <class T>
Solved<T> hold_laws(const elman::Program& p, const Inputs& in, int threads,
                    const std::string& name) {
  const Solved<T> once = solve<T>(p, in, 1);
  expect(same_bits(once.all(), solve<T>(p, in, threads).all()), name + ": bits differ by threads");
  expect(same_bits(once.y, solve<T>(p, in, threads, false).y), name + ": inference differs");
  if (elman::has_compiled_pieces(p)) {
    elman::use_compiled(false);
    expect(same_bits(once.all(), solve<T>(p, in, threads).all()),
           name + ": compiled and interpreted pieces differ");
    elman::use_compiled(true);
  }
  if (p.elementwise) {
    const long before = stream_above(0);
    expect(same_bits(once.all(), solve<T>(p, in, threads).all()), name + ": streams differ");
    expect(same_bits(once.y, solve<T>(p, in, threads, false).y),
           name + ": streams differ in inference");
    stream_above(before);
  }
  alone(p, in, once, name);
  pieces(p, in, once, name);
  if (!in.lengths.empty())
    expect(same_bits(once.all(), solve<T>(p, padded(p, in), threads).all()),
           name + ": what the padding holds shows");
  return once;
}
template Solved<float> hold_laws<float>(const elman::Program&, const Inputs&, int,
                                        const std::string&);
template Solved<double> hold_laws<double>(const elman::Program&, const Inputs&, int,
                                          const std::string&);

Inputs spoiled(const Inputs& in, unsigned seed) {
  const double inf = std::numeric_limits<double>::infinity();
  // The least normal float32 is 1.2e-38: below it, and below float64's.
  const double odd[] = {std::numeric_limits<double>::quiet_NaN(), inf, -inf, 0.0, -0.0, 1e-40,
                        -1e-40, 1e-310, -1e-310, 3e38, -1e30, 100, -100};
  std::mt19937 random(seed);
  Inputs out = in;
  // Many in a few arrays, or few in all of them: a NaN in a weight is in every result.
  const bool few = seed & 1;
  auto spoil = [&](std::vector<double>& v) {
    const unsigned rate = few ? 40 : random() % 3 ? 0 : 6;
    for (double& x : v) {
      const unsigned draw = random();
      if (rate && draw % rate == 0) x = odd[draw / rate % (sizeof odd / sizeof *odd)];
    }
  };
  for (auto* v : {&out.x, &out.bias, &out.units, &out.first, &out.dy, &out.dlast}) spoil(*v);
  if (!few)
    for (auto& w : out.weights) spoil(w);
  return out;
}

elman::Program parsed(const Data& d) {
  return elman::parse(d.integers.data(), long(d.integers.size()), d.floats.data(),
                      long(d.floats.size()));
}

}  // namespace tests
