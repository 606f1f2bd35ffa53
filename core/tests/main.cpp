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

int main() {
  share_above(0, 0);
  std::istringstream sets(isa_list());
  bool first = true;
  for (std::string name; sets >> name; first = false) {
    force_isa(name.c_str());
    expect(name == isa(), "the forced set is the one that runs");
    every_cell(first);
    single_steps(first);
    threads_at_once();
    std::printf("%s: %s\n", name.c_str(), failures() ? "failed" : "ok");
  }
  force_isa(nullptr);
  after_a_fork();
  wrong_arguments();
  return failures() != 0;
}
