#include "../internal.h"

namespace elman {
extern const Printed kScalarPrinted;

namespace {
constexpr const Printed& kPrinted = kScalarPrinted;

#include "../simd/scalar.h"

#include "../generic.h"
}  // namespace

extern const Kernels kScalar;
const Kernels kScalar ELMAN_KERNELS;
}  // namespace elman
