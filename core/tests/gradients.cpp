// Gradients by central differences, at a few elements of each input.
#include <cmath>

#include "tests.h"

namespace tests {

void gradients(Problem<double>& p) {
  struct Part {
    const char* name;
    double* value;
    const double* gradient;
    long n;
  };
  const std::vector<Part> parts = {
      {"x", p.x.get(), p.dx.get(), p.S * p.B * p.I},
      {"h0", p.h0.get(), p.dh0.get(), p.B * p.P},
      {"c0", p.c0.get(), p.dc0.get(), p.cell == Cell::lstm ? p.B * p.H : 0},
      {"w_ih", p.w_ih.get(), p.dw_ih.get(), p.G * p.H * p.I},
      {"w_hh", p.w_hh.get(), p.dw_hh.get(), p.G * p.H * p.P},
      {"b_ih", p.b_ih.get(), p.db_ih.get(), p.G * p.H},
      {"b_hh", p.b_hh.get(), p.db_hh.get(), p.G * p.H},
      {"w_hr", p.w_hr.get(), p.dw_hr.get(), p.w_hr ? p.P * p.H : 0}};
  for (const Part& part : parts)
    for (long i = 0; i < part.n; i += 1 + part.n / 5) {
      const double h = 6e-6, was = part.value[i];
      part.value[i] = was + h;
      p.forwards(1, false);
      const double up = p.loss();
      part.value[i] = was - h;
      p.forwards(1, false);
      const double down = p.loss();
      part.value[i] = was;
      const double slope = (up - down) / (2 * h), found = part.gradient[i];
      expect(std::abs(slope - found) <= 3e-8 * (1 + std::abs(slope) + std::abs(up)),
             p.name() + " d" + part.name + " " + std::to_string(found) + " " +
                 std::to_string(slope));
    }
  p.forwards(1, true);
}

}  // namespace tests
