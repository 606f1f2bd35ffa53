// From a graph to a program's numbers: forward a piece a level, backward the same
// levels from the last to the first, with one column of the frame for every node.
#include <algorithm>

#include "graph.h"

namespace tests {
namespace {

using elman::Space;

struct Piece {
  std::vector<elman::Instruction> loads, code, stores;
  int registers = 0;
  int fresh() { return registers++; }
  int load(Space s, int column) {
    const int to = fresh();
    loads.push_back({int(Op::load), to, int(s), column, 0});
    return to;
  }
  int apply(Op op, int a = 0, int b = 0, int c = 0) {
    const int to = fresh();
    code.push_back({int(op), to, a, b, c});
    return to;
  }
  void store(int from, Space s, int column) {
    stores.push_back({int(Op::store), from, int(s), column, 0});
  }
};

class Lowering {
 public:
  Lowering(const Graph& g, bool gradients) : g_(g), level_(g.levels()), gradients_(gradients) {
    n_ = int(g.nodes.size());
    for (const int l : level_) last_ = std::max(last_, l);
    for (int i = 0; i < n_; ++i)
      if (g.nodes[std::size_t(i)].kind == Node::rowsum) rows_.push_back(i);
  }

  Data run() {
    for (int l = 0; l <= last_; ++l) forward(l);
    if (gradients_)
      for (int l = last_; l >= 0; --l) backward(l);
    return data();
  }

 private:
  const Node& node(int i) const { return g_.nodes[std::size_t(i)]; }
  int level(int i) const { return level_[std::size_t(i)]; }
  int constant(double v) {
    floats_.push_back(v);
    return int(floats_.size()) - 1;
  }
  int row_of(int i) const {
    return int(std::find(rows_.begin(), rows_.end(), i) - rows_.begin());
  }

  void action(bool back, int what, int index, int column = -1) {
    std::vector<std::int64_t>& to = actions_[back];
    to.push_back(what);
    to.push_back(index);
    if (back) to.push_back(column);
    ++count_[back];
  }

  // A node's value in a register of a piece: forward at level `l`, or backward.
  int value(Piece& p, std::vector<int>& held, int i, int l, bool back) {
    int& to = held[std::size_t(i)];
    if (to >= 0) return to;
    const Node& n = node(i);
    switch (n.kind) {
      case Node::slot: return to = back ? p.load(Space::saved, i) : p.load(Space::frame, n.a);
      case Node::before: return to = p.load(Space::before, n.a);
      case Node::unit: return to = p.load(Space::unit, n.a);
      case Node::mask: return to = p.load(Space::mask, n.a);
      case Node::number: return to = p.apply(Op::constant, constant(n.value));
      case Node::rowsum: return to = p.apply(Op::row, row_of(i));
      default: break;
    }
    if (n.op == Op::width) return to = p.apply(Op::width);
    if (back) return to = p.load(Space::saved, i);
    if (level(i) < l) return to = p.load(Space::frame, g_.slots + i);
    int r[3] = {0, 0, 0};
    const int of[3] = {n.a, n.b, n.c};
    for (int k = 0; k < 3; ++k)
      if (of[k] >= 0) r[k] = value(p, held, of[k], l, false);
    return to = p.apply(n.op, r[0], r[1], r[2]);
  }

  void forward(int l) {
    if (l == 0)
      for (std::size_t k = 0; k < g_.products.size(); ++k)
        if (g_.products[k].source == Source::before) action(false, 0, int(k));
    Piece p;
    std::vector<int> held(std::size_t(n_), -1);
    std::vector<std::pair<int, int>> sums;
    for (int i = 0; i < n_; ++i) {
      if (level(i) == l) {
        const int r = value(p, held, i, l, false);
        p.store(r, Space::frame, g_.slots + i);
        p.store(r, Space::saved, i);
        for (int s = 0; s < g_.states; ++s)
          if (g_.after[std::size_t(s)] == i) p.store(r, Space::after, s);
      }
    }
    for (const int i : rows_)
      if (level(node(i).a) == l) sums.push_back({value(p, held, node(i).a, l, false), row_of(i)});
    for (const auto& [r, row] : sums) p.code.push_back({int(Op::sum), r, row, 0, 0});
    action(false, 1, int(pieces_[0].size()));
    pieces_[0].push_back(p);
    for (const auto& [r, row] : sums) action(false, 2, row);
    for (std::size_t k = 0; k < g_.products.size(); ++k) {
      const int from = g_.products[k].node;
      if (from >= 0 && level(from) == l) action(false, 0, int(k));
    }
  }

  // What is known of a node's gradient in a piece: in a register, of later levels in a
  // column of the frame.
  void add(Piece& p, std::vector<int>& found, int to, int r) {
    int& g = found[std::size_t(to)];
    g = g < 0 ? r : p.apply(Op::add, g, r);
  }

  void backward(int l) {
    Piece p;
    std::vector<int> held(std::size_t(n_), -1), found(std::size_t(n_), -1);
    auto get = [&](int i) { return value(p, held, i, l, true); };
    for (int i = 0; i < n_; ++i) {
      if (level(i) > l) continue;
      if (stored_[i]) add(p, found, i, p.load(Space::frame, i));
      if (level(i) != l) continue;
      for (int s = 0; s < g_.states; ++s)
        if (g_.after[std::size_t(s)] == i) add(p, found, i, p.load(Space::dstate, s));
      for (std::size_t k = 0; k < g_.products.size(); ++k)
        if (g_.products[k].node == i) add(p, found, i, p.load(Space::frame, n_ + int(k)));
      for (const int r : rows_)
        if (node(r).a == i) add(p, found, i, p.apply(Op::row, int(rows_.size()) + row_of(r)));
    }
    for (int i = n_ - 1; i >= 0; --i)
      if (level(i) == l && found[std::size_t(i)] >= 0 && node(i).kind == Node::apply)
        adjoint(p, found, get, i, found[std::size_t(i)]);
    auto or_zero = [&](int i) {
      return i >= 0 && found[std::size_t(i)] >= 0 ? found[std::size_t(i)]
                                                  : p.apply(Op::constant, constant(0));
    };
    auto leaf = [&](Node::Kind kind, int number) {
      int sum = -1;
      for (int i = 0; i < n_; ++i)
        if (node(i).kind == kind && node(i).a == number && found[std::size_t(i)] >= 0)
          sum = sum < 0 ? found[std::size_t(i)] : p.apply(Op::add, sum, found[std::size_t(i)]);
      return sum < 0 ? p.apply(Op::constant, constant(0)) : sum;
    };
    for (const int r : rows_)
      if (level(r) == l) p.code.push_back({int(Op::sum), or_zero(r), row_of(r), 0, 0});
    for (int s = 0; s < g_.slots; ++s)
      if (slot_level(s) == l) p.store(leaf(Node::slot, s), Space::dslot, s);
    if (l == 0) {
      for (int i = 0; i < g_.states; ++i) p.store(leaf(Node::before, i), Space::dstate, i);
      for (int u = 0; u < g_.units; ++u) p.store(leaf(Node::unit, u), Space::dslot, g_.slots + u);
    }
    for (int i = 0; i < n_; ++i)
      if ((level(i) < l) && found[std::size_t(i)] >= 0) {
        p.store(found[std::size_t(i)], Space::frame, i);
        stored_[i] = true;
      }
    action(true, 1, int(pieces_[1].size()));
    pieces_[1].push_back(p);
    for (const int r : rows_)
      if (level(r) == l) action(true, 2, row_of(r));
    for (std::size_t k = 0; k < g_.products.size(); ++k) {
      const Fed& f = g_.products[k];
      if (f.node < 0) continue;
      // As soon as its slots' gradients are all there.
      int lowest = last_;
      for (int s = f.first; s < f.first + f.slots; ++s) lowest = std::min(lowest, slot_level(s));
      if (lowest == l) action(true, 0, int(k), n_ + int(k));
    }
  }

  int slot_level(int s) const {
    int l = 0;
    for (const Fed& f : g_.products)
      if (f.node >= 0 && s >= f.first && s < f.first + f.slots) l = std::max(l, level(f.node) + 1);
    return l;
  }

  // Gradients of a node's arguments, from d, that of the node.
  template <class Get>
  void adjoint(Piece& p, std::vector<int>& found, Get get, int i, int d) {
    const Node& n = node(i);
    auto one = [&] { return p.apply(Op::constant, constant(1)); };
    auto mul = [&](int a, int b) { return p.apply(Op::mul, a, b); };
    auto to = [&](int argument, int r) { add(p, found, argument, r); };
    auto less = [&](int a, int b) { return p.apply(Op::sub, a, b); };
    switch (n.op) {
      case Op::add: to(n.a, d), to(n.b, d); return;
      case Op::sub: to(n.a, d), to(n.b, p.apply(Op::neg, d)); return;
      case Op::mul: to(n.a, mul(d, get(n.b))), to(n.b, mul(d, get(n.a))); return;
      case Op::div:
        to(n.a, p.apply(Op::div, d, get(n.b)));
        to(n.b, p.apply(Op::neg, p.apply(Op::div, mul(d, get(i)), get(n.b))));
        return;
      case Op::fma:
        to(n.a, mul(d, get(n.b))), to(n.b, mul(d, get(n.a))), to(n.c, d);
        return;
      case Op::fnma: {
        const int minus = p.apply(Op::neg, d);
        to(n.a, mul(minus, get(n.b))), to(n.b, mul(minus, get(n.a))), to(n.c, d);
        return;
      }
      case Op::neg: to(n.a, p.apply(Op::neg, d)); return;
      case Op::sigmoid: to(n.a, mul(d, mul(get(i), less(one(), get(i))))); return;
      case Op::tanh: to(n.a, p.apply(Op::fnma, mul(get(i), get(i)), d, d)); return;
      case Op::relu: to(n.a, mul(d, p.apply(Op::step, get(n.a)))); return;
      case Op::softplus: to(n.a, mul(d, p.apply(Op::sigmoid, get(n.a)))); return;
      case Op::exp: to(n.a, mul(d, get(i))); return;
      case Op::log: to(n.a, p.apply(Op::div, d, get(n.a))); return;
      case Op::sqrt: {
        const int half = p.apply(Op::constant, constant(0.5));
        to(n.a, p.apply(Op::div, mul(d, half), get(i)));
        return;
      }
      case Op::max:
      case Op::min: {
        const bool max = n.op == Op::max;
        const int first = p.apply(Op::greater, get(max ? n.a : n.b), get(max ? n.b : n.a));
        to(n.a, mul(d, first)), to(n.b, mul(d, less(one(), first)));
        return;
      }
      case Op::abs: to(n.a, mul(d, p.apply(Op::sign, get(n.a)))); return;
      case Op::select: {
        const int zero = p.apply(Op::constant, constant(0));
        to(n.b, p.apply(Op::select, get(n.a), d, zero));
        to(n.c, p.apply(Op::select, get(n.a), zero, d));
        return;
      }
      default: return;  // comparisons and the width have none
    }
  }

  Data data() {
    Data d;
    std::vector<std::int64_t>& v = d.integers;
    const int rows = int(rows_.size()), products = int(g_.products.size());
    v = {elman::kOldestProgramVersion, g_.states, g_.slots, g_.slots + n_, gradients_ ? n_ + products : 0,
         n_, g_.units, g_.masks, rows, gradients_ ? rows : 0, products, int(floats_.size())};
    v.push_back(products);
    for (int k = 0; k < products; ++k) {
      const Fed& f = g_.products[std::size_t(k)];
      int index = f.state, saved = -1;
      if (f.source == Source::after)
        index = int(std::find(g_.after.begin(), g_.after.end(), f.node) - g_.after.begin());
      if (f.source == Source::frame) index = g_.slots + f.node, saved = f.node;
      for (const int x : {k, int(f.source), index, saved, f.heads, f.first, f.slots}) v.push_back(x);
      // Row blocks in another order than the slots.
      for (int s = 0; s < f.slots; ++s) v.push_back((s + 1) % f.slots);
    }
    for (int back = 0; back < 2; ++back) {
      v.push_back(count_[back]);
      v.insert(v.end(), actions_[back].begin(), actions_[back].end());
    }
    for (int back = 0; back < 2; ++back) {
      v.push_back(std::int64_t(pieces_[back].size()));
      for (const Piece& p : pieces_[back]) {
        v.push_back(p.registers);
        v.push_back(std::int64_t(p.loads.size() + p.code.size() + p.stores.size()));
        for (const auto* part : {&p.loads, &p.code, &p.stores})
          for (const elman::Instruction& x : *part)
            for (const int y : {x.op, x.to, x.a, x.b, x.c}) v.push_back(y);
      }
    }
    d.floats = floats_;
    return d;
  }

  const Graph& g_;
  const std::vector<int> level_;
  const bool gradients_;
  int n_ = 0, last_ = 0;
  std::vector<int> rows_;
  std::vector<double> floats_;
  std::vector<Piece> pieces_[2];
  std::vector<std::int64_t> actions_[2];
  int count_[2] = {0, 0};
  std::vector<bool> stored_ = std::vector<bool>(g_.nodes.size(), false);
};

}  // namespace

Data lower(const Graph& g, bool gradients) { return Lowering(g, gradients).run(); }

}  // namespace tests
