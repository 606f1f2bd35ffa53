// The core without Python: every cell, on every instruction set, against
// scalar code in double, at one to four threads, dense and ragged, both ways;
// gradients by central differences; threads at once; after a fork. Memory is
// exactly as large as promised, so that a sanitizer sees every step outside.
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "elman/core.h"

using namespace elman;

namespace {

int failures = 0;

void expect(bool good, const std::string& what) {
  if (good) return;
  ++failures;
  std::printf("FAILED %s\n", what.c_str());
}

template <class T>
using Array = std::unique_ptr<T[]>;

template <class T>
Array<T> poisoned(long n) {
  Array<T> a(new T[std::size_t(n > 0 ? n : 0)]);
  for (long i = 0; i < n; ++i) a[i] = std::numeric_limits<T>::quiet_NaN();
  return a;
}

// One problem and everything the core may touch, in arrays of the exact size.
template <class T>
struct Problem {
  Cell cell;
  Activation act;
  long S, B, I, H, P, G, slots;
  bool reverse;
  std::vector<int64_t> lengths;
  Array<T> x, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr, dy, dhn, dcn;
  Array<T> y, hn, cn, gates, cells, raw, dx, dh0, dc0, dw_ih, dw_hh, db_ih, db_hh, dw_hr, norms;

  Problem(Cell c, Activation a, long steps, long batch, long input, long hidden, long proj,
          bool ragged, bool back, unsigned seed)
      : cell(c), act(a), S(steps), B(batch), I(input), H(hidden), P(proj ? proj : hidden),
        G(c == Cell::lstm ? 4 : c == Cell::rnn ? 1 : 3), slots(saved_gates(c)), reverse(back) {
    std::mt19937 random(seed);
    auto draw = [&](long n, double bound) {
      Array<T> v = poisoned<T>(n);
      std::uniform_real_distribution<double> d(-bound, bound);
      for (long i = 0; i < n; ++i) v[i] = T(d(random));
      return v;
    };
    const double bound = 1 / std::sqrt(double(H));
    x = draw(S * B * I, 1);
    h0 = draw(B * P, 1);
    c0 = draw(B * H, 1);
    w_ih = draw(G * H * I, bound);
    w_hh = draw(G * H * P, bound);
    b_ih = draw(G * H, bound);
    b_hh = draw(G * H, bound);
    if (proj) w_hr = draw(P * H, bound);
    dy = draw(S * B * P, 1);
    dhn = draw(B * P, 1);
    dcn = draw(B * H, 1);
    if (ragged)
      for (long i = 0; i < B; ++i) lengths.push_back(int64_t(random() % unsigned(S + 1)));
    clear();
  }

  void clear() {
    y = poisoned<T>(S * B * P);
    hn = poisoned<T>(B * P);
    cn = poisoned<T>(B * H);
    gates = poisoned<T>(S * B * slots * H);
    cells = poisoned<T>(S * B * H);
    raw = poisoned<T>(S * B * H);
    dx = poisoned<T>(S * B * I);
    dh0 = poisoned<T>(B * P);
    dc0 = poisoned<T>(B * H);
    dw_ih = poisoned<T>(G * H * I);
    dw_hh = poisoned<T>(G * H * P);
    db_ih = poisoned<T>(G * H);
    db_hh = poisoned<T>(G * H);
    dw_hr = poisoned<T>(P * H);
    norms = poisoned<T>(S * B);
  }

  Shape shape(int threads) const {
    return {cell, act, S, B, I, H, P, reverse, lengths.empty() ? nullptr : lengths.data(), threads};
  }
  Weights<T> weights() const {
    return {w_ih.get(), w_hh.get(), b_ih.get(), b_hh.get(), w_hr.get()};
  }

  void forwards(int threads, bool save, const void* packed = nullptr, bool single = false) {
    const bool lstm = cell == Cell::lstm;
    Forward<T> f{};
    f.shape = shape(threads);
    f.weights = weights();
    f.packed = packed;
    f.single = single;
    f.x = x.get();
    f.x_step = B * I;
    f.x_row = I;
    f.h0 = h0.get();
    f.c0 = lstm ? c0.get() : nullptr;
    f.y = y.get();
    f.y_step = B * P;
    f.y_row = P;
    f.hn = hn.get();
    f.cn = lstm ? cn.get() : nullptr;
    if (save) {
      f.gates = slots ? gates.get() : nullptr;
      f.cells = lstm ? cells.get() : nullptr;
      f.raw = w_hr ? raw.get() : nullptr;
    }
    forward(f);
  }
  void backwards(int threads) {
    const bool lstm = cell == Cell::lstm;
    Backward<T> b{};
    b.shape = shape(threads);
    b.weights = weights();
    b.x = x.get();
    b.x_step = B * I;
    b.x_row = I;
    b.h0 = h0.get();
    b.c0 = lstm ? c0.get() : nullptr;
    b.y = y.get();
    b.y_step = B * P;
    b.y_row = P;
    b.gates = gates.get();
    b.cells = cells.get();
    b.raw = raw.get();
    b.dy = dy.get();
    b.dy_step = B * P;
    b.dy_row = P;
    b.dhn = dhn.get();
    b.dcn = lstm ? dcn.get() : nullptr;
    b.dx = dx.get();
    b.dx_step = B * I;
    b.dx_row = I;
    b.dw_ih = dw_ih.get();
    b.dw_hh = dw_hh.get();
    b.db_ih = db_ih.get();
    b.db_hh = db_hh.get();
    b.dw_hr = w_hr ? dw_hr.get() : nullptr;
    b.dh0 = dh0.get();
    b.dc0 = lstm ? dc0.get() : nullptr;
    b.norms = norms.get();
    backward(b);
  }

  double loss() const {
    double sum = 0;
    for (long i = 0; i < S * B * P; ++i) sum += double(y[i]) * double(dy[i]);
    for (long i = 0; i < B * P; ++i) sum += double(hn[i]) * double(dhn[i]);
    if (cell == Cell::lstm)
      for (long i = 0; i < B * H; ++i) sum += double(cn[i]) * double(dcn[i]);
    return sum;
  }

  // Every result in one row, for comparing bits.
  std::vector<T> all() const {
    std::vector<T> v;
    auto add = [&](const Array<T>& a, long n) { v.insert(v.end(), a.get(), a.get() + n); };
    add(y, S * B * P);
    add(hn, B * P);
    add(dx, S * B * I);
    add(dh0, B * P);
    add(dw_ih, G * H * I);
    add(dw_hh, G * H * P);
    add(db_ih, G * H);
    add(db_hh, G * H);
    if (cell == Cell::lstm) add(cn, B * H), add(dc0, B * H);
    if (w_hr) add(dw_hr, P * H);
    return v;
  }

  std::string name() const {
    std::ostringstream s;
    s << isa() << " cell " << int(cell) << " act " << int(act) << " T" << S << " B" << B << " I"
      << I << " H" << H << " P" << P << (lengths.empty() ? "" : " ragged")
      << (reverse ? " reverse" : "") << (sizeof(T) == 4 ? " float" : " double");
    return s.str();
  }
};

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.empty() || b.empty()) return a.size() == b.size();
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

// Central differences of the loss at a few elements of each input.
void gradients(Problem<double>& p) {
  struct Part {
    const char* name;
    double* value;
    const double* gradient;
    long n;
  };
  const std::vector<Part> parts = {
      {"x", p.x.get(), p.dx.get(), p.S * p.B * p.I},
      {"h0", p.h0.get(), p.dh0.get(), p.B * p.P},
      {"c0", p.c0.get(), p.dc0.get(), p.cell == Cell::lstm ? p.B * p.H : 0},
      {"w_ih", p.w_ih.get(), p.dw_ih.get(), p.G * p.H * p.I},
      {"w_hh", p.w_hh.get(), p.dw_hh.get(), p.G * p.H * p.P},
      {"b_ih", p.b_ih.get(), p.db_ih.get(), p.G * p.H},
      {"b_hh", p.b_hh.get(), p.db_hh.get(), p.G * p.H},
      {"w_hr", p.w_hr.get(), p.dw_hr.get(), p.w_hr ? p.P * p.H : 0}};
  for (const Part& part : parts)
    for (long i = 0; i < part.n; i += 1 + part.n / 5) {
      const double h = 6e-6, was = part.value[i];
      part.value[i] = was + h;
      p.forwards(1, false);
      const double up = p.loss();
      part.value[i] = was - h;
      p.forwards(1, false);
      const double down = p.loss();
      part.value[i] = was;
      const double slope = (up - down) / (2 * h), found = part.gradient[i];
      expect(std::abs(slope - found) <= 3e-8 * (1 + std::abs(slope) + std::abs(up)),
             p.name() + " d" + part.name + " " + std::to_string(found) + " " +
                 std::to_string(slope));
    }
  p.forwards(1, true);
}

struct Size {
  long S, B, I, H, P;
};
constexpr Size kSizes[] = {{3, 2, 2, 3, 2},   {1, 1, 1, 1, 1},  {5, 7, 3, 17, 5}, {0, 2, 1, 2, 1},
                           {4, 0, 2, 2, 1},   {9, 1, 4, 40, 9}, {2, 70, 2, 5, 2}, {300, 1, 1, 2, 1},
                           {3, 3, 18, 33, 20}};

struct Kind {
  Cell cell;
  Activation act;
  bool projects;
};
constexpr Kind kKinds[] = {{Cell::rnn, Activation::tanh, false},
                           {Cell::rnn, Activation::relu, false},
                           {Cell::rnn, Activation::sigmoid, false},
                           {Cell::rnn, Activation::identity, false},
                           {Cell::rnn, Activation::softplus, false},
                           {Cell::gru, Activation::tanh, false},
                           {Cell::gru_reset_before, Activation::tanh, false},
                           {Cell::lstm, Activation::tanh, false},
                           {Cell::lstm, Activation::tanh, true}};

template <class T>
std::vector<T> solve(Problem<T>& p, int threads) {
  p.clear();
  p.forwards(threads, true);
  p.backwards(threads);
  return p.all();
}

template <class T>
void every_cell(bool fused_reference) {
  static std::vector<std::vector<T>> fused;  // of the first fused set, by problem
  std::size_t k = 0;
  for (const Kind& kind : kKinds)
    for (const Size& z : kSizes)
      for (int form = 0; form < 4; ++form) {
        Problem<T> p(kind.cell, kind.act, z.S, z.B, z.I, z.H, kind.projects ? z.P : 0, form & 1,
                     form & 2, unsigned(form + 1));
        const std::vector<T> once = solve(p, 1);
        for (const T v : once) expect(v == v, p.name() + ": a NaN nobody wrote over");
        for (int threads = 2; threads <= 4; ++threads)
          expect(same_bits(once, solve(p, threads)), p.name() + ": bits differ by threads");
        if constexpr (sizeof(T) == 8) gradients(p);
        // Inference, and from packed weights, give the same outputs.
        const std::vector<T> y(p.y.get(), p.y.get() + p.S * p.B * p.P);
        void* packed = pack(p.shape(1), p.weights());
        p.clear();
        p.forwards(2, false, packed);
        release(packed);
        expect(same_bits(y, std::vector<T>(p.y.get(), p.y.get() + p.S * p.B * p.P)),
               p.name() + ": inference differs");
        if (std::string(isa()) == "scalar") continue;
        if (fused_reference) fused.push_back(once);
        else expect(same_bits(fused[k], once), p.name() + ": instruction sets differ");
        ++k;
      }
}

// One step with the weights where they lie: the packed step's numbers to
// rounding, the same bits by threads and on every fused set.
template <class T>
void single_steps(bool fused_reference) {
  static std::vector<std::vector<T>> fused;
  const Size sizes[] = {{1, 1, 1, 1, 0}, {1, 2, 3, 17, 0}, {1, 3, 40, 33, 0}, {1, 8, 16, 64, 0}};
  std::size_t k = 0;
  for (const Kind& kind : kKinds)
    for (const Size& z : sizes) {
      if (kind.projects) continue;
      Problem<T> p(kind.cell, kind.act, z.S, z.B, z.I, z.H, 0, false, false, 5);
      p.forwards(1, false);
      auto states = [&] {
        std::vector<T> v(p.hn.get(), p.hn.get() + p.B * p.H);
        if (kind.cell == Cell::lstm) v.insert(v.end(), p.cn.get(), p.cn.get() + p.B * p.H);
        return v;
      };
      const std::vector<T> packed = states();
      std::vector<T> once;
      for (int threads = 1; threads <= 3; ++threads) {
        p.clear();
        p.forwards(threads, false, nullptr, true);
        if (threads == 1) once = states();
        else expect(same_bits(once, states()), p.name() + ": a single step's bits differ by threads");
      }
      const double limit = 64 * double(std::numeric_limits<T>::epsilon());
      for (std::size_t i = 0; i < once.size(); ++i)
        expect(std::abs(double(once[i]) - double(packed[i])) <= limit,
               p.name() + ": a single step differs");
      if (std::string(isa()) == "scalar") continue;
      if (fused_reference) fused.push_back(once);
      else expect(same_bits(fused[k], once), p.name() + ": a single step's sets differ");
      ++k;
    }
}

void threads_at_once() {
  Problem<float> p(Cell::lstm, Activation::tanh, 12, 6, 4, 20, 0, true, false, 3);
  const std::vector<float> expected = solve(p, 1);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      Problem<float> own(Cell::lstm, Activation::tanh, 12, 6, 4, 20, 0, true, false, 3);
      for (int k = 0; k < 20; ++k) wrong[i] += !same_bits(expected, solve(own, 2));
    });
  for (std::thread& t : threads) t.join();
  for (int w : wrong) expect(w == 0, "several threads at once");
}

void after_a_fork() {
#if !defined(__SANITIZE_THREAD__)
  Problem<float> p(Cell::gru, Activation::tanh, 8, 6, 4, 20, 0, false, false, 3);
  const std::vector<float> expected = solve(p, 3);
  const pid_t child = fork();
  if (child == 0) _exit(same_bits(expected, solve(p, 3)) ? 0 : 1);
  int status = -1;
  waitpid(child, &status, 0);
  expect(status == 0, "after a fork");
#endif
}

void wrong_arguments() {
  for (const char* name : {"sse9", ""}) {
    bool thrown = false;
    try {
      force_isa(name);
    } catch (const std::invalid_argument&) {
      thrown = true;
    }
    expect(thrown, "an unknown instruction set");
  }
  Problem<float> p(Cell::gru, Activation::tanh, 3, 2, 2, 3, 0, true, false, 3);
  p.lengths[1] = 4;
  bool thrown = false;
  try {
    p.forwards(1, true);
  } catch (const std::invalid_argument&) {
    thrown = true;
  }
  expect(thrown, "a length beyond T");
}

}  // namespace

int main() {
  share_above(0, 0);
  std::istringstream sets(isa_list());
  bool first = true;
  for (std::string name; sets >> name; first = false) {
    force_isa(name.c_str());
    expect(name == isa(), "the forced set is the one that runs");
    every_cell<double>(first);
    every_cell<float>(first);
    single_steps<double>(first);
    single_steps<float>(first);
    threads_at_once();
    std::printf("%s: %s\n", name.c_str(), failures ? "failed" : "ok");
  }
  force_isa(nullptr);
  after_a_fork();
  wrong_arguments();
  return failures != 0;
}
