#include <arm_neon.h>

#include "../internal.h"

namespace elman {
namespace {
#include "../simd/neon.h"

#include "../generic.h"
}  // namespace

extern const Kernels kNeon;
const Kernels kNeon ELMAN_KERNELS;
}  // namespace elman
