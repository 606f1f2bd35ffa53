#include <immintrin.h>

#include "../internal.h"

namespace elman {
namespace {
#include "../simd/avx2.h"

#include "../generic.h"
}  // namespace

extern const Kernels kAvx2;
const Kernels kAvx2 ELMAN_KERNELS;
}  // namespace elman
