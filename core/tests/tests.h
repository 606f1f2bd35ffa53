// The tests, and how they say that something is wrong.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "problem.h"

namespace tests {

// Prints and counts what does not hold.
void expect(bool good, const std::string& what);
int failures();

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.empty() || b.empty()) return a.size() == b.size();
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
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

// cells.cpp: every cell, dense and ragged, both ways; the same bits on one to four
// threads and on every fused instruction set. `first`: on the first of the sets.
void every_cell(bool first);

// single.cpp: few rows and steps with the weights where they lie.
void single_steps(bool first);

// graphs.cpp: cells given as programs, and programs that are refused.
void every_graph(bool first);
void wrong_programs();

// gradients.cpp: against central differences of the loss.
void gradients(Problem<double>& p);

// threads.cpp
void threads_at_once();
void after_a_fork();

// arguments.cpp
void wrong_arguments();

}  // namespace tests
