#include <arm_neon.h>

#include "../internal.h"

namespace elman {
namespace {
#include "../simd/neon.h"

#include "../graph/printed.h"
}  // namespace

extern const Printed kNeonPrinted;
const Printed kNeonPrinted{printed_pieces<float>, printed_pieces<double>};
}  // namespace elman
