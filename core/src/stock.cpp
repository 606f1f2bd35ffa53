// The stock cells: each is a program like any other's, and its weights are torch's.
#include "internal.h"

#include <array>
#include <utility>

namespace elman {
namespace {

// Where a product's weight lies in a layer's: in w_ih or w_hh, from which block of H rows.
struct StockWeight {
  int parameter, block;
};
struct StockCell {
  const std::int64_t* integers;
  long count;
  const double* floats;
  long constants;
  const StockWeight* weights;
};

#include "printed/stock.h"

constexpr int kActivations = 5, kCells = int(sizeof kStock / sizeof kStock[0]);

int number_of(const Shape& s) {
  return s.cell == Cell::rnn ? int(s.activation) : kActivations + int(s.cell) - 1;
}

template <std::size_t... I>
std::array<Program, kCells> parse_all(std::index_sequence<I...>) {
  return {parse(kStock[I].integers, kStock[I].count, kStock[I].floats, kStock[I].constants)...};
}

}  // namespace

const Program& stock_program(const Shape& s) {
  static const std::array<Program, kCells> all = parse_all(std::make_index_sequence<kCells>{});
  return all[std::size_t(number_of(s))];
}

bool with_masks(const Program& g, const Shape& s) {
  const Program& own = stock_program(s);
  const std::size_t count = own.products.size();
  bool same = g.states == own.states && g.slots == own.slots && g.weights == own.weights &&
              !g.units && !g.rows && g.differentiable() && g.products.size() == count;
  for (std::size_t k = 0; same && k < count; ++k) {
    const ProgramProduct &a = g.products[k], &b = own.products[k];
    same = a.weight == b.weight && a.heads == b.heads && a.first == b.first &&
           a.slots == b.slots && a.gates == b.gates &&
           (a.source == Source::input) == (b.source == Source::input);
  }
  return same;
}

namespace {

// A stock cell has at most three weights and two states.
constexpr int kMost = 3, kStates = 2;

template <class P>
P* block(P* of, long block, long size) {
  return of ? of + block * size : nullptr;
}

// What both passes are given.
template <class T>
struct Stock {
  const Program& program;
  const StockWeight* at;
  const T *weights[kMost], *biases[kMost], *first[kStates];

  Stock(const Shape& s, const Weights<T>& w, const T* h0, const T* c0, const Program* noisy)
      : program(noisy ? *noisy : stock_program(s)), at(kStock[number_of(s)].weights), first{h0, c0} {
    for (int k = 0; k < program.weights; ++k) {
      const bool input = !at[k].parameter;
      weights[k] = block(input ? w.w_ih : w.w_hh, at[k].block, s.hidden * (input ? s.input : s.output));
      biases[k] = block(input ? w.b_ih : w.b_hh, at[k].block, s.hidden);
    }
  }

  template <class Pass, class Arguments>
  void give(Pass& p, const Arguments& a) const {
    p.shape = a.shape;
    p.program = &program;
    p.x = a.x, p.x_step = a.x_step, p.x_row = a.x_row;
    p.y = a.y, p.y_step = a.y_step, p.y_row = a.y_row;
    p.weights = weights;
    p.first = first;
    p.masks = a.masks;
    p.saved = a.gates;
    p.projection = a.weights.w_hr;
    p.raw = a.weights.w_hr ? a.raw : nullptr;
  }
};

}  // namespace

template <class T>
void forward_of(const Forward<T>& a) {
  const Stock<T> stock(a.shape, a.weights, a.h0, a.c0, a.noisy);
  T* const last[kStates] = {a.hn, a.cn};
  T* const tracks[kStates] = {nullptr, a.cells};
  GraphForward<T> f{};
  stock.give(f, a);
  f.biases = a.weights.b_ih ? stock.biases : nullptr;
  f.last = last;
  f.tracks = tracks;
  f.save = a.gates || a.cells;
  f.single = a.single;
  forward(f);
}

template <class T>
void backward_of(const Backward<T>& a) {
  const Stock<T> stock(a.shape, a.weights, a.h0, a.c0, a.noisy);
  const long H = a.shape.hidden;
  const T* const last[kStates] = {a.dhn, a.dcn};
  const T* const tracks[kStates] = {nullptr, a.cells};
  T *weights[kMost] = {}, *biases[kMost] = {};
  T* const first[kStates] = {a.dh0, a.dc0};
  for (int k = 0; k < stock.program.weights; ++k) {
    const bool input = !stock.at[k].parameter;
    weights[k] = block(input ? a.dw_ih : a.dw_hh, stock.at[k].block,
                       H * (input ? a.shape.input : a.shape.output));
    biases[k] = block(input ? a.db_ih : a.db_hh, stock.at[k].block, H);
  }
  GraphBackward<T> b{};
  stock.give(b, a);
  b.tracks = tracks;
  b.dy = a.dy, b.dy_step = a.dy_step, b.dy_row = a.dy_row;
  b.dlast = last;
  b.dx = a.dx, b.dx_step = a.dx_step, b.dx_row = a.dx_row;
  b.dweights = weights;
  b.dbiases = biases;
  b.dfirst = a.dh0 || a.dc0 ? first : nullptr;
  b.dprojection = a.dw_hr;
  b.norms = a.norms;
  backward(b);
}

void forward(const Forward<float>& a) { forward_of(a); }
void forward(const Forward<double>& a) { forward_of(a); }
void backward(const Backward<float>& a) { backward_of(a); }
void backward(const Backward<double>& a) { backward_of(a); }

int saved_gates(Cell cell, Activation activation) {
  Shape s{};
  s.cell = cell;
  s.activation = activation;
  return stock_program(s).saved;
}

}  // namespace elman
