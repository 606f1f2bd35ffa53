#include "../internal.h"

namespace elman {
namespace {
#include "../simd/scalar.h"

#include "../generic.h"
}  // namespace

extern const Kernels kScalar;
const Kernels kScalar{"scalar",             forward_of<float>,  forward_of<double>, backward_of<float>,
                 backward_of<double>, peak_of<float>,      peak_of<double>};
}  // namespace elman
