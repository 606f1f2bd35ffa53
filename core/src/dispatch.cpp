// Which instruction set runs: the best this machine has, or the one ELMAN_ISA
// names. Chosen once, for whole sequences.
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

#include "internal.h"

namespace elman {

extern const Kernels kScalar;
#if defined(__x86_64__)
extern const Kernels kAvx2, kAvx512;
#elif defined(__aarch64__)
extern const Kernels kNeon;
#endif

namespace {

struct Choice {
  const Kernels* kernels;
  bool supported;
};

// Best first.
const Choice* choices(int& n) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  static const Choice all[] = {
      {&kAvx512, __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")},
      {&kAvx2, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")},
      {&kScalar, true}};
#elif defined(__aarch64__)
  static const Choice all[] = {{&kNeon, true}, {&kScalar, true}};
#else
  static const Choice all[] = {{&kScalar, true}};
#endif
  n = int(sizeof all / sizeof all[0]);
  return all;
}

const std::string& names() {
  static const std::string list = [] {
    std::string s;
    int n;
    const Choice* all = choices(n);
    for (int i = 0; i < n; ++i)
      if (all[i].supported) s.append(s.empty() ? "" : " ").append(all[i].kernels->name);
    return s;
  }();
  return list;
}

const Kernels* choose(const char* forced) {
  int n;
  const Choice* all = choices(n);
  for (int i = 0; i < n; ++i) {
    if (forced && std::strcmp(forced, all[i].kernels->name) != 0) continue;
    if (all[i].supported) return all[i].kernels;
    if (forced)
      throw std::invalid_argument("instruction set '" + std::string(forced) +
                                  "' is not supported by this processor; it has: " + names());
  }
  throw std::invalid_argument("unknown instruction set '" + std::string(forced ? forced : "") +
                              "'; this processor has: " + names());
}

std::atomic<const Kernels*> chosen{nullptr};

const Kernels& kernels() {
  const Kernels* k = chosen.load(std::memory_order_relaxed);
  if (!k) {
    const char* wish = std::getenv("ELMAN_ISA");
    k = choose(wish && *wish ? wish : nullptr);
    chosen.store(k, std::memory_order_relaxed);
  }
  return *k;
}

}  // namespace

void* allocate(std::size_t bytes) {
  if (bytes > SIZE_MAX / 2) throw std::bad_alloc();
  void* p = std::aligned_alloc(64, (bytes + 64) / 64 * 64);
  if (!p) throw std::bad_alloc();
  return p;
}

const char* isa() { return kernels().name; }
const char* isa_list() { return names().c_str(); }
void force_isa(const char* name) { chosen.store(name ? choose(name) : nullptr); }

void forward(const GraphForward<float>& a) { kernels().forward32(a); }
void forward(const GraphForward<double>& a) { kernels().forward64(a); }
void backward(const GraphBackward<float>& a) { kernels().backward32(a); }
void backward(const GraphBackward<double>& a) { kernels().backward64(a); }
void draw(std::uint64_t key, double probability, unsigned char* to, long count, int threads) {
  struct Work {
    std::uint64_t key;
    double probability;
    unsigned char* to;
    long count;
    int threads;
  };
  constexpr long kPart = 1 << 14;  // numbers that are worth a thread
  Team team(count < 2 * kPart ? 1 : threads);
  Work work{key, probability, to, count, team.size()};
  team.run(
      [](void* context, int id) {
        const Work& w = *static_cast<Work*>(context);
        const long parts = (w.count + kPart - 1) / kPart;
        const long last = parts * (id + 1) / w.threads * kPart;
        kernels().draw(w.key, w.probability, w.to, parts * id / w.threads * kPart,
                       last < w.count ? last : w.count);
      },
      &work);
}
bool has_compiled_pieces(const Program& p, bool doubles) { return kernels().compiled(p, doubles); }

double burn(bool doubles, long rounds, int threads) {
  struct Work {
    double (*peak)(long);
    long rounds;
    std::atomic<double> total{0};
  } work{doubles ? kernels().peak64 : kernels().peak32, rounds, {}};
  Team team(threads, Load::forced);
  team.run(
      [](void* context, int) {
        Work& w = *static_cast<Work*>(context);
        w.total.fetch_add(w.peak(w.rounds));
      },
      &work);
  return work.total.load();
}

}  // namespace elman
