#include <immintrin.h>

#include "../internal.h"

namespace elman {
namespace {
#include "../simd/avx2.h"

#include "../graph/printed.h"
}  // namespace

extern const Printed kAvx2Printed;
const Printed kAvx2Printed{printed_pieces<float>, printed_pieces<double>};
}  // namespace elman
