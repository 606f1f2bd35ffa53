// The tests, and how they say that something is wrong.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "problem.h"

namespace tests {

// Prints and counts what does not hold.
void expect(bool good, const std::string& what);
int failures();

// Any NaN is the same as any other: their bits depend on which of two operands a
// processor passes on.
template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::memcmp(&a[i], &b[i], sizeof(T)) != 0 && (a[i] == a[i] || b[i] == b[i])) return false;
  return true;
}

// FNV-1a.
constexpr std::uint64_t kNothing = 14695981039346656037ull;
inline std::uint64_t added(std::uint64_t hash, const void* data, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i)
    hash = (hash ^ static_cast<const unsigned char*>(data)[i]) * 1099511628211ull;
  return hash;
}

// What every fused set computes, and what the scalar set does, as one number each: the
// same on every machine. Printed at the end of core_tests.
void record(std::uint64_t numbers);

// The same problems on one set after another: every fused one has the bits of the first.
class Sets {
 public:
  void begin(bool first) { first_ = first, next_ = 0; }
  template <class T>
  void hold(const std::vector<T>& numbers, const std::string& name) {
    std::uint64_t hash = kNothing;
    for (T v : numbers) {
      if (v != v) v = std::numeric_limits<T>::quiet_NaN();
      hash = added(hash, &v, sizeof v);
    }
    const bool scalar = std::string(isa()) == "scalar";
    if (scalar || first_) record(hash);
    if (scalar) return;
    if (first_) kept_.push_back(hash);
    else expect(kept_[next_] == hash, name + ": instruction sets differ");
    ++next_;
  }

 private:
  std::vector<std::uint64_t> kept_;
  std::size_t next_ = 0;
  bool first_ = true;
};

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

// shipped.cpp: the cells of the package, compiled and interpreted.
void every_shipped_cell(bool first);

// gradients.cpp: against central differences of the loss.
void gradients(Problem<double>& p);

// threads.cpp
void allowance();
void given_up();
void threads_at_once();
void after_a_fork();

// arguments.cpp
void wrong_arguments();

}  // namespace tests
