// Random cells, each against a loop over numbers, forward and by central differences,
// on one and several threads and every instruction set: core_fuzz [seconds] [seed].
#include <cstdio>
#include <cstdlib>
#include <chrono>
#include <sstream>

#include "graph/cells.h"
#include "graph/problem.h"

namespace tests {
namespace {
int failed = 0;
}
void expect(bool good, const std::string& what) {
  if (good) return;
  if (++failed < 20) std::printf("FAILED %s\n", what.c_str());
}
int failures() { return failed; }
}  // namespace tests

using namespace tests;

int main(int count, char** arguments) {
  const double seconds = count > 1 ? std::atof(arguments[1]) : 20;
  unsigned seed = count > 2 ? unsigned(std::atol(arguments[2])) : 1;
  share_above(0, 0);
  const auto began = std::chrono::steady_clock::now();
  auto passed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  };
  long cells = 0;
  for (; passed() < seconds && failures() < 20; ++seed, ++cells) {
    std::mt19937 random(seed);
    auto below = [&](int n) { return long(random() % unsigned(n)); };
    const Graph g = random_graph(seed);
    const Inputs in = draw(g, 1 + below(6), 1 + below(11), below(4), 4 * (1 + below(6)), below(2),
                           below(2), seed);
    const std::string name = "seed " + std::to_string(seed);
    std::vector<float> fused;
    std::istringstream sets(isa_list());
    for (std::string set; sets >> set;) {
      force_isa(set.c_str());
      compare(g, in, name + " " + set, 1e-9);
      const Data d = lower(g);
      const elman::Program p = elman::parse(d.integers.data(), long(d.integers.size()),
                                            d.floats.data(), long(d.floats.size()));
      const std::vector<float> once = solve<float>(p, in, 1).all();
      for (int threads = 2; threads <= 3; ++threads)
        expect(same_bits(once, solve<float>(p, in, threads).all()),
               name + " " + set + ": bits differ by threads");
      if (set == "scalar") continue;
      if (fused.empty()) fused = once;
      else expect(same_bits(fused, once), name + ": instruction sets differ");
    }
  }
  std::printf("%ld cells, last seed %u: %s\n", cells, seed - 1, failures() ? "failed" : "ok");
  return failures() != 0;
}
