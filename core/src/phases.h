// Where a call's time goes, for core/bench. Without ELMAN_PHASES, which only
// that program sets, Timed is empty and nothing is left of it.
#pragma once

#include <cstdint>

#include "elman/core.h"

#if defined(ELMAN_PHASES) && !defined(__x86_64__) && !defined(__aarch64__)
#include <chrono>
#endif

namespace elman {

enum class Phase {
  pack, inputs, steps, step,          // forward; step is the pointwise part of steps
  pack_back, back, adjoint,           // backward; adjoint is that of back
  input_gradients, weights, gather,   // gather: the packing inside weights
  finish,
  count
};

#if defined(ELMAN_PHASES)

inline std::uint64_t ticks() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  std::uint64_t t;
  asm volatile("mrs %0, cntvct_el0" : "=r"(t));
  return t;
#else
  return std::uint64_t(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

// Of the calling thread, in ticks, since whoever reads them set them to zero.
inline std::uint64_t phase_ticks[int(Phase::count)];

// Waits until all before it is done: the time may be read out of turn.
inline void settle() {
#if defined(__x86_64__)
  __builtin_ia32_lfence();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

// What this processor has to give now, in operations a tick, by a microsecond or
// two of nothing but multiply-and-add in registers: its clock, and what a
// neighbour on the same core leaves of it.
inline double peak_now() {
  settle();
  const std::uint64_t began = ticks();
  const double operations = burn(false, 1000, 1);
  settle();
  return operations / double(ticks() - began);
}

// The peaks that a thread has seen between two phases, at most one in kTicks.
struct Peaks {
  static constexpr int kMost = 1 << 12;
  static constexpr std::uint64_t kTicks = 500000;
  alignas(64) std::uint64_t last = 0;
  int count = 0;
  double seen[kMost];

  void look() {
    if (const std::uint64_t t = ticks(); count < kMost && t - last > kTicks) {
      seen[count++] = peak_now();
      last = t;
    }
  }
};
inline Peaks peaks[2];

class Timed {
 public:
  Timed(Phase phase, int thread) : phase_(int(phase)), thread_(thread), began_(ticks()) {}
  ~Timed() {
    if (thread_ == 0) phase_ticks[phase_] += ticks() - began_;
    if (thread_ < 2) peaks[thread_].look();
  }

 private:
  int phase_, thread_;
  std::uint64_t began_;
};

#else

struct [[maybe_unused]] Timed {
  Timed(Phase, int) {}
};

#endif

}  // namespace elman
