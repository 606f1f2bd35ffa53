// The package's own cells, as the build printed them: compiled pieces and the
// interpreter's, with the laws, on numbers of all kinds. What they compute is compared
// with their equations in tests/cells.
#include <cstdio>

#include "graph/laws.h"

#if __has_include("printed/programs.h")
#include "printed/programs.h"
#else
namespace printed {
struct Stored {
  const char* name;
  std::vector<std::int64_t> integers;
  std::vector<double> floats;
};
inline std::vector<Stored> programs() { return {}; }
}  // namespace printed
#endif

namespace tests {
namespace {

struct Extent {
  long S, B, I, H;
};
constexpr Extent kExtents[] = {{4, 3, 2, 13}, {2, 19, 3, 37}, {0, 2, 1, 3}, {3, 0, 2, 3},
                               {9, 1, 5, 70}, {1, 5, 0, 1}, {5, 18, 1, 48}};

template <class T>
void every(bool first) {
  static Sets sets;
  sets.begin(first);
  for (const printed::Stored& stored : printed::programs()) {
    const elman::Program p = parsed({stored.integers, stored.floats});
    const bool compiled = stored.everywhere || std::string(isa()) != "scalar";
    expect(elman::has_compiled_pieces(p) == compiled, std::string(stored.name) + " is not compiled");
    long heads = 1;
    for (const elman::ProgramProduct& q : p.products) heads = q.heads > heads ? q.heads : heads;
    int form = 0;
    for (const Extent& e : kExtents) {
      ++form;
      const long H = (e.H + heads - 1) / heads * heads;
      const Inputs in = draw(p, e.S, e.B, e.I, H, form & 1, form & 2, unsigned(form));
      const std::string name = std::string(isa()) + " " + stored.name + " T" +
                               std::to_string(e.S) + " B" + std::to_string(e.B) + " H" +
                               std::to_string(H) + (sizeof(T) == 4 ? " float" : " double");
      sets.hold(hold_laws<T>(p, in, 2 + form % 3, name).all(), name);
      const Inputs odd = spoiled(in, unsigned(form));
      sets.hold(hold_laws<T>(p, odd, 2 + form % 3, name + " odd").all(), name + " odd");
    }
  }
}

}  // namespace

void every_shipped_cell(bool first) {
  every<double>(first);
  every<float>(first);
}

}  // namespace tests
