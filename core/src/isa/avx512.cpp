#include <immintrin.h>

#include "../internal.h"

namespace elman {
namespace {
#include "../simd/avx512.h"

#include "../generic.h"
}  // namespace

extern const Kernels kAvx512;
const Kernels kAvx512{"avx512",             forward_of<float>,  forward_of<double>, backward_of<float>,
                 backward_of<double>, peak_of<float>,      peak_of<double>};
}  // namespace elman
