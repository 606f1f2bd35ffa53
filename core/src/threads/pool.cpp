#include "pool.h"

#include "elman/core.h"

#include <pthread.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

namespace elman {
namespace {

// About 20 microseconds: longer than the gap between two layers of a model,
// shorter than anything a user would notice.
constexpr int kSpins = 400;
constexpr int kMaxThreads = 256;

struct Pool {
  std::mutex in_use;  // held for the length of a call
  std::vector<std::thread> threads;
  alignas(64) std::atomic<unsigned> generation{0};
  alignas(64) std::atomic<int> unfinished{0};
  void (*work)(void*, int) = nullptr;
  void* context = nullptr;
  int active = 0;  // workers 1..active-1 take part in this generation
  std::atomic<bool> stop{false};

  void loop(int id, unsigned seen) {
    for (;;) {
      unsigned now;
      for (int i = 0; (now = generation.load(std::memory_order_acquire)) == seen; ++i) {
        if (i < kSpins) pause();
        else generation.wait(seen, std::memory_order_acquire);
      }
      seen = now;
      if (stop.load(std::memory_order_relaxed)) return;
      if (id < active) {
        work(context, id);
      }
      if (unfinished.fetch_sub(1, std::memory_order_seq_cst) == 1) unfinished.notify_one();
    }
  }

  int grow(int wanted) {
    try {
      while (int(threads.size()) + 1 < wanted) {
        const int id = int(threads.size()) + 1;
        const unsigned seen = generation.load();
        threads.emplace_back([this, id, seen] { loop(id, seen); });
      }
    } catch (const std::exception&) {
      // No more threads to be had: carry on with those there are.
    }
    return int(threads.size()) + 1;
  }

  void run(int n, void (*w)(void*, int), void* c) {
    work = w;
    context = c;
    active = n;
    unfinished.store(int(threads.size()), std::memory_order_relaxed);
    generation.fetch_add(1, std::memory_order_release);
    generation.notify_all();
    w(c, 0);
    int left;
    for (int i = 0; (left = unfinished.load(std::memory_order_acquire)) != 0; ++i) {
      if (i < 20000) pause();
      else unfinished.wait(left, std::memory_order_acquire);
    }
  }

  ~Pool() {
    stop.store(true);
    generation.fetch_add(1);
    generation.notify_all();
    for (std::thread& t : threads) t.join();
  }
};

// A forked child has the parent's memory but none of its threads: it forgets
// the pool (one leaked object) and makes its own when it needs one.
std::atomic<Pool*> the_pool{nullptr};
std::mutex creating;
std::once_flag registered;
Threads lender{nullptr, nullptr};

void forget_pool() {
  the_pool.store(nullptr);
  new (&creating) std::mutex;
}

void stop_pool() {
  Pool* pool = the_pool.load();
  // At exit another thread may still be inside a call: then leave it be.
  if (pool && pool->in_use.try_lock()) {
    pool->in_use.unlock();
    the_pool.store(nullptr);
    delete pool;
  }
}

Pool& pool() {
  if (Pool* p = the_pool.load(std::memory_order_acquire)) return *p;
  std::call_once(registered, [] {
    pthread_atfork(nullptr, nullptr, forget_pool);
    std::atexit(stop_pool);
  });
  std::lock_guard<std::mutex> lock(creating);
  if (!the_pool.load()) the_pool.store(new Pool, std::memory_order_release);
  return *the_pool.load();
}

}  // namespace

void borrow_threads(Threads threads) { lender = threads; }

Claim::Claim(int wanted) : size_(1), borrowed_(false), owns_(false) {
  if (wanted <= 1) return;
  if (wanted > kMaxThreads) wanted = kMaxThreads;
  if (lender.can && lender.can(wanted)) {
    borrowed_ = true;
    size_ = wanted;
    return;
  }
  Pool& p = pool();
  if (!p.in_use.try_lock()) return;
  owns_ = true;
  const int have = p.grow(wanted);
  size_ = have < wanted ? have : wanted;
}

Claim::~Claim() {
  if (owns_) the_pool.load()->in_use.unlock();
}

void Claim::run(void (*work)(void*, int), void* context) {
  if (size_ == 1) return work(context, 0);
  if (borrowed_) {
    if (lender.run(size_, work, context)) return;
    // Promised and not kept: the work is cut for this many, so find them.
    pool().in_use.lock();
    owns_ = true;
    if (pool().grow(size_) < size_) throw std::bad_alloc();
  }
  the_pool.load()->run(size_, work, context);
}

}  // namespace elman
