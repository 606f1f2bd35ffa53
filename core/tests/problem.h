// One problem for the core, and everything it may touch, in arrays of exactly
// the promised size, so that a sanitizer sees every step outside.
#pragma once

#include <cmath>
#include <limits>
#include <memory>
#include <new>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "elman/core.h"

namespace tests {

using namespace elman;

// As torch's own memory: lines of 64 bytes.
constexpr std::align_val_t kLine{64};
struct Freed {
  void operator()(void* p) const { ::operator delete[](p, kLine); }
};
template <class T>
using Array = std::unique_ptr<T[], Freed>;

template <class T>
Array<T> poisoned(long n) {
  Array<T> a(new (kLine) T[std::size_t(n > 0 ? n : 0)]);
  for (long i = 0; i < n; ++i) a[i] = std::numeric_limits<T>::quiet_NaN();
  return a;
}

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
        G(c == Cell::lstm ? 4 : c == Cell::rnn ? 1 : 3), slots(saved_gates(c, a)), reverse(back) {
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

  void forwards(int threads, bool save, bool single = false) {
    const bool lstm = cell == Cell::lstm;
    Forward<T> f{};
    f.shape = shape(threads);
    f.weights = weights();
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
    add(norms, S * B);
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
std::vector<T> solve(Problem<T>& p, int threads) {
  p.clear();
  p.forwards(threads, true);
  p.backwards(threads);
  return p.all();
}

}  // namespace tests
