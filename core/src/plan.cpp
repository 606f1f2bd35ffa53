#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "internal.h"

namespace elman {

WorthSharing worth_sharing;

void share_above(long step, long call) { worth_sharing = {step, call}; }

long far_bytes = 32l << 20;

long stream_above(long bytes) { return std::exchange(far_bytes, bytes); }

Plan make_plan(const Shape& s, Scratch& scratch) {
  const std::size_t n = std::size_t(s.batch);
  long* row = static_cast<long*>(scratch.bytes(n * sizeof(long)));
  long* length = static_cast<long*>(scratch.bytes(n * sizeof(long)));
  std::iota(row, row + n, 0L);
  if (!s.lengths) {
    std::fill(length, length + n, s.steps);
    return {row, length, n ? s.steps : 0};
  }
  for (std::size_t i = 0; i < n; ++i)
    if (s.lengths[i] < 0 || s.lengths[i] > s.steps)
      throw std::invalid_argument("a length is outside 0..T");
  std::stable_sort(row, row + n, [&](long a, long b) { return s.lengths[a] > s.lengths[b]; });
  for (std::size_t i = 0; i < n; ++i) length[i] = long(s.lengths[row[i]]);
  return {row, length, n ? length[0] : 0};
}

#if defined(__x86_64__)
FlushSubnormals::FlushSubnormals() : saved_(__builtin_ia32_stmxcsr()) {
  __builtin_ia32_ldmxcsr(unsigned(saved_) | 0x8040u);
}
FlushSubnormals::~FlushSubnormals() { __builtin_ia32_ldmxcsr(unsigned(saved_)); }
#elif defined(__aarch64__)
FlushSubnormals::FlushSubnormals() {
  asm volatile("mrs %0, fpcr" : "=r"(saved_));
  asm volatile("msr fpcr, %0" : : "r"(saved_ | (1ul << 24)));
}
FlushSubnormals::~FlushSubnormals() { asm volatile("msr fpcr, %0" : : "r"(saved_)); }
#else
FlushSubnormals::FlushSubnormals() : saved_(0) {}
FlushSubnormals::~FlushSubnormals() {}
#endif

}  // namespace elman
