// What the parts of core_bench share. Rates are in operations, bytes or units
// a second, times in seconds.
#pragma once

#include <chrono>
#include <cstdlib>
#include <functional>
#include <vector>

#include "internal.h"

namespace bench {

inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Where a cache line begins, as torch's tensors do.
template <class T>
struct Aligned {
  using value_type = T;
  Aligned() = default;
  template <class U>
  Aligned(const Aligned<U>&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(elman::allocate(n * sizeof(T))); }
  void deallocate(T* p, std::size_t) { std::free(p); }
  bool operator==(const Aligned&) const { return true; }
};
using Numbers = std::vector<float, Aligned<float>>;

// Runs work(id) on every thread at once, again and again for so many seconds,
// and returns the rate of the slowest: what work returns, over its time.
double together(int threads, double seconds, const std::function<double(int)>& work);

// memory.cpp: bytes a second that each of `threads` threads reads of a piece of
// its own, again and again.
struct Caches {
  long first, second, third;  // bytes; 0 where the system does not say
};
Caches caches();
double read_rate(long bytes, int threads, double seconds);

// pieces.cpp: the inner loops alone, on data that the first cache holds.
const char* pieces_set();
double tile_rate(long depth, int threads, double seconds);   // operations
double outer_rate(long depth, int threads, double seconds);  // the same
struct Pointwise {
  double step, adjoint;  // seconds for one unit of one row
};
enum class Kind { rnn, gru, lstm };
Pointwise pointwise(Kind kind, int threads, double seconds);

// problem.cpp: whole calls, with the time of each phase on the first thread.
struct Size {
  long batch, steps, input, hidden;
};
struct Times {
  double pack, inputs, steps, step, pack_back, back, adjoint, input_gradients, weights, gather,
      finish;
  double forward, backward;
  double peak;     // of each thread meanwhile: operations a second, in the middle call
  double of_peak;  // the share that the products made of all threads' peak, in the same
};
Times measure(Kind kind, const Size& size, int threads, double seconds);
// The threads that such a call uses, and whether each has rows of its own.
struct Use {
  int threads;
  bool rows;
};
Use use_of(Kind kind, const Size& size, int threads);

}  // namespace bench
