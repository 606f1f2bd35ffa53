#include <arm_neon.h>

#include "../internal.h"

namespace elman {
extern const Printed kNeonPrinted;

namespace {
constexpr const Printed& kPrinted = kNeonPrinted;

#include "../simd/neon.h"

#include "../generic.h"
}  // namespace

extern const Kernels kNeon;
const Kernels kNeon ELMAN_KERNELS;
}  // namespace elman
