// One step with the weights where they lie: the packed step's numbers to
// rounding, the same bits by threads and on every fused set.
#include <cmath>

#include "tests.h"

namespace tests {
namespace {

template <class T>
void single(bool first) {
  static std::vector<std::vector<T>> fused;
  const Size sizes[] = {{1, 1, 1, 1, 0}, {1, 2, 3, 17, 0}, {1, 3, 40, 33, 0}, {1, 8, 16, 64, 0}};
  std::size_t k = 0;
  for (const Kind& kind : kKinds)
    for (const Size& z : sizes) {
      if (kind.projects) continue;
      Problem<T> p(kind.cell, kind.act, z.S, z.B, z.I, z.H, 0, false, false, 5);
      p.forwards(1, false);
      auto states = [&] {
        std::vector<T> v(p.hn.get(), p.hn.get() + p.B * p.H);
        if (kind.cell == Cell::lstm) v.insert(v.end(), p.cn.get(), p.cn.get() + p.B * p.H);
        return v;
      };
      const std::vector<T> packed = states();
      std::vector<T> once;
      for (int threads = 1; threads <= 3; ++threads) {
        p.clear();
        p.forwards(threads, false, true);
        expect(same_bits(std::vector<T>(p.y.get(), p.y.get() + p.B * p.H),
                         std::vector<T>(p.hn.get(), p.hn.get() + p.B * p.H)),
               p.name() + ": a single step's output is not its last state");
        if (threads == 1) once = states();
        else expect(same_bits(once, states()), p.name() + ": a single step's bits differ by threads");
      }
      const double limit = 64 * double(std::numeric_limits<T>::epsilon());
      for (std::size_t i = 0; i < once.size(); ++i)
        expect(std::abs(double(once[i]) - double(packed[i])) <= limit,
               p.name() + ": a single step differs");
      if (std::string(isa()) == "scalar") continue;
      if (first) fused.push_back(once);
      else expect(same_bits(fused[k], once), p.name() + ": a single step's sets differ");
      ++k;
    }
}

}  // namespace

void single_steps(bool first) {
  single<double>(first);
  single<float>(first);
}

}  // namespace tests
