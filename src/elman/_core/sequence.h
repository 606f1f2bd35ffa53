// One layer in one direction, as the core's two passes are given it.
#pragma once

#include "tensors.h"

namespace elman::border {

constexpr int kWeights = 5;  // w_ih, w_hh, b_ih, b_hh, w_hr
constexpr int kMasks = 3;    // of h where weights see it, of h and c

struct Sequence {
  Shape shape;
  bool lstm, turned, unbatched;            // x is (B, T, I), or (T, I)
  bool sure;                               // nothing given is still to be negated
  Given x, state[2], weights[kWeights];    // what is None has no object
  const Program* noisy;                    // null: the cell's own, without masks
  DLTensor masks[kMasks];                  // of booleans, or of x's numbers
  Own held[4 + kWeights] = {nullptr, nullptr, nullptr, nullptr, nullptr,
                            nullptr, nullptr, nullptr, nullptr};
};

// Whether the weights, read before, are those of one layer over `inputs` numbers like
// x's. The hidden size and the output's are `s`'s.
bool weights_fit(const Given (&w)[kWeights], const DLTensor& x, const Shape& s, int64_t inputs);

// Sets a cell's sizes by its weights, read before; false: they have none.
bool set_sizes(Shape& s, const Given (&w)[kWeights]);

// Whether a state, read before, is of so many places, rows and units like x's.
bool state_fits(const Given& state, const DLTensor& x, int64_t places, int64_t rows, int64_t units);

// Where the lengths of so many rows lie, null if this is anything else.
const int64_t* lengths_of(PyObject* object, int64_t rows);

// New references: y and the last states, and where they are saved gates, cells and
// projected h. y is (T, B, P) for an x of (B, T, I) too. `last` and `y`: where the last
// states and y are to lie instead. False: a Python error is set.
struct Run {
  Own y = nullptr, last[2] = {nullptr, nullptr}, gates = nullptr, cells = nullptr, raw = nullptr;
};
bool run(Run& out, const Sequence& q, bool save, void* const* last = nullptr,
         void* y = nullptr);

// A new tensor of x's numbers, looked at; false: a Python error is set.
bool make(Own& held, Given& out, const Given& x, const int64_t* shape, int axes);

}  // namespace elman::border
