// How fast each core reads memory that its caches hold, or do not.
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "bench.h"
#include "scratch.h"

namespace bench {
namespace {

// As wide as this machine's registers.
#if defined(__AVX512F__)
constexpr int kWidth = 64;
#elif defined(__AVX__)
constexpr int kWidth = 32;
#else
constexpr int kWidth = 16;
#endif
using Wide = long __attribute__((vector_size(kWidth)));

struct Free {
  void operator()(void* p) const { std::free(p); }
};

long known(int name) {
  const long bytes = sysconf(name);
  return bytes > 0 ? bytes : 0;
}

}  // namespace

Caches caches() {
#if defined(_SC_LEVEL1_DCACHE_SIZE)
  return {known(_SC_LEVEL1_DCACHE_SIZE), known(_SC_LEVEL2_CACHE_SIZE),
          known(_SC_LEVEL3_CACHE_SIZE)};
#else
  return {};
#endif
}

double together(int threads, double seconds, const std::function<double(int)>& work) {
  std::atomic<int> ready{0}, done{0};
  std::vector<double> rate(std::size_t(threads), 0);
  std::vector<std::thread> all;
  for (int id = 0; id < threads; ++id)
    all.emplace_back([&, id] {
      work(id);
      ready.fetch_add(1);
      while (ready.load() < threads) {}
      // The best tenth part of the time: what neighbours leave us, at best.
      double best = 0;
      for (int part = 0; part < 10; ++part) {
        double amount = 0, began = now(), taken = 0;
        do {
          amount += work(id);
          taken = now() - began;
        } while (taken < seconds / 10);
        if (amount / taken > best) best = amount / taken;
      }
      rate[std::size_t(id)] = best;
      done.fetch_add(1);
      while (done.load() < threads) work(id);  // the others are not to have it easier
    });
  for (std::thread& t : all) t.join();
  double slowest = rate[0];
  for (const double r : rate) slowest = r < slowest ? r : slowest;
  return slowest;
}

double read_rate(long bytes, int threads, double seconds) {
  constexpr long kPage = 2 << 20;
  const long size = (bytes + kPage - 1) / kPage * kPage;
  std::vector<std::unique_ptr<Wide, Free>> memory;
  for (int id = 0; id < threads; ++id) {
    memory.emplace_back(static_cast<Wide*>(std::aligned_alloc(kPage, std::size_t(size))));
    elman::prefer_large_pages(memory.back().get(), std::size_t(size));
    for (long i = 0; i < size / kWidth; ++i) memory.back().get()[i] = Wide{} + i;
  }
  const long n = bytes / kWidth / 8 * 8;
  const long repeats = 1 + (1 << 20) / bytes;
  return together(threads, seconds, [&](int id) {
    const Wide* from = memory[std::size_t(id)].get();
    Wide sum[8] = {};
    for (long k = 0; k < repeats; ++k) {
      for (long i = 0; i < n; i += 8)
        for (int j = 0; j < 8; ++j) sum[j] += from[i + j];
      asm volatile("" ::: "memory");  // read it again
    }
    Wide all{};
    for (int j = 0; j < 8; ++j) all += sum[j];
    volatile long sink = all[0];
    (void)sink;
    return double(repeats * n * kWidth);
  });
}

}  // namespace bench
