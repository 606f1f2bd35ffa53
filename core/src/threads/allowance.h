// How many threads calls take while other programs have some of the processors.
//
// Threads of a call meet, and a meeting waits for whichever of them has no processor
// just then: a time slice, which is thousands of times the work between two meetings. What
// is computed does not depend on the number of threads, so a call may take fewer.
#pragma once

#include <atomic>
#include <cstdint>

namespace elman {

using Nanoseconds = std::int64_t;

// Calls tell what they waited; once that outweighs what their threads saved, calls take
// half as many for a while. Then they try twice as many again, and where that is soon in vain
// leave it for twice as long. Any number of threads may ask and tell at the same time.
class Allowance {
 public:
  // How much more may be waited than was saved: longer than what a machine that does
  // nothing else is held up by now and then.
  static constexpr Nanoseconds kPatience = 5'000'000;
  // How long fewer threads are taken, at least and at most: long enough for trying more of
  // them to cost a few per cent where it is in vain.
  static constexpr Nanoseconds kRest = 32 * kPatience, kLongestRest = 16 * kRest;

  // Of so many threads, those to take now. limits() tells without knowing the time whether
  // they are fewer.
  bool limits(int wanted) const { return wanted > most_.load(std::memory_order_acquire); }
  int of(int wanted, Nanoseconds now);

  // A call has taken so long until now, and waited for so much of it for one of its threads.
  // `saved`: by each unit of time in which it did not wait, beside half as many threads.
  bool exceeded(Nanoseconds took, Nanoseconds waited, double saved) const {
    return owed_after(took, waited, saved) > kPatience;
  }
  // The same of a call of so many threads, which is over.
  void tell(int threads, Nanoseconds now, Nanoseconds took, Nanoseconds waited, double saved);

 private:
  Nanoseconds owed_after(Nanoseconds took, Nanoseconds waited, double saved) const;

  std::atomic<int> most_{1 << 20};
  std::atomic<Nanoseconds> owed_{0};  // waited and not yet outweighed
  // How long few threads are taken, or more on trial, and until when.
  std::atomic<Nanoseconds> rest_{kRest}, again_{0};
  std::atomic<bool> trying_{false};
};

}  // namespace elman
