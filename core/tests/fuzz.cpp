// Random cells, each against a loop over numbers, forward and by central differences,
// with the laws on every instruction set, and the same programs with numbers changed:
// core_fuzz [seconds] [seed].
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <sstream>
#include <stdexcept>

#include "graph/cells.h"
#include "graph/laws.h"

namespace tests {
namespace {
int failed = 0;
}
void expect(bool good, const std::string& what) {
  if (good) return;
  if (++failed < 20) std::printf("FAILED %s\n", what.c_str());
}
int failures() { return failed; }
void record(std::uint64_t) {}

namespace {

// What the number of units has to be divisible by.
long blocks_of(const elman::Program& p) {
  long all = 1;
  for (const elman::ProgramProduct& q : p.products) all = std::lcm(all, long(q.heads));
  return all;
}

// A program with a few of its numbers changed: refused by one line, or run, on every
// set and on several threads with the same bits. Returns how many were accepted.
long change(const Data& right, std::mt19937& random, const std::string& name) {
  long accepted = 0;
  for (int k = 0; k < 60 && failures() < 20; ++k) {
    Data d = right;
    const unsigned many = 1 + random() % 3;
    for (unsigned i = 0; i < many; ++i) {
      std::int64_t& at = d.integers[random() % d.integers.size()];
      const unsigned kind = random() % 8;
      // Mostly by one, or another number of the same program: those are near to right.
      if (kind < 3) at += 1;
      else if (kind < 5) at -= 1;
      else if (kind < 7) at = d.integers[random() % d.integers.size()];
      else at = std::int64_t(random()) << random() % 32;
    }
    if (!d.floats.empty() && random() % 8 == 0)
      d.floats[random() % d.floats.size()] = random() % 2 ? 0 : -1e300;
    elman::Program p;
    try {
      p = parsed(d);
    } catch (const std::invalid_argument& e) {
      const std::string what = e.what();
      expect(what.rfind("cell program: ", 0) == 0 && what.find('\n') == std::string::npos,
             name + ": one clear line: " + what);
      continue;
    }
    const long H = blocks_of(p);
    if (H > 64 || p.slots + p.frame + p.back_frame + p.saved + p.units + p.masks > 600) continue;
    ++accepted;
    const std::string here = name + " change " + std::to_string(k);
    const Inputs in = draw(p, 3, 5, 2, H < 16 ? H * (16 / H) : H, random() % 2, random() % 2, 5);
    if (!p.differentiable()) {
      expect(same_bits(solve<double>(p, in, 1, false).y, solve<double>(p, in, 3, false).y),
             here + ": bits differ by threads");
      continue;
    }
    hold_laws<double>(p, in, 3, here);
  }
  return accepted;
}

}  // namespace
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
  long cells = 0, changed = 0;
  for (; passed() < seconds && failures() < 20; ++seed, ++cells) {
    std::mt19937 random(seed);
    auto below = [&](int n) { return long(random() % unsigned(n)); };
    const Graph g = random_graph(seed);
    const elman::Program p = parsed(lower(g));
    // One draw a line: in a call's arguments their order would be the compiler's.
    const long S = 1 + below(6), B = below(12), I = below(5);
    const long blocks = blocks_of(p), H = blocks * (1 + below(int(40 / blocks)));
    const bool ragged = below(2), reverse = below(2);
    const int threads = 2 + int(below(3));
    const Inputs in = draw(p, S, B, I, H, ragged, reverse, seed);
    const Inputs odd = spoiled(in, seed);
    const std::string name = "seed " + std::to_string(seed);
    Sets sets;
    bool first = true;
    std::istringstream list(isa_list());
    for (std::string set; list >> set; first = false) {
      force_isa(set.c_str());
      const std::string here = name + " " + set;
      compare(g, in, here, 1e-9);
      sets.begin(first);
      sets.hold(hold_laws<float>(p, in, threads, here).all(), here);
      sets.hold(hold_laws<float>(p, odd, threads, here + " odd").all(), here + " odd");
      sets.hold(hold_laws<double>(p, odd, threads, here + " odd double").all(), here);
    }
    changed += change(lower(g), random, name);
  }
  std::printf("%ld cells, %ld changed programs accepted, last seed %u: %s\n", cells, changed,
              seed - 1, failures() ? "failed" : "ok");
  return failures() != 0;
}
