// A cell given as data: products, pieces of pointwise arithmetic, and in which
// order a step takes them, forward and backward. parse() checks all of it; what it
// returns can be run on any thread, any number of times.
//
// A step of a cell fills S slots, H units each: a slot is its bias and what the
// products that feed it add. Pieces are straight-line code over registers, run for
// every row and every vector of units. Vectors lie in numbered places: the columns of
// a frame that lives for one step, of what is saved for the backward pass, states
// before and after the step, vectors per unit, masks. Axes as in core.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "elman/core.h"
#include "elman/pieces.h"

namespace elman {

constexpr int kProgramVersion = 2, kOldestProgramVersion = 1;

enum class Op {
  load, store, constant, width, row, sum,             // to space column | from space column | ...
  add, sub, mul, div, fma, fnma, neg,                 // fma a*b+c, fnma c-a*b
  sigmoid, tanh, relu, softplus, exp, log, sqrt, max, min, abs,
  greater, select, step, sign,                        // greater 1 or 0; select a != 0 ? b : c
  sin, cos,
  set,                                                // from row scalar
  count,
  // Made by derive(): a STORE that adds; several instructions in one; what a step has no
  // room for, in those behind it.
  accumulate = count, unit_fma, standard, standard_back, more
};

enum class Space { frame, saved, before, after, unit, mask, dstate, dslot, count };

struct Instruction {
  int op, to, a, b, c;
};

struct Piece {
  int registers;
  std::vector<Instruction> code;
};

enum class Source { input, before, after, frame };

// slots first..first+slots-1 += W_m source; gates[k] is the row block of the k-th.
struct ProgramProduct {
  int weight;
  Source source;
  int index;   // of the state or the frame's column
  int saved;   // where the backward pass finds a source that lies in the frame
  int heads;   // blocks on the diagonal; 1: dense
  int first, slots;
  std::vector<int> gates;
};

enum class Act { product, piece, reduce, total };

struct Action {
  Act what;
  int index;
  int column;  // of the backward frame, where a product's result goes
};

// A sum over a row of what lies in memory, with no copy of it made: of vector a; of a
// times vector b; of the square of a less row scalar `other`.
enum class TotalKind { plain, product, spread, count };

struct Vector {
  Space space;
  int column;
};

struct Total {
  int row;
  TotalKind kind;
  Vector a, b;
  int other;
};

// What is done for each row by itself once its vectors are complete.
enum class RowAct { sum, total, scalars };

struct RowStep {
  RowAct what;
  int index;  // of the row scalar, the total, the piece
};

// What one sweep over the units does: products whose sources are complete, then
// pieces. Threads that share units meet before it where `meet`.
struct Sweep {
  std::vector<int> products;  // dense ones
  std::vector<int> columns;   // backward: where each result goes, -1: to its state
  int lone = -1;              // or a block diagonal product, shared out by its blocks
  int lone_column = -1;
  std::vector<int> pieces;
  std::vector<RowStep> rows;  // or this, for every row
  std::vector<int> scalars;   // that it leaves
  bool meet = false;
};

// Where a vector lies: a place and a column of it.
struct Placed {
  int place, column;
};

// An instruction as it is run: where a vector lies is a place and a column of it.
struct TapeStep {
  int op, to, a, b, c;
};
// unit_fma: unit a times b, plus unit c. standard: (vector - row) times row. standard_back: row
// times (vector q - row - vector p times row). See fuse.cpp.
struct Tape {
  int registers;
  std::vector<TapeStep> code;
};

struct Program {
  int states, slots, frame, back_frame, saved, units, masks, rows, back_rows, weights;
  std::vector<double> constants;
  std::vector<ProgramProduct> products;
  std::vector<Action> actions[2];  // forward, backward
  std::vector<Piece> pieces[2];
  std::vector<Total> totals[2];
  // Derived.
  std::uint64_t hash;              // of the data as it came
  std::vector<Tape> tapes[2];
  std::vector<Sweep> sweeps[2];
  std::vector<Placed> total_places[2];  // of each total a and b
  std::vector<int> read_again;     // units whose gradients later pieces load
  bool elementwise;                // a unit needs no other unit's state or row's sum
  std::vector<bool> passes_on;     // whether a state's gradient has a direct part

  bool differentiable() const { return !pieces[1].empty(); }
  int after(int state) const { return kBefore + states + state; }
  int mask(int k) const { return kBefore + 2 * states + k; }
  int dstate(int state) const { return kBefore + 2 * states + masks + state; }
  int passed(int state) const { return kBefore + 3 * states + masks + state; }
  int unit_sums() const { return kBefore + 4 * states + masks; }
  int places(bool back) const { return kBefore + (back ? 4 * states + 1 : 2 * states) + masks; }
};

// Throws std::invalid_argument with one line that says what is wrong and where.
Program parse(const std::int64_t* integers, long count, const double* floats, long constants);

// Whether this is a stock cell's program with masks in it: the same products of the same
// weights, and nothing else that the caller would have to give.
bool with_masks(const Program&, const Shape&);

// From now on they run in place of the tapes; bits must be the same. `isa` as isa() says it.
void provide(const char* isa, const CompiledPieces<float>&);
void provide(const char* isa, const CompiledPieces<double>&);
// Those of a library. Throws std::invalid_argument where it is none for this core, this
// program and the instruction set in use.
void provide(const Program&, const PiecesLibrary&);
// How a library for the instruction set in use is compiled: the compiler's flags, and the
// text that the pieces as elman.cells prints them stand behind, in an unnamed namespace
// of elman that is still open.
std::string pieces_flags();
std::string pieces_text();
void forget_provided();
// Whether they are this program's.
template <class T>
bool is_of(const CompiledPieces<T>&, const Program&);
// Whether they will for this program on the instruction set in use, in float64 or float32.
bool has_compiled_pieces(const Program&, bool doubles = false);
// For tests and tuning: false, and every piece is interpreted.
void use_compiled(bool use);

// Strides in elements. A mask's step stride may be 0: one mask for all steps. `bytes` in
// place of data: 0 is 0, all else is 1.
template <class T>
struct Mask {
  const T* data;
  long step, row;  // at time t, row b: data + t * step + b * row
  const unsigned char* bytes;
};

template <class T>
struct GraphForward {
  Shape shape;                // cell and activation are not read
  const Program* program;
  const T* x;                 // [T, B, I]
  long x_step, x_row;
  const T* const* weights;    // [M] -> [gates * H, depth]
  const T* bias;              // [S * H] null: zeros
  // Biases that come with the weights, in the order of their rows, added to bias; null:
  // none at all, or of this weight.
  const T* const* biases;     // [M] -> [gates * H]
  const T* const* units;      // [U] -> [H]
  const Mask<T>* masks;       // [K] -> [T, B, H]
  // [P, H] null: none. Else state 0 after a step is what the pieces leave of it times
  // this: y, first[0] and last[0] are P wide. A program without one has P = H.
  const T* projection;
  const T* const* first;      // [N] -> [B, H] state before the first step; null: zeros
  T* y;                       // [T, B, P] state 0; zero past a row's length
  long y_step, y_row;
  T* const* last;             // [N] -> [B, H]
  // What backward needs; saved is null for inference, and then so are the others.
  T* saved;                   // [T, B, V, H]
  T* const* tracks;           // [N] -> [T, B, H] of the states after y; the first is not read
  T* rows;                    // [T, B, R]
  T* raw;                     // [T, B, H] state 0 before its projection
  bool save;
  // Read the weights where they lie, not packed, and sum in another order: where
  // fits_single() says so and nothing is saved. y may be null.
  bool single;
};

template <class T>
struct GraphBackward {
  Shape shape;
  const Program* program;
  const T* x;
  long x_step, x_row;
  const T* const* weights;
  const T* const* units;
  const Mask<T>* masks;
  const T* projection;
  const T* const* first;
  const T* y;
  long y_step, y_row;
  const T* saved;
  const T* const* tracks;
  const T* rows;
  const T* raw;
  const T* dy;                // null: zeros
  long dy_step, dy_row;
  const T* const* dlast;      // [N], each null: zeros
  // Wanted gradients; null: not wanted.
  T* dx;
  long dx_step, dx_row;
  T* const* dweights;         // [M]
  T* dbias;                   // [S * H]
  T* const* dbiases;          // [M]
  T* const* dunits;           // [U]
  T* dprojection;
  T* const* dfirst;           // [N]
  T* norms;                   // [T, B] |dL/dy_t| by the steps after it and dy
};

// Fills `to` with ones, each with this probability, and zeros, by a key and the place of
// each alone.
void draw(std::uint64_t key, double probability, unsigned char* to, long count, int threads);

void forward(const GraphForward<float>&);
void forward(const GraphForward<double>&);
void backward(const GraphBackward<float>&);
void backward(const GraphBackward<double>&);

}  // namespace elman
