// What must be true of one program on the instruction set in use, bit for bit.
#pragma once

#include "problem.h"

namespace tests {

// By threads, compiled and interpreted, without saving, whatever the padding holds, of a
// row alone, and in two pieces with the states handed over. Returns what one thread
// computes.
template <class T>
Solved<T> hold_laws(const elman::Program& p, const Inputs& in, int threads,
                    const std::string& name);

// The same problem with some of its numbers not finite, subnormal, huge or zeros of either
// sign.
Inputs spoiled(const Inputs& in, unsigned seed);

elman::Program parsed(const Data& d);

}  // namespace tests
