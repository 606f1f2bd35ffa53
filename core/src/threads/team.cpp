#include "team.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "../internal.h"

namespace elman {
namespace {

Allowance allowance;
std::atomic<bool> hasty{false};

// A wait that spinning does not end, 20 to 100 microseconds, counts: threads that have a
// processor each meet sooner. Then it leaves its processor to whoever wants it, and sleeps
// once that has been of no use for as long as a sleep costs nothing beside.
constexpr int kSpins = 2000;
constexpr Nanoseconds kShort = 50'000, kAwake = 1'000'000;

// The number of meetings of a call that is given up.
constexpr unsigned kGivenUp = ~0u;
struct GivenUp {};

Nanoseconds now() {
  using namespace std::chrono;
  return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

const void* this_thread() {
  static thread_local const char mark = 0;
  return &mark;
}

int allowed(int wanted, Load load) {
  if (load == Load::forced || !allowance.limits(wanted)) return wanted;
  return allowance.of(wanted, now());
}

}  // namespace

void give_up_at_meetings(bool always) { hasty.store(always); }

Team::Team(int wanted, Load load)
    : claim_(allowed(wanted, worth_sharing.call ? load : Load::forced)),
      load_(worth_sharing.call || hasty.load(std::memory_order_relaxed) ? load : Load::forced),
      caller_(this_thread()) {}

// Threads that have the same to do take half the time of half as many; a little less, so
// that work which does not divide evenly is not taken for waiting. Those that are led
// save a part of a call only.
double Team::saved() const { return load_ == Load::led ? 0.3 : 1.25; }

int Team::run(void (*work)(void*, int), void* context) {
  if (size() == 1) {
    work(context, 0);
    return 0;
  }
  struct Job {
    void (*work)(void*, int);
    void* context;
    Nanoseconds done;
  } job{work, context, 0};
  began_ = now();
  claim_.run(
      [](void* data, int id) {
        Job& j = *static_cast<Job*>(data);
        try {
          j.work(j.context, id);
        } catch (const GivenUp&) {
        }
        if (!id) j.done = now();
      },
      &job);
  const bool given_up = generation_ == kGivenUp;
  if (load_ != Load::forced && !hasty.load(std::memory_order_relaxed)) {
    const Nanoseconds end = now(), last = end - job.done;
    allowance.tell(size(), end, end - began_, waited_ + (last > kShort ? last : 0), saved());
  }
  return given_up ? size() / 2 : 0;
}

void Team::meet() {
  std::atomic_ref<int> arrived(arrived_);
  std::atomic_ref<unsigned> generation(generation_);
  const unsigned seen = generation.load(std::memory_order_acquire);
  if (seen == kGivenUp) throw GivenUp();
  const int others = arrived.fetch_add(1, std::memory_order_acq_rel);
  if (others + 1 == size()) {
    arrived.store(0, std::memory_order_relaxed);
    // In one order with what a thread does that is about to sleep.
    generation.fetch_add(1, std::memory_order_seq_cst);
    generation.notify_all();
    return;
  }
  const int spins = hasty.load(std::memory_order_relaxed) ? 0 : kSpins;
  for (int i = 0; i < spins; ++i) {
    if (const unsigned g = generation.load(std::memory_order_acquire); g != seen) {
      if (g == kGivenUp) throw GivenUp();
      return;
    }
    pause();
  }
  wait_long(seen, others == 0);
}

// Of those that wait the first waits longest. Only a thread that has been let go gives up:
// as it does not come to the next meeting, nobody lets go of that at the same time.
void Team::wait_long(unsigned seen, bool first) {
  std::atomic_ref<unsigned> generation(generation_);
  const Nanoseconds from = now();
  Nanoseconds until = from;
  while (generation.load(std::memory_order_acquire) == seen) {
    if (until - from < kAwake) std::this_thread::yield();
    else generation.wait(seen, std::memory_order_acquire);
    until = now();
  }
  if (generation.load(std::memory_order_acquire) == kGivenUp) throw GivenUp();
  if (load_ == Load::led ? caller_ != this_thread() : !first) return;
  if (load_ == Load::forced) return;
  const Nanoseconds waited =
      std::atomic_ref<Nanoseconds>(waited_).fetch_add(until - from, std::memory_order_relaxed) +
      until - from;
  if (!hasty.load(std::memory_order_relaxed) &&
      !allowance.exceeded(until - began_, waited, saved()))
    return;
  generation.store(kGivenUp, std::memory_order_seq_cst);
  generation.notify_all();
  throw GivenUp();
}

}  // namespace elman
