#include <immintrin.h>

#include "../internal.h"

namespace elman {
extern const Printed kAvx2Printed;

namespace {
constexpr const Printed& kPrinted = kAvx2Printed;

#include "../simd/avx2.h"

#include "../generic.h"
}  // namespace

extern const Kernels kAvx2;
const Kernels kAvx2 ELMAN_KERNELS;
}  // namespace elman
