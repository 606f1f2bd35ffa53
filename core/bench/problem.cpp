// Whole calls of the core: forward that saves, and backward with every gradient.
#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "bench.h"
#include "internal.h"

namespace elman {
namespace {
#include "share.h"
}  // namespace
}  // namespace elman

namespace bench {
namespace {

using namespace elman;
Cell cell_of(Kind kind) {
  return kind == Kind::lstm ? Cell::lstm : kind == Kind::gru ? Cell::gru : Cell::rnn;
}
long gates_of(Kind kind) { return kind == Kind::lstm ? 4 : kind == Kind::gru ? 3 : 1; }

Shape shape_of(Kind kind, const Size& z, int threads) {
  return {cell_of(kind), Activation::tanh, z.steps, z.batch, z.input, z.hidden, z.hidden, false,
          nullptr,       threads};
}

Numbers numbers(long n, float bound = 0) {
  static std::mt19937 random(1);
  std::uniform_real_distribution<float> d(-bound, bound);
  Numbers v(static_cast<std::size_t>(n));
  if (bound != 0)
    for (float& x : v) x = d(random);
  return v;
}

double middle(std::vector<double> v) {
  std::nth_element(v.begin(), v.begin() + long(v.size() / 2), v.end());
  return v[v.size() / 2];
}

// The peak that the threads have seen since the last call of this, on average, in
// operations a tick; what they saw before where they have not looked.
double peak_since() {
  static double before = peak_now();
  double sum = 0;
  int count = 0;
  for (Peaks& p : peaks) {
    for (int i = 0; i < p.count; ++i) sum += p.seen[i];
    count += p.count;
    p.count = 0;
  }
  if (count) before = sum / count;
  return before;
}

// The time that is exceeded by nine tenths of the calls: neighbours on the same
// machine make the others longer.
double low(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 10];
}

}  // namespace

Use use_of(Kind kind, const Size& z, int threads) {
  const Shape s = shape_of(kind, z, threads);
  const Sharing sharing = share(s, kind == Kind::rnn ? 1 : 4, sizeof(float));
  return {sharing.threads, sharing.split == Split::rows};
}

Times measure(Kind kind, const Size& z, int threads, double seconds) {
  const long S = z.steps, B = z.batch, I = z.input, H = z.hidden, G = gates_of(kind);
  const bool lstm = kind == Kind::lstm;
  const Numbers w_ih = numbers(G * H * I, 0.05f), w_hh = numbers(G * H * H, 0.05f),
                b_ih = numbers(G * H, 0.05f), b_hh = numbers(G * H, 0.05f),
                x = numbers(S * B * I, 1), dy = numbers(S * B * H, 1);
  Numbers y = numbers(S * B * H), hn = numbers(B * H), cn = numbers(B * H),
          gates = numbers(S * B * saved_gates(cell_of(kind)) * H),
          cells = numbers(lstm ? S * B * H : 0), dx = numbers(S * B * I),
          dw_ih = numbers(G * H * I), dw_hh = numbers(G * H * H), db_ih = numbers(G * H),
          db_hh = numbers(G * H);
  Forward<float> f{};
  f.shape = shape_of(kind, z, threads);
  f.weights = {w_ih.data(), w_hh.data(), b_ih.data(), b_hh.data(), nullptr};
  f.x = x.data();
  f.x_step = B * I;
  f.x_row = I;
  f.y = y.data();
  f.y_step = B * H;
  f.y_row = H;
  f.hn = hn.data();
  f.cn = lstm ? cn.data() : nullptr;
  f.gates = gates.empty() ? nullptr : gates.data();
  f.cells = lstm ? cells.data() : nullptr;
  Backward<float> b{};
  b.shape = f.shape;
  b.weights = f.weights;
  b.x = f.x;
  b.x_step = f.x_step;
  b.x_row = f.x_row;
  b.y = f.y;
  b.y_step = f.y_step;
  b.y_row = f.y_row;
  b.gates = f.gates;
  b.cells = f.cells;
  b.dy = dy.data();
  b.dy_step = f.y_step;
  b.dy_row = f.y_row;
  b.dx = dx.data();
  b.dx_step = f.x_step;
  b.dx_row = f.x_row;
  b.dw_ih = dw_ih.data();
  b.dw_hh = dw_hh.data();
  b.db_ih = db_ih.data();
  b.db_hh = db_hh.data();

  forward(f);
  backward(b);
  constexpr int kPhases = int(Phase::count);
  std::vector<double> phases[kPhases], both[2], peak, of_peak;
  const double operations = 6.0 * double(S * B * G * H * (I + H));
  const double began = now();
  const std::uint64_t tick = ticks();
  do {
    std::fill_n(phase_ticks, kPhases, 0);
    const double t0 = now();
    forward(f);
    const double t1 = now();
    backward(b);
    const double t2 = now();
    both[0].push_back(t1 - t0);
    both[1].push_back(t2 - t1);
    peak.push_back(peak_since());
    of_peak.push_back(operations / (t2 - t0) / peak.back());
    for (int k = 0; k < kPhases; ++k) phases[k].push_back(double(phase_ticks[k]));
  } while (now() - began < seconds || both[0].size() < 5);
  const double of_a_tick = (now() - began) / double(ticks() - tick);
  auto of = [&](Phase p) { return low(phases[int(p)]) * of_a_tick; };
  return {of(Phase::pack),    of(Phase::inputs), of(Phase::steps),           of(Phase::step),
          of(Phase::pack_back), of(Phase::back), of(Phase::adjoint), of(Phase::input_gradients),
          of(Phase::weights), of(Phase::gather), of(Phase::finish),          low(both[0]),
          low(both[1]),         middle(peak) / of_a_tick, middle(of_peak) * of_a_tick / threads};
}

}  // namespace bench
