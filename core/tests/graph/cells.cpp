#include "cells.h"

#include <random>

namespace tests {
namespace {

Graph tanh_rnn() {
  Graph g;
  const int a = g.feed(Source::input, 0, 1);
  g.also(Source::before, 0, a, 1);
  g.after = {g.apply(Op::tanh, g.slot(a))};
  return g;
}

// An LSTM whose gates see the cell, before and after the step.
Graph peephole_lstm() {
  Graph g;
  g.states = 2;
  g.units = 3;
  const int a = g.feed(Source::input, 0, 4);
  g.also(Source::before, 0, a, 4);
  const int c = g.before(1);
  const int i = g.apply(Op::sigmoid, g.apply(Op::fma, g.unit(0), c, g.slot(a)));
  const int f = g.apply(Op::sigmoid, g.apply(Op::fma, g.unit(1), c, g.slot(a + 1)));
  const int in = g.apply(Op::tanh, g.slot(a + 2));
  const int next = g.apply(Op::fma, f, c, g.apply(Op::mul, i, in));
  const int o = g.apply(Op::sigmoid, g.apply(Op::fma, g.unit(2), next, g.slot(a + 3)));
  g.after = {g.apply(Op::mul, o, g.apply(Op::tanh, next)), next};
  return g;
}

// A GRU that normalises what its state brings.
Graph normed_gru() {
  Graph g;
  g.units = 2;
  const int x = g.feed(Source::input, 0, 3), h = g.feed(Source::before, 0, 3);
  auto norm = [&](int a) {
    const int centred = g.apply(Op::sub, a, g.mean(a));
    const int spread = g.mean(g.apply(Op::mul, centred, centred));
    const int root = g.apply(Op::sqrt, g.apply(Op::add, spread, g.number(1e-3)));
    return g.apply(Op::fma, g.apply(Op::div, centred, root), g.unit(0), g.unit(1));
  };
  const int r = g.apply(Op::sigmoid, g.apply(Op::add, g.slot(x), norm(g.slot(h))));
  const int z = g.apply(Op::sigmoid, g.apply(Op::add, g.slot(x + 1), norm(g.slot(h + 1))));
  const int n = g.apply(Op::tanh, g.apply(Op::fma, r, norm(g.slot(h + 2)), g.slot(x + 2)));
  const int before = g.before(0);
  g.after = {g.apply(Op::fma, z, g.apply(Op::sub, before, n), n)};
  return g;
}

// Two states; the second is fed by the first as the step leaves it.
Graph two_states() {
  Graph g;
  g.states = 2;
  const int a = g.feed(Source::input, 0, 2);
  g.also(Source::before, 1, a, 2);
  const int z = g.apply(Op::fma, g.apply(Op::sigmoid, g.slot(a)), g.before(0),
                        g.apply(Op::tanh, g.slot(a + 1)));
  const int b = g.feed(Source::after, z, 1);
  g.also(Source::input, 0, b, 1);
  const int v = g.apply(Op::sub, g.before(1), g.apply(Op::tanh, g.slot(b)));
  g.after = {z, g.apply(Op::mul, v, g.number(0.5))};
  return g;
}

// Four states, blocks on the diagonal, exponentials kept in range by a maximum.
Graph heads() {
  Graph g;
  g.states = 4;
  const int a = g.feed(Source::input, 0, 4);
  g.also(Source::before, 0, a, 4, 4);
  const int m = g.before(3);
  const int decay = g.apply(Op::add, g.apply(Op::neg, g.apply(Op::softplus, g.slot(a + 1))), m);
  const int top = g.apply(Op::max, decay, g.slot(a));
  const int i = g.apply(Op::exp, g.apply(Op::sub, g.slot(a), top));
  const int f = g.apply(Op::exp, g.apply(Op::sub, decay, top));
  const int c = g.apply(Op::fma, f, g.before(1), g.apply(Op::mul, i, g.apply(Op::tanh, g.slot(a + 2))));
  const int n = g.apply(Op::fma, f, g.apply(Op::abs, g.before(2)), i);
  const int over = g.apply(Op::add, n, g.number(0.1));
  const int y = g.apply(Op::mul, g.apply(Op::sigmoid, g.slot(a + 3)), g.apply(Op::div, c, over));
  g.after = {y, c, n, top};
  return g;
}

// No unit needs another: gates of the input, a weight of its own for each unit.
Graph elementwise() {
  Graph g;
  g.states = 2;
  g.units = 1;
  g.masks = 1;
  const int a = g.feed(Source::input, 0, 2);
  const int z = g.apply(Op::sigmoid, g.slot(a)), h = g.before(0);
  const int in = g.apply(Op::relu, g.apply(Op::fma, g.unit(0), h, g.slot(a + 1)));
  const int next = g.apply(Op::fma, z, g.apply(Op::sub, in, h), h);
  const int kept = g.apply(Op::select, g.mask(0), next, h);
  g.after = {kept, g.apply(Op::sub, g.apply(Op::mul, g.before(1), g.number(0.9)), kept)};
  return g;
}

// A reset gate before the product, dropout on the state before another, five gates in
// one product and blocks on the diagonal of a value computed in the step.
Graph many_products() {
  Graph g;
  g.masks = 2;
  const int h = g.before(0), dropped = g.apply(Op::mul, h, g.mask(0));
  const int a = g.feed(Source::input, 0, 5);
  g.also(Source::frame, dropped, a, 5);
  const int r = g.apply(Op::sigmoid, g.slot(a)), z = g.apply(Op::sigmoid, g.slot(a + 1));
  const int rh = g.apply(Op::mul, r, h);
  const int b = g.feed(Source::frame, rh, 1);
  g.also(Source::input, 0, b, 1);
  const int mixed = g.apply(Op::tanh, g.apply(Op::fma, g.slot(b), g.slot(a + 2), g.slot(a + 3)));
  const int d = g.feed(Source::frame, mixed, 2, 2);
  const int n = g.apply(Op::tanh, g.apply(Op::add, g.slot(d),
                                          g.apply(Op::min, g.slot(d + 1), g.slot(a + 4))));
  const int next = g.apply(Op::fma, z, g.apply(Op::sub, h, n), n);
  g.after = {g.apply(Op::fma, g.mask(1), g.apply(Op::sub, next, h), h)};
  return g;
}

}  // namespace

std::vector<Named> graphs() {
  return {{"tanh", tanh_rnn()},           {"peepholes", peephole_lstm()},
          {"layer norm", normed_gru()},   {"two states", two_states()},
          {"heads", heads()},             {"elementwise", elementwise()},
          {"many products", many_products()}};
}

Graph random_graph(unsigned seed) {
  std::mt19937 random(seed);
  auto below = [&](int n) { return int(random() % unsigned(n)); };
  Graph g;
  g.states = 1 + below(3);
  g.units = below(3);
  g.masks = below(2);
  std::vector<int> known;  // nodes that lie in a moderate range
  for (int i = 0; i < g.states; ++i) known.push_back(g.apply(Op::tanh, g.before(i)));
  for (int p = 0; p < g.units; ++p) known.push_back(g.unit(p));
  for (int k = 0; k < g.masks; ++k) known.push_back(g.mask(k));
  auto some = [&] { return known[std::size_t(below(int(known.size())))]; };
  const int fed = 1 + below(6);
  const int first = g.feed(Source::input, 0, fed);
  const int product = below(4);
  const int heads[] = {1, 1, 2, 4};
  if (product) {
    const int from = below(fed), count = 1 + below(fed - from);
    g.also(Source::before, below(g.states), first + from, count, heads[below(4)]);
  }
  for (int s = 0; s < fed; ++s) known.push_back(g.slot(first + s));
  const int rounds = 4 + below(16);
  for (int k = 0; k < rounds; ++k) {
    const int a = some(), b = some();
    auto put = [&](int n) { known.push_back(n); };
    switch (below(22)) {
      case 0: put(g.apply(Op::add, a, b)); break;
      case 1: put(g.apply(Op::sub, a, b)); break;
      case 2: put(g.apply(Op::tanh, g.apply(Op::mul, a, b))); break;
      case 3: put(g.apply(Op::div, a, g.apply(Op::add, g.apply(Op::exp, g.apply(Op::tanh, b)),
                                              g.number(1)))); break;
      case 4: put(g.apply(Op::fma, a, g.apply(Op::sigmoid, b), some())); break;
      case 5: put(g.apply(Op::fnma, a, g.apply(Op::sigmoid, b), some())); break;
      case 6: put(g.apply(Op::neg, a)); break;
      case 7: put(g.apply(Op::sigmoid, a)); break;
      case 8: put(g.apply(Op::tanh, a)); break;
      case 9: put(g.apply(Op::relu, a)); break;
      case 10: put(g.apply(Op::softplus, a)); break;
      case 11: put(g.apply(Op::log, g.apply(Op::add, g.apply(Op::abs, a), g.number(1)))); break;
      case 12: put(g.apply(Op::sqrt, g.apply(Op::fma, a, a, g.number(0.5)))); break;
      case 13: put(g.apply(Op::max, a, b)); break;
      case 14: put(g.apply(Op::min, a, b)); break;
      case 15: put(g.apply(Op::select, g.apply(Op::greater, a, b), some(), some())); break;
      case 16: put(g.apply(Op::mul, g.apply(Op::step, a), b)); break;
      case 17: put(g.apply(Op::mul, g.apply(Op::sign, a), b)); break;
      case 18:
      case 19: put(g.apply(Op::sub, a, g.mean(a))); break;
      case 20:
      case 21: {
        const int slots = 1 + below(2);
        const int to = g.feed(Source::frame, a, slots, heads[below(4)]);
        for (int s = 0; s < slots; ++s) put(g.slot(to + s));
      }
    }
  }
  for (int i = 0; i < g.states; ++i)
    g.after.push_back(g.apply(Op::tanh, g.apply(Op::add, some(), known.back())));
  if (below(2)) {
    // A product of a state as the step leaves it, into the next of the states.
    const int s = g.feed(Source::after, g.after[0], 1);
    if (g.states > 1)
      g.after[1] = g.apply(Op::tanh, g.apply(Op::add, g.after[1], g.slot(s)));
    else g.slot(s);
  }
  return g;
}

}  // namespace tests
