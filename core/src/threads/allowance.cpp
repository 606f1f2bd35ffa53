#include "allowance.h"

#include <algorithm>

namespace elman {

int Allowance::of(int wanted, Nanoseconds now) {
  const int most = most_.load(std::memory_order_acquire);
  if (wanted <= most) return wanted;
  Nanoseconds again = again_.load(std::memory_order_relaxed);
  if (now < again) return most;
  // Of those that ask at the same time one raises the number.
  if (again_.compare_exchange_strong(again, now + rest_.load(std::memory_order_relaxed))) {
    owed_.store(0, std::memory_order_relaxed);
    trying_.store(true, std::memory_order_relaxed);
    most_.store(2 * most, std::memory_order_release);
  }
  return std::min(wanted, 2 * most);
}

Nanoseconds Allowance::owed_after(Nanoseconds took, Nanoseconds waited, double saved) const {
  const double more = double(waited) - saved * double(took - waited);
  const double owed = double(owed_.load(std::memory_order_relaxed)) + more;
  return owed > 0 ? Nanoseconds(owed) : 0;
}

void Allowance::tell(int threads, Nanoseconds now, Nanoseconds took, Nanoseconds waited,
                     double saved) {
  const Nanoseconds owed = owed_after(took, waited, saved);
  if (owed > kPatience) {
    owed_.store(0, std::memory_order_relaxed);
    const int fewer = std::max(threads / 2, 1);
    // Else others were quicker to tell the same.
    if (fewer >= most_.load(std::memory_order_relaxed)) return;
    Nanoseconds rest = kRest;
    if (now - took < again_.load(std::memory_order_relaxed)) {
      rest = rest_.load(std::memory_order_relaxed);
      if (trying_.load(std::memory_order_relaxed)) rest = std::min(2 * rest, kLongestRest);
    }
    trying_.store(false, std::memory_order_relaxed);
    rest_.store(rest, std::memory_order_relaxed);
    again_.store(now + rest, std::memory_order_relaxed);
    most_.store(fewer, std::memory_order_release);
  } else if (owed != owed_.load(std::memory_order_relaxed)) {
    owed_.store(owed, std::memory_order_relaxed);
  }
}

}  // namespace elman
