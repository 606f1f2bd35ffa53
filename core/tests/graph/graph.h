// A cell as a graph of pointwise operations, for tests: evaluated by a plain loop over
// numbers, and lowered to a program without any cleverness: every value is stored and
// every value is saved. Neither shares code with the core.
#pragma once

#include <cstdint>
#include <vector>

#include "elman/program.h"

namespace tests {

using elman::Op;
using elman::Source;

struct Node {
  enum Kind { slot, before, unit, mask, number, rowsum, apply } kind;
  Op op;
  int a, b, c;   // arguments; `a` also a leaf's number
  double value;  // of a number
};

struct Fed {
  Source source;
  int state;  // of before
  int node;   // of after and frame: the node that is multiplied
  int heads, first, slots;
};

struct Graph {
  int states = 1, slots = 0, units = 0, masks = 0;
  std::vector<Node> nodes;
  std::vector<Fed> products;
  std::vector<int> after;  // the node each state becomes

  int add(Node n);
  int slot(int k) { return add({Node::slot, Op::load, k, 0, 0, 0}); }
  int before(int i) { return add({Node::before, Op::load, i, 0, 0, 0}); }
  int unit(int p) { return add({Node::unit, Op::load, p, 0, 0, 0}); }
  int mask(int k) { return add({Node::mask, Op::load, k, 0, 0, 0}); }
  int number(double v) { return add({Node::number, Op::constant, 0, 0, 0, v}); }
  int rowsum(int a) { return add({Node::rowsum, Op::sum, a, 0, 0, 0}); }
  int apply(Op op, int a, int b = -1, int c = -1) { return add({Node::apply, op, a, b, c, 0}); }
  int mean(int a);

  // New slots that the input, a state or a node feeds; returns the first.
  int feed(Source source, int number, int count, int heads = 1);
  // A further product into slots there are.
  void also(Source source, int number, int first, int count, int heads = 1);

  // Of each node the step at which it is known: one more for every product of a node
  // and every sum over a row.
  std::vector<int> levels() const;
};

struct Data {
  std::vector<std::int64_t> integers;
  std::vector<double> floats;
};
// `gradients`: with a backward pass.
Data lower(const Graph& g, bool gradients = true);

// Arguments of a node that are nodes.
std::vector<int> arguments(const Node& n);

}  // namespace tests
