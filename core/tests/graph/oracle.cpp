// A graph, evaluated number by number.
#include <algorithm>
#include <cmath>
#include <limits>

#include "problem.h"

namespace tests {
namespace {

double apply(Op op, double a, double b, double c, double width) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  switch (op) {
    case Op::width: return width;
    case Op::add: return a + b;
    case Op::sub: return a - b;
    case Op::mul: return a * b;
    case Op::div: return a / b;
    case Op::fma: return a * b + c;
    case Op::fnma: return c - a * b;
    case Op::neg: return -a;
    case Op::sigmoid: return 1 / (1 + std::exp(-a));
    case Op::tanh: return std::tanh(a);
    case Op::relu: return a > 0 ? a : a == a ? 0 : a;
    case Op::softplus: return std::max(a, 0.0) + std::log1p(std::exp(-std::fabs(a)));
    case Op::exp: return std::exp(a);
    case Op::log: return std::log(a);
    case Op::sqrt: return std::sqrt(a);
    case Op::max: return a != a || b != b ? nan : std::max(a, b);
    case Op::min: return a != a || b != b ? nan : std::min(a, b);
    case Op::abs: return std::fabs(a);
    case Op::greater: return a > b;
    case Op::select: return a != 0 ? b : c;
    case Op::step: return a != a ? a : a > 0;
    case Op::sign: return a != a ? a : (a > 0) - (a < 0);
    default: return nan;
  }
}

using Vector = std::vector<double>;

}  // namespace

void evaluate(const Graph& g, const Inputs& in, std::vector<double>& y,
              std::vector<double>& last) {
  const long H = in.H, n = long(g.nodes.size());
  y.assign(std::size_t(in.S * in.B * H), 0);
  last.assign(std::size_t(g.states * in.B * H), 0);
  for (long b = 0; b < in.B; ++b) {
    std::vector<Vector> state;
    for (int i = 0; i < g.states; ++i) {
      const double* from = in.first.data() + (i * in.B + b) * H;
      state.emplace_back(from, from + H);
    }
    const long length = in.lengths.empty() ? in.S : long(in.lengths[std::size_t(b)]);
    for (long s = 0; s < length; ++s) {
      const long t = in.reverse ? length - 1 - s : s;
      std::vector<Vector> value(std::size_t(n), Vector(std::size_t(H), 0.0));
      for (long i = 0; i < n; ++i) {
        const Node& node = g.nodes[std::size_t(i)];
        Vector& out = value[std::size_t(i)];
        double sum = 0;
        if (node.kind == Node::rowsum)
          for (const double v : value[std::size_t(node.a)]) sum += v;
        for (long u = 0; u < H; ++u) {
          double& to = out[std::size_t(u)];
          auto at = [&](int k) { return k < 0 ? 0 : value[std::size_t(k)][std::size_t(u)]; };
          switch (node.kind) {
            case Node::slot: to = in.bias[std::size_t(node.a * H + u)]; break;
            case Node::before: to = state[std::size_t(node.a)][std::size_t(u)]; break;
            case Node::unit: to = in.units[std::size_t(node.a * H + u)]; break;
            case Node::mask:
              to = in.masks[std::size_t(((node.a * in.S + t) * in.B + b) * H + u)];
              break;
            case Node::number: to = node.value; break;
            case Node::rowsum: to = sum; break;
            case Node::apply: to = apply(node.op, at(node.a), at(node.b), at(node.c), double(H));
          }
        }
        if (node.kind != Node::slot) continue;
        for (std::size_t k = 0; k < g.products.size(); ++k) {
          const Fed& f = g.products[k];
          if (node.a < f.first || node.a >= f.first + f.slots) continue;
          // The row blocks are turned by one: see lower.cpp.
          const long gate = (node.a - f.first + 1) % f.slots;
          const Vector& w = in.weights[k];
          const bool input = f.source == Source::input;
          const long block = H / f.heads, depth = input ? in.I : block;
          for (long u = 0; u < H; ++u)
            for (long d = 0; d < depth; ++d) {
              const long from = input ? d : u / block * block + d;
              const double x = input ? in.x[std::size_t((t * in.B + b) * in.I + from)]
                               : f.source == Source::before
                                   ? state[std::size_t(f.state)][std::size_t(from)]
                                   : value[std::size_t(f.node)][std::size_t(from)];
              out[std::size_t(u)] += w[std::size_t((gate * H + u) * depth + d)] * x;
            }
        }
      }
      for (int i = 0; i < g.states; ++i)
        state[std::size_t(i)] = value[std::size_t(g.after[std::size_t(i)])];
      std::copy(state[0].begin(), state[0].end(), y.begin() + (t * in.B + b) * H);
    }
    for (int i = 0; i < g.states; ++i)
      std::copy(state[std::size_t(i)].begin(), state[std::size_t(i)].end(),
                last.begin() + (i * in.B + b) * H);
  }
}

}  // namespace tests
