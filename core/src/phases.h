// Where a call's time goes, for core/bench. Without ELMAN_PHASES, which only
// that program sets, Timed is empty and nothing is left of it.
#pragma once

#include <cstdint>

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

class Timed {
 public:
  Timed(Phase phase, int thread) : phase_(int(phase)), thread_(thread), began_(ticks()) {}
  ~Timed() {
    if (thread_ == 0) phase_ticks[phase_] += ticks() - began_;
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
