#include <immintrin.h>

#include "../internal.h"

namespace elman {
namespace {
#include "../simd/avx2.h"

#include "../generic.h"
}  // namespace

extern const Kernels kAvx2;
const Kernels kAvx2{"avx2",             forward_of<float>,  forward_of<double>, backward_of<float>,
                 backward_of<double>, peak_of<float>,      peak_of<double>};
}  // namespace elman
