#include "../internal.h"

namespace elman {
namespace {
#include "../simd/scalar.h"

#include "../generic.h"
}  // namespace

extern const Kernels kScalar;
const Kernels kScalar ELMAN_KERNELS;
}  // namespace elman
