// Cells given as programs: against a loop over numbers, and the laws, bit for bit.
#include "graph/cells.h"
#include "graph/laws.h"

namespace tests {
namespace {

elman::Program program(const Graph& g) { return parsed(lower(g)); }

struct Extent {
  long S, B, I, H;
};
constexpr Extent kExtents[] = {{3, 2, 2, 4},  {5, 7, 3, 20}, {0, 2, 1, 4},   {4, 0, 2, 4},
                               {9, 1, 4, 40}, {2, 70, 2, 8}, {30, 1, 1, 4}, {3, 17, 18, 68},
                               {4, 3, 0, 4}};

template <class T>
void laws(bool first) {
  static Sets sets;
  sets.begin(first);
  for (const Named& cell : graphs()) {
    const elman::Program p = program(cell.graph);
    for (const Extent& e : kExtents)
      for (int form = 0; form < 4; ++form) {
        const Inputs in =
            draw(cell.graph, e.S, e.B, e.I, e.H, form & 1, form & 2, unsigned(form + 1));
        const std::string name = std::string(isa()) + " " + cell.name + " T" +
                                 std::to_string(e.S) + " B" + std::to_string(e.B) + " H" +
                                 std::to_string(e.H) + (form & 1 ? " ragged" : "") +
                                 (form & 2 ? " reverse" : "") +
                                 (sizeof(T) == 4 ? " float" : " double");
        const Solved<T> once = hold_laws<T>(p, in, 2 + form % 3, name);
        for (const T v : once.all()) expect(v == v, name + ": a NaN nobody wrote over");
        sets.hold(once.all(), name);
        const Inputs odd = spoiled(in, unsigned(form + 1));
        sets.hold(hold_laws<T>(p, odd, 2 + form % 3, name + " odd").all(), name + " odd");
      }
  }
}

// A piece compiled by hand, in place of the interpreter's.
long calls = 0;
template <class T>
void forwards(const elman::Tape&, const elman::PieceRows<T>& r, long first, long count, long u0,
              long u1) {
  ++calls;
  for (long i = first; i < first + count; ++i)
    for (long u = u0; u < u1; ++u) r.place[elman::kBefore + 1][i][u] = T(i + 1000 * u);
}

void compiled_pieces_run() {
  Graph g;
  const int a = g.feed(Source::input, 0, 1);
  g.after = {g.slot(a)};
  const elman::Program p = program(g);
  const Inputs in = draw(g, 2, 3, 1, 20, false, false, 1);
  const std::vector<float> before = solve<float>(p, in, 1, false).y;
  static const elman::PieceFunction<float> pieces[] = {forwards<float>, nullptr};
  const auto given = [&](std::uint64_t hash, int states) {
    return elman::CompiledPieces<float>{
        hash,
        {states, p.slots, p.frame, p.back_frame, p.saved, p.units, p.masks, p.rows, p.back_rows,
         p.weights, int(p.constants.size()), int(p.pieces[0].size()), int(p.pieces[1].size())},
        {pieces, pieces}};
  };
  elman::provide("no such set", given(p.hash, p.states));
  expect(same_bits(before, solve<float>(p, in, 1, false).y), "another set's pieces");
  elman::provide(isa(), given(p.hash + 1, p.states));
  expect(same_bits(before, solve<float>(p, in, 1, false).y), "another program's pieces");
  elman::provide(isa(), given(p.hash, p.states + 1));
  expect(same_bits(before, solve<float>(p, in, 1, false).y), "pieces for other sizes");
  elman::provide(isa(), given(p.hash, p.states));
  const std::vector<float> after = solve<float>(p, in, 1, false).y;
  expect(calls > 0 && after[0] == 0 && after[1] == 1000 && after[19] == 19000,
         "compiled pieces run in place of the tape");
  elman::forget_provided();
  expect(same_bits(before, solve<float>(p, in, 1, false).y), "compiled pieces forgotten");
}

}  // namespace

void every_graph(bool first) {
  for (const Named& cell : graphs())
    for (int form = 0; form < 4; ++form)
      compare(cell.graph, draw(cell.graph, 4, 3, 2, 12, form & 1, form & 2, 7),
              std::string(isa()) + " " + cell.name);
  laws<double>(first);
  laws<float>(first);
  compiled_pieces_run();
}

// Programs that are wrong, each by one change to a right one.
void wrong_programs() {
  const Data right = lower(graphs()[1].graph);
  auto refused = [&](const Data& d) {
    try {
      elman::parse(d.integers.data(), long(d.integers.size()), d.floats.data(),
                   long(d.floats.size()));
    } catch (const std::invalid_argument& e) {
      const std::string what = e.what();
      expect(what.rfind("cell program: ", 0) == 0 && what.find('\n') == std::string::npos,
             "one clear line: " + what);
      return true;
    }
    return false;
  };
  expect(!refused(right), "a right program");
  Data d = right;
  d.floats.push_back(1);
  expect(refused(d), "a constant too many");
  d = right;
  d.integers.push_back(0);
  expect(refused(d), "a number too many");
  for (std::size_t n = 0; n < right.integers.size(); ++n) {
    d = right;
    d.integers.resize(n);
    expect(refused(d), "a program that ends early");
  }
  // Every number replaced by others: refused, or a program that can be run.
  const Inputs in = draw(graphs()[1].graph, 2, 2, 2, 4, false, false, 3);
  for (std::size_t n = 0; n < right.integers.size(); ++n)
    for (const std::int64_t other : {std::int64_t(-1), std::int64_t(0), std::int64_t(1),
                                     std::int64_t(7), std::int64_t(1) << 40}) {
      d = right;
      if (d.integers[n] == other) continue;
      d.integers[n] = other;
      if (refused(d)) continue;
      const elman::Program p = elman::parse(d.integers.data(), long(d.integers.size()),
                                            d.floats.data(), long(d.floats.size()));
      const bool shapes = p.states == 2 && p.slots == 4 && p.units == 3 && p.weights == 2 &&
                          p.masks == 0 && p.products[0].source == Source::input &&
                          p.products[1].source != Source::input && p.products[0].slots == 4 &&
                          p.products[1].slots == 4;
      if (shapes && p.differentiable() && 4 % p.products[1].heads == 0) solve<double>(p, in, 1);
    }
  const Data forward_only = lower(graphs()[0].graph, false);
  const elman::Program p = elman::parse(
      forward_only.integers.data(), long(forward_only.integers.size()), forward_only.floats.data(),
      long(forward_only.floats.size()));
  const Inputs plain = draw(graphs()[0].graph, 3, 2, 2, 4, false, false, 1);
  expect(same_bits(solve<double>(p, plain, 1, false).y,
                   solve<double>(program(graphs()[0].graph), plain, 1).y),
         "a program without a backward pass");
  bool thrown = false;
  try {
    elman::GraphBackward<double> b{};
    b.program = &p;
    b.shape = {Cell::rnn, Activation::tanh, 1, 1, 1, 4, 4, false, nullptr, 1};
    backward(b);
  } catch (const std::invalid_argument&) {
    thrown = true;
  }
  expect(thrown, "backward of a program without one");
}

}  // namespace tests
