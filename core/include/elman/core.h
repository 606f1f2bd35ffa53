// The whole native interface: one layer, one direction, a whole sequence.
//
// Axes: T steps, B rows of the batch, I inputs, H hidden units, P outputs
// (P = H unless an LSTM projects), G gates. All arrays are row-major; a stride
// is counted in elements; the last axis is always contiguous. Every pointer
// marked "null" may be null with the meaning given. Nothing may alias unless
// said. The core knows neither Python nor torch, prints nothing and never
// aborts; it throws std::bad_alloc or std::invalid_argument.
#pragma once

#include <cstddef>
#include <cstdint>

namespace elman {

struct Program;
template <class T>
struct Mask;

enum class Cell { rnn, gru, gru_reset_before, lstm };
enum class Activation { tanh, relu, sigmoid, identity, softplus };  // of Cell::rnn

// Vectors kept per unit in `gates`: what the cell's program saves, in its order. Where
// there are none, `gates` is null.
int saved_gates(Cell cell, Activation activation = Activation::tanh);

template <class T>
struct Weights {
  const T* w_ih;  // [G*H, I] torch's gate order: r z n | i f g o
  const T* w_hh;  // [G*H, P]
  const T* b_ih;  // [G*H] null: no biases
  const T* b_hh;  // [G*H] null together with b_ih
  const T* w_hr;  // [P, H] null: no projection
};

struct Shape {
  Cell cell;
  Activation activation;
  long steps, batch, input, hidden, output;
  bool reverse;             // step 0 is each row's last
  const int64_t* lengths;   // [B] in 0..T; null: every row has T steps
  int threads;
};

template <class T>
struct Forward {
  Shape shape;
  Weights<T> weights;
  const T* x;               // [T, B, I] with strides x_step, x_row
  long x_step, x_row;
  const T* h0;              // [B, P] null: zeros
  const T* c0;              // [B, H] null: zeros
  T* y;                     // [T, B, P] with strides; zero past a row's length
  long y_step, y_row;
  T* hn;                    // [B, P] each row's last state
  T* cn;                    // [B, H] lstm
  // What backward needs; all null for inference.
  T* gates;                 // [T, B, saved_gates, H]
  T* cells;                 // [T, B, H] lstm: c of every step
  T* raw;                   // [T, B, H] lstm with projection: h before it
  // Read the weights where they lie, not packed, and sum in another order: where
  // fits_single() says so and nothing is saved. y may be null.
  bool single;
  // Null: the cell's own program. Else its form with_masks(), and the masks.
  const Program* noisy;
  const Mask<T>* masks;
};

// Few rows and steps, without projection or lengths: packing the weights would take
// longer than reading them where they lie at each step.
inline bool fits_single(const Shape& s) {
  return s.steps >= 1 && s.steps <= 8 && s.batch >= 1 && s.steps * s.batch <= 8 &&
         s.output == s.hidden && !s.lengths;
}

template <class T>
struct Backward {
  Shape shape;
  Weights<T> weights;
  const T* x;
  long x_step, x_row;
  const T* h0;
  const T* c0;
  const T* y;
  long y_step, y_row;
  const T* gates;           // as forward left them; not changed
  const T* cells;
  const T* raw;
  const T* dy;              // [T, B, P] with strides; null: zeros
  long dy_step, dy_row;
  const T* dhn;             // [B, P] null: zeros
  const T* dcn;             // [B, H] null: zeros
  // Wanted gradients; null: not wanted, and not computed.
  T* dx;                    // [T, B, I] with strides; zero past a row's length
  long dx_step, dx_row;
  T* dw_ih;
  T* dw_hh;
  T* db_ih;
  T* db_hh;
  T* dw_hr;
  T* dh0;                   // [B, P]
  T* dc0;                   // [B, H]
  T* norms;                 // [T, B] |dL/dh_t|, zero past a row's length
  const Program* noisy;
  const Mask<T>* masks;
};

void forward(const Forward<float>&);
void forward(const Forward<double>&);
void backward(const Backward<float>&);
void backward(const Backward<double>&);

// Instruction sets, best first: the ones compiled in, and the one in use
// (ELMAN_ISA in the environment forces one). isa() throws
// std::invalid_argument for an unknown or unsupported name.
const char* isa();
const char* isa_list();                 // "avx512 avx2 scalar", those this machine has
void force_isa(const char* name);       // null: choose again

// Threads of someone else's to run on instead of the core's own. can(n): are n
// to be had on this thread now. run calls work(context, i) for every i below n,
// all at the same time, and returns false, having called nothing, if it could
// not after all. nulls: the core's own.
struct Threads {
  bool (*can)(int n);
  bool (*run)(int n, void (*work)(void*, int), void* context);
};
void borrow_threads(Threads);

// Makes nothing but multiply-and-add in registers on this many threads, and
// returns how many operations: timed, it is the machine's peak.
double burn(bool doubles, long rounds, int threads);

// For tests and tuning: multiplications from which a step is shared by hidden
// units, and a call by threads. Not while a call is running.
void share_above(long step, long call);

// For tests: a call of several threads is given up at the first meeting where one waits for
// another, and begun again with half as many.
void give_up_at_meetings(bool always);

// The same: from how many bytes a cell without products within a step writes what it leaves
// past the caches. Returns what it was.
long stream_above(long bytes);

}  // namespace elman
