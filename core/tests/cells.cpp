// Every cell on the instruction set in use.
#include "tests.h"

namespace tests {
namespace {

template <class T>
void every(bool first) {
  static Sets sets;
  sets.begin(first);
  for (const Kind& kind : kKinds)
    for (const Size& z : kSizes)
      for (int form = 0; form < 4; ++form) {
        Problem<T> p(kind.cell, kind.act, z.S, z.B, z.I, z.H, kind.projects ? z.P : 0, form & 1,
                     form & 2, unsigned(form + 1));
        const std::vector<T> once = solve(p, 1);
        for (const T v : once) expect(v == v, p.name() + ": a NaN nobody wrote over");
        for (int threads = 2; threads <= 4; ++threads)
          expect(same_bits(once, solve(p, threads)), p.name() + ": bits differ by threads");
        if constexpr (sizeof(T) == 8) gradients(p);
        // Inference gives the same outputs.
        const std::vector<T> y(p.y.get(), p.y.get() + p.S * p.B * p.P);
        p.clear();
        p.forwards(2, false);
        expect(same_bits(y, std::vector<T>(p.y.get(), p.y.get() + p.S * p.B * p.P)),
               p.name() + ": inference differs");
        sets.hold(once, p.name());
      }
}

}  // namespace

void every_cell(bool first) {
  every<double>(first);
  every<float>(first);
}

}  // namespace tests
