// Pieces of a program in compiled form: printed as C++ when the core is built, or by a
// user's compiler when a cell first runs. Includes nothing, so that the latter is quick.
#pragma once

namespace elman {

// Of this file and of what the functions it declares are given: one that was compiled
// for another is not run.
constexpr int kPiecesVersion = 4;

struct Tape;

// Places of a row's vectors: place 4 + i is state i before the step, then as many
// after it, the masks, and in backward the gradients of the states, whole and passed on,
// and those of the units, which add up over the steps; null where nobody wants them.
enum Place { kSlots, kFrame, kSaved, kSums, kBefore };

template <class T>
struct PieceRows;

// Runs one piece for rows first..first+count-1 and units u0..u1-1.
template <class T>
using PieceFunction = void (*)(const Tape&, const PieceRows<T>&, long first, long count, long u0,
                               long u1);

// What surrounds the only backward piece of a cell in which no unit needs another, for a
// function that does it all in one pass over the units.
template <class T>
struct Around {
  const T* const* dy;    // of each row: to be added to the gradient of state 0
  const T* const* x;     // of each row: its inputs, one or two
  T* const* sums;        // of each row: of a slot's gradients, of these times x[0], …, the next slot's
  long inputs;
  const long* ahead;     // how far from dy, the states before and what is saved that of the step
                         // to come lies, to be asked for
};

// What a piece finds its vectors by: place[k][i] is where the first column of place k
// lies in row i; columns are `hidden` numbers apart.
template <class T>
struct PieceRows {
  T* const* const* place;
  const T* const* units;          // [units] -> [H]
  const T* const* scalars;        // of each row: this pass's
  const T* const* saved_scalars;  // of each row: forward's, in backward
  const T* constants;
  long hidden;
  void* registers;                // this thread's, for the interpreter
  PieceFunction<T> rest;          // the interpreter: of units that fill no vector
  const Around<T>* around;        // for the function behind the backward pieces
};

// How much memory a program's pieces find, and how many there are: the counts of a
// Program from states to constants, then of its pieces forward and backward.
constexpr int kSizes = 13;

// Compiled pieces of one program on one instruction set; the arrays are as long as the
// program's pieces, null for one that sets row scalars. Behind the backward pieces stands
// what does the same as the only one and what surrounds it, for whole vectors, or null. They have to outlive every call. A program is known by both hash and
// sizes: a hash can be met on purpose, and the pieces of another would write past the
// memory this one has.
template <class T>
struct CompiledPieces {
  unsigned long long hash;
  int sizes[kSizes];
  const PieceFunction<T>* piece[2];
};

// What a library's one function, `elman_pieces`, returns.
struct PiecesLibrary {
  int version;         // kPiecesVersion
  int bytes;           // of a number, 4 or 8
  const char* isa;     // the instruction set, as isa() says it
  const void* pieces;  // CompiledPieces<float> or <double>
};

}  // namespace elman
