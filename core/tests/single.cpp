// Few rows and steps with the weights where they lie: the packed ones' numbers to
// rounding, the same bits by threads, in steps on their own and on every fused set.
#include <algorithm>
#include <cmath>

#include "tests.h"

namespace tests {
namespace {

// The same, each step a call of its own.
template <class T>
std::vector<T> stepped(const Problem<T>& p) {
  const long n = p.B * p.H;
  std::vector<T> y(std::size_t(p.S * n)), h(p.h0.get(), p.h0.get() + n);
  std::vector<T> c(p.c0.get(), p.c0.get() + n);
  const bool lstm = p.cell == Cell::lstm;
  for (long s = 0; s < p.S; ++s) {
    const long t = p.reverse ? p.S - 1 - s : s;
    std::vector<T> hn(h), cn(c);
    Forward<T> f{};
    f.single = true;
    f.shape = p.shape(1);
    f.shape.steps = 1;
    f.weights = p.weights();
    f.x = p.x.get() + t * p.B * p.I;
    f.x_row = p.I;
    f.h0 = h.data();
    f.c0 = lstm ? c.data() : nullptr;
    f.hn = hn.data();
    f.cn = lstm ? cn.data() : nullptr;
    forward(f);
    std::copy(hn.begin(), hn.end(), y.begin() + t * n);
    h = hn;
    c = cn;
  }
  if (lstm) y.insert(y.end(), c.begin(), c.end());
  return y;
}

template <class T>
void single(bool first) {
  static Sets sets;
  sets.begin(first);
  bool back = true;
  const Size sizes[] = {{1, 1, 1, 1, 0}, {1, 2, 3, 17, 0}, {1, 3, 40, 33, 0}, {1, 8, 16, 64, 0},
                        {2, 4, 5, 17, 0}, {8, 1, 40, 33, 0}};
  for (const Kind& kind : kKinds)
    for (const Size& z : sizes) {
      if (kind.projects) continue;
      Problem<T> p(kind.cell, kind.act, z.S, z.B, z.I, z.H, 0, false, back = !back, 5);
      const long states_of_step = p.B * p.H;
      p.forwards(1, false);
      auto states = [&] {
        std::vector<T> v(p.y.get(), p.y.get() + p.S * states_of_step);
        if (kind.cell == Cell::lstm) v.insert(v.end(), p.cn.get(), p.cn.get() + states_of_step);
        return v;
      };
      const std::vector<T> packed = states();
      std::vector<T> once;
      for (int threads = 1; threads <= 3; ++threads) {
        p.clear();
        p.forwards(threads, false, true);
        const T* last = p.y.get() + (p.reverse ? 0 : (p.S - 1) * states_of_step);
        expect(same_bits(std::vector<T>(last, last + states_of_step),
                         std::vector<T>(p.hn.get(), p.hn.get() + states_of_step)),
               p.name() + ": the last of few steps' outputs is not the last state");
        if (threads == 1) once = states();
        else expect(same_bits(once, states()), p.name() + ": few steps' bits differ by threads");
      }
      expect(same_bits(once, stepped(p)), p.name() + ": a step among others differs from one alone");
      const double limit = 64 * double(std::numeric_limits<T>::epsilon());
      for (std::size_t i = 0; i < once.size(); ++i)
        expect(std::abs(double(once[i]) - double(packed[i])) <= limit,
               p.name() + ": few steps differ");
      sets.hold(once, p.name() + " few steps");
    }
}

}  // namespace

void single_steps(bool first) {
  single<double>(first);
  single<float>(first);
}

}  // namespace tests
