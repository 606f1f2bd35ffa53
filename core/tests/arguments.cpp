// What the core refuses.
#include <stdexcept>

#include "tests.h"

namespace tests {

void wrong_arguments() {
  for (const char* name : {"sse9", ""}) {
    bool thrown = false;
    try {
      force_isa(name);
    } catch (const std::invalid_argument&) {
      thrown = true;
    }
    expect(thrown, "an unknown instruction set");
  }
  Problem<float> p(Cell::gru, Activation::tanh, 3, 2, 2, 3, 0, true, false, 3);
  p.lengths[1] = 4;
  bool thrown = false;
  try {
    p.forwards(1, true);
  } catch (const std::invalid_argument&) {
    thrown = true;
  }
  expect(thrown, "a length beyond T");
}

}  // namespace tests
