#include <immintrin.h>

#include "../internal.h"

namespace elman {
extern const Printed kAvx512Printed;

namespace {
constexpr const Printed& kPrinted = kAvx512Printed;

#include "../simd/avx512.h"

#include "../generic.h"
}  // namespace

extern const Kernels kAvx512;
const Kernels kAvx512 ELMAN_KERNELS;
}  // namespace elman
