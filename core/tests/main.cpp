// The core without Python: every cell, on every instruction set this machine has.
#include <cstdio>
#include <sstream>

#include "tests.h"

namespace tests {
namespace {
int failed = 0;
}

void expect(bool good, const std::string& what) {
  if (good) return;
  ++failed;
  std::printf("FAILED %s\n", what.c_str());
}
int failures() { return failed; }

}  // namespace tests

using namespace tests;

// core_tests graphs: only of cells given as programs.
int main(int count, char** arguments) {
  const bool graphs = count > 1 && std::string(arguments[1]) == "graphs";
  share_above(0, 0);
  std::istringstream sets(isa_list());
  bool first = true;
  for (std::string name; sets >> name; first = false) {
    force_isa(name.c_str());
    expect(name == isa(), "the forced set is the one that runs");
    if (!graphs) every_cell(first);
    if (!graphs) single_steps(first);
    every_graph(first);
    if (!graphs) threads_at_once();
    std::printf("%s: %s\n", name.c_str(), failures() ? "failed" : "ok");
  }
  force_isa(nullptr);
  if (!graphs) after_a_fork();
  if (!graphs) wrong_arguments();
  wrong_programs();
  return failures() != 0;
}
