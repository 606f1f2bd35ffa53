// The core without Python: every cell, on every instruction set this machine has.
#include <cstdio>
#include <sstream>

#include "tests.h"

namespace tests {
namespace {
int failed = 0;
std::uint64_t digests[2] = {kNothing, kNothing};  // fused, scalar
}

void expect(bool good, const std::string& what) {
  if (good) return;
  ++failed;
  std::printf("FAILED %s\n", what.c_str());
}
int failures() { return failed; }

void record(std::uint64_t numbers) {
  std::uint64_t& digest = digests[std::string(isa()) == "scalar"];
  digest = added(digest, &numbers, sizeof numbers);
}

}  // namespace tests

using namespace tests;

// core_tests graphs: only of cells given as programs. core_tests shipped: only of the
// package's own. core_tests threads: only of calls of several threads.
int main(int count, char** arguments) {
  const std::string wish = count > 1 ? arguments[1] : "";
  const bool all = wish.empty(), graphs = all || wish == "graphs";
  const bool threads = all || wish == "threads";
  share_above(0, 0);
  std::istringstream sets(isa_list());
  bool first = true;
  for (std::string name; sets >> name; first = false) {
    force_isa(name.c_str());
    expect(name == isa(), "the forced set is the one that runs");
    if (all) every_cell(first);
    if (all) single_steps(first);
    if (graphs) every_graph(first);
    if (!threads || all) every_shipped_cell(first);
    if (threads) threads_at_once();
    if (threads) given_up();
    std::printf("%s: %s\n", name.c_str(), failures() ? "failed" : "ok");
  }
  force_isa(nullptr);
  if (threads) allowance();
  if (threads) after_a_fork();
  if (all) wrong_arguments();
  if (graphs) wrong_programs();
  std::printf("digest fused %016llx\ndigest scalar %016llx\n",
              static_cast<unsigned long long>(digests[0]),
              static_cast<unsigned long long>(digests[1]));
  return failures() != 0;
}
