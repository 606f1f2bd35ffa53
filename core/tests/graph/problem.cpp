#include "problem.h"

#include <algorithm>
#include <cmath>

namespace tests {
namespace {

template <class G>
Inputs drawn(const G& g, long S, long B, long I, long H, bool ragged, bool reverse,
             unsigned seed) {
  std::mt19937 random(seed);
  auto some = [&](long n, double bound) {
    std::uniform_real_distribution<double> d(-bound, bound);
    std::vector<double> v(std::size_t(n), 0.0);
    for (double& x : v) x = d(random);
    return v;
  };
  Inputs in{S, B, I, H, reverse, {}, {}, {}, {}, {}, {}, {}, {}, {}};
  in.x = some(S * B * I, 1);
  in.bias = some(g.slots * H, 0.5);
  in.units = some(g.units * H, 1);
  in.masks = some(g.masks * S * B * H, 1);
  for (double& m : in.masks) m = m > -0.4 ? 1.25 : 0;
  in.first = some(g.states * B * H, 1);
  in.dy = some(S * B * H, 1);
  in.dlast = some(g.states * B * H, 1);
  if constexpr (requires { g.weights; }) in.weights.resize(std::size_t(g.weights));
  for (const auto& f : g.products) {
    const long depth = f.source == Source::input ? I : H / f.heads;
    std::vector<double> w = some(f.slots * H * depth, 1 / std::sqrt(double(depth ? depth : 1)));
    if constexpr (requires { f.weight; }) in.weights[std::size_t(f.weight)] = std::move(w);
    else in.weights.push_back(std::move(w));
  }
  if (ragged)
    for (long i = 0; i < B; ++i) in.lengths.push_back(std::int64_t(random() % unsigned(S + 1)));
  return in;
}

}  // namespace

Inputs draw(const Graph& g, long S, long B, long I, long H, bool ragged, bool reverse,
            unsigned seed) {
  return drawn(g, S, B, I, H, ragged, reverse, seed);
}
Inputs draw(const elman::Program& p, long S, long B, long I, long H, bool ragged, bool reverse,
            unsigned seed) {
  return drawn(p, S, B, I, H, ragged, reverse, seed);
}

double loss(const Inputs& in, const std::vector<double>& y, const std::vector<double>& last) {
  double sum = 0;
  for (std::size_t i = 0; i < y.size(); ++i) sum += y[i] * in.dy[i];
  for (std::size_t i = 0; i < last.size(); ++i) sum += last[i] * in.dlast[i];
  return sum;
}

namespace {

// Exactly so many numbers, so that a sanitizer sees a step outside.
template <class T>
Array<T> held(const std::vector<double>& v) {
  Array<T> a = poisoned<T>(long(v.size()));
  for (std::size_t i = 0; i < v.size(); ++i) a[i] = T(v[i]);
  return a;
}

template <class T>
std::vector<T> taken(const Array<T>& a, long n) {
  return std::vector<T>(a.get(), a.get() + n);
}

}  // namespace

template <class T>
std::vector<T> Solved<T>::all() const {
  std::vector<T> v;
  for (const auto* part : {&y, &last, &dx, &dbias, &dunits, &dfirst, &norms, &without_dx})
    v.insert(v.end(), part->begin(), part->end());
  for (const auto& w : dweights) v.insert(v.end(), w.begin(), w.end());
  return v;
}

template <class T>
Solved<T> solve(const elman::Program& p, const Inputs& in, int threads, bool gradients) {
  const long S = in.S, B = in.B, I = in.I, H = in.H, states = B * H;
  const Array<T> x = held<T>(in.x), bias = held<T>(in.bias), dy = held<T>(in.dy);
  std::vector<Array<T>> kept;
  auto parts = [&](const std::vector<double>& v, long count, long n) {
    std::vector<const T*> out;
    for (long k = 0; k < count; ++k) {
      kept.push_back(held<T>({v.begin() + k * n, v.begin() + (k + 1) * n}));
      out.push_back(kept.back().get());
    }
    return out;
  };
  auto made = [&](long count, long n) {
    std::vector<T*> out;
    for (long k = 0; k < count; ++k) {
      kept.push_back(poisoned<T>(n));
      out.push_back(kept.back().get());
    }
    return out;
  };
  std::vector<const T*> weights;
  for (const auto& w : in.weights) {
    kept.push_back(held<T>(w));
    weights.push_back(kept.back().get());
  }
  const auto units = parts(in.units, p.units, H), first = parts(in.first, p.states, states);
  const auto dlast = parts(in.dlast, p.states, states);
  std::vector<elman::Mask<T>> masks;
  for (const T* m : parts(in.masks, p.masks, S * states)) masks.push_back({m, states, H, nullptr});
  const auto last = made(p.states, states), tracks = made(p.states, S * states);
  const Array<T> y = poisoned<T>(S * states), saved = poisoned<T>(S * B * p.saved * H);
  const Array<T> rows = poisoned<T>(S * B * p.rows);
  const Shape shape{Cell::rnn, Activation::tanh, S, B, I, H, H, in.reverse,
                    in.lengths.empty() ? nullptr : in.lengths.data(), threads};
  elman::GraphForward<T> f{};
  f.shape = shape;
  f.program = &p;
  f.x = x.get(), f.x_step = B * I, f.x_row = I;
  f.weights = weights.data();
  f.bias = bias.get();
  f.units = units.data();
  f.masks = masks.data();
  f.first = first.data();
  f.y = y.get(), f.y_step = states, f.y_row = H;
  f.last = last.data();
  if (gradients) {
    f.saved = saved.get();
    f.tracks = tracks.data();
    f.rows = rows.get();
    f.save = true;
  }
  forward(f);
  Solved<T> out;
  out.y = taken(y, S * states);
  for (T* l : last) out.last.insert(out.last.end(), l, l + states);
  if (!gradients) return out;
  const Array<T> dx = poisoned<T>(S * B * I), dbias = poisoned<T>(p.slots * H);
  const Array<T> norms = poisoned<T>(S * B);
  const auto dunits = made(p.units, H), dfirst = made(p.states, states);
  std::vector<T*> dweights;
  for (const auto& w : in.weights) dweights.push_back(made(1, long(w.size()))[0]);
  elman::GraphBackward<T> b{};
  b.shape = shape;
  b.program = &p;
  b.x = f.x, b.x_step = f.x_step, b.x_row = f.x_row;
  b.weights = f.weights, b.units = f.units, b.masks = f.masks, b.first = f.first;
  b.y = f.y, b.y_step = f.y_step, b.y_row = f.y_row;
  b.saved = f.saved, b.tracks = f.tracks, b.rows = f.rows;
  b.dy = dy.get(), b.dy_step = states, b.dy_row = H;
  b.dlast = dlast.data();
  b.dx = dx.get(), b.dx_step = B * I, b.dx_row = I;
  b.dweights = dweights.data();
  b.dbias = dbias.get();
  b.dunits = dunits.data();
  b.dfirst = dfirst.data();
  b.norms = norms.get();
  backward(b);
  out.dx = taken(dx, S * B * I);
  out.dbias = taken(dbias, p.slots * H);
  for (T* d : dunits) out.dunits.insert(out.dunits.end(), d, d + H);
  for (T* d : dfirst) out.dfirst.insert(out.dfirst.end(), d, d + states);
  out.norms = taken(norms, S * B);
  for (std::size_t k = 0; k < dweights.size(); ++k)
    out.dweights.emplace_back(dweights[k], dweights[k] + in.weights[k].size());
  if (!p.elementwise || I < 1 || I > 2) return out;
  b.dx = nullptr;
  backward(b);
  auto keep = [&](const T* from, long n) { out.without_dx.insert(out.without_dx.end(), from, from + n); };
  keep(dbias.get(), p.slots * H);
  for (T* d : dunits) keep(d, H);
  for (std::size_t k = 0; k < dweights.size(); ++k) keep(dweights[k], long(in.weights[k].size()));
  return out;
}

void compare(const Graph& g, const Inputs& in, const std::string& name, double tolerance) {
  const Data data = lower(g);
  const elman::Program p = elman::parse(data.integers.data(), long(data.integers.size()),
                                        data.floats.data(), long(data.floats.size()));
  const Solved<double> found = solve<double>(p, in, 1);
  std::vector<double> y, last;
  evaluate(g, in, y, last);
  auto near = [&](const std::vector<double>& a, const std::vector<double>& b, const char* what) {
    expect(a.size() == b.size(), name + ": so many of " + what);
    for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
      if (!(std::abs(a[i] - b[i]) <= tolerance * (1 + std::abs(b[i]))))
        return expect(false, name + ": " + what + " " + std::to_string(a[i]) + " not " +
                                 std::to_string(b[i]));
  };
  near(found.y, y, "y");
  near(found.last, last, "last states");
  std::vector<double> gradients = found.dbias;
  gradients.insert(gradients.end(), found.dunits.begin(), found.dunits.end());
  for (const auto& w : found.dweights) gradients.insert(gradients.end(), w.begin(), w.end());
  if (!found.without_dx.empty()) near(found.without_dx, gradients, "gradients without dx");
  Inputs moved = in;
  auto slope = [&](double& at) {
    const double h = 1e-5, was = at;
    at = was + h;
    evaluate(g, moved, y, last);
    const double up = loss(in, y, last);
    at = was - h;
    evaluate(g, moved, y, last);
    const double down = loss(in, y, last);
    at = was;
    return (up - down) / (2 * h);
  };
  auto differences = [&](std::vector<double>& value, const std::vector<double>& gradient,
                         const std::string& what) {
    for (std::size_t i = 0; i < value.size(); i += 1 + value.size() / 4) {
      const double expected = slope(value[i]);
      expect(std::abs(gradient[i] - expected) <= 1e-6 * (1 + std::abs(expected)),
             name + ": d" + what + "[" + std::to_string(i) + "] " + std::to_string(gradient[i]) +
                 " not " + std::to_string(expected));
    }
  };
  differences(moved.x, found.dx, "x");
  differences(moved.bias, found.dbias, "bias");
  differences(moved.units, found.dunits, "unit");
  differences(moved.first, found.dfirst, "first");
  for (std::size_t k = 0; k < moved.weights.size(); ++k)
    differences(moved.weights[k], found.dweights[k], "weight " + std::to_string(k));
}

template struct Solved<float>;
template struct Solved<double>;
template Solved<float> solve<float>(const elman::Program&, const Inputs&, int, bool);
template Solved<double> solve<double>(const elman::Program&, const Inputs&, int, bool);

}  // namespace tests
