#include <arm_neon.h>

#include "../internal.h"

namespace elman {
namespace {
#include "../simd/neon.h"

#include "../generic.h"
}  // namespace

extern const Kernels kNeon;
const Kernels kNeon{"neon",             forward_of<float>,  forward_of<double>, backward_of<float>,
                 backward_of<double>, peak_of<float>,      peak_of<double>};
}  // namespace elman
