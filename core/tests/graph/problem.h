// One problem for a program, in arrays of exactly the promised size.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "../tests.h"
#include "graph.h"

namespace tests {

struct Inputs {
  long S, B, I, H;
  bool reverse;
  std::vector<std::int64_t> lengths;
  std::vector<double> x, bias, units, masks, first, dy, dlast;  // units [U, H], first [N, B, H]
  std::vector<std::vector<double>> weights;
};

Inputs draw(const Graph& g, long S, long B, long I, long H, bool ragged, bool reverse,
            unsigned seed);
Inputs draw(const elman::Program& p, long S, long B, long I, long H, bool ragged, bool reverse,
            unsigned seed);

// Outputs and last states, by a loop over numbers.
void evaluate(const Graph& g, const Inputs& in, std::vector<double>& y, std::vector<double>& last);

// The same and every gradient, by the core.
template <class T>
struct Solved {
  std::vector<T> y, last, dx, dbias, dunits, dfirst, norms;
  std::vector<std::vector<T>> dweights;
  // Of bias, units and weights where dx is not wanted and that makes their sums others.
  std::vector<T> without_dx;
  std::vector<T> all() const;
};

template <class T>
Solved<T> solve(const elman::Program& p, const Inputs& in, int threads, bool gradients = true);

// y and last times their gradients.
double loss(const Inputs& in, const std::vector<double>& y, const std::vector<double>& last);

// Against the loop, and gradients against central differences of the loop's loss.
void compare(const Graph& g, const Inputs& in, const std::string& name, double tolerance = 1e-11);

}  // namespace tests
