// What the dispatcher and the instruction sets share.
#pragma once

#include <stdexcept>
#include <utility>
#include <vector>

#include "elman/core.h"
#include "elman/program.h"
#include "phases.h"
#include "scratch.h"
#include "threads/team.h"
#include "vector.h"

namespace elman {

// Rows by falling length: those still running at step s are a prefix.
struct Plan {
  const long* row;     // [B] batch row at each place
  const long* length;  // [B] its length
  long longest;
};
Plan make_plan(const Shape&, Scratch&);

// 64-byte aligned, for std::free. Throws std::bad_alloc.
void* allocate(std::size_t bytes);

// Below this many multiplications a step is not worth a meeting of threads, and
// a call not worth waking them. Tests set both to zero to share everything.
struct WorthSharing {
  long step = 40000, call = 150000;
};
extern WorthSharing worth_sharing;

// From how many bytes on a tensor is not taken for one that a cache holds.
extern long far_bytes;

// What a stock cell is: by the shape's cell and activation.
const Program& stock_program(const Shape&);

// Compiled pieces handed in for a program, null where there are none.
template <class T>
const PieceFunction<T>* provided_pieces(const char* isa, const Program&, bool back);
bool compiled_in_use();

// Pieces printed at build time for one instruction set.
struct Printed {
  const PieceFunction<float>* (*find32)(const Program&, bool back);
  const PieceFunction<double>* (*find64)(const Program&, bool back);
};

// One instruction set's entry points.
struct Kernels {
  const char* name;
  void (*forward32)(const GraphForward<float>&);
  void (*forward64)(const GraphForward<double>&);
  void (*backward32)(const GraphBackward<float>&);
  void (*backward64)(const GraphBackward<double>&);
  double (*peak32)(long rounds);
  double (*peak64)(long rounds);
  void (*draw)(std::uint64_t key, double probability, unsigned char* to, long first, long last);
  bool (*compiled)(const Program&, bool doubles);
};

// Subnormal numbers count as zero inside a call, on every thread: a vanishing
// gradient would otherwise cost a hundred times its worth.
class FlushSubnormals {
 public:
  FlushSubnormals();
  ~FlushSubnormals();
  FlushSubnormals(const FlushSubnormals&) = delete;
  FlushSubnormals& operator=(const FlushSubnormals&) = delete;

 private:
  unsigned long saved_;
};

}  // namespace elman
