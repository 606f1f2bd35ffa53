// What the texts on short vectors build on, simd/, math.h and graph/functions.h: a few
// macros and one type. A cell that is compiled on a user's machine includes them behind
// this and elman/pieces.h and nothing else, so they ask for no other file of the core.
#pragma once

#define ELMAN_INLINE inline __attribute__((always_inline))
#define ELMAN_PRAGMA(x) _Pragma(#x)
#define ELMAN_UNROLL(n) ELMAN_PRAGMA(GCC unroll n)

namespace elman {

// In place of a vector's Lanes: all of them. Worth a type of its own, since a
// load that follows a masked store closely has to wait for the cache.
struct Full {};

}  // namespace elman
