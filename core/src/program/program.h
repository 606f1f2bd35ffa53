// The steps of parse(): see there.
#pragma once

#include <string>
#include <vector>

#include "elman/program.h"

namespace elman::program {

[[noreturn]] void refuse(const std::string& what);

// What an instruction takes: registers a, b, c, as many as `operands`.
struct OpKind {
  const char* name;
  int operands;
};
const OpKind& kind(Op op);

// Whether a piece sets row scalars: it is run once a row.
bool of_rows(const Piece& piece);

// Throws where a vector would be read before it is there, or never written.
void check(const Program& p);

// The same with steps that stand for several: see fuse.cpp.
std::vector<TapeStep> fused(std::vector<TapeStep> code);

// Fills in what is derived.
void derive(Program& p);

}  // namespace elman::program
