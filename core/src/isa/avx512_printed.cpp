#include <immintrin.h>

#include "../internal.h"

namespace elman {
namespace {
#include "../simd/avx512.h"

#include "../graph/printed.h"
}  // namespace

extern const Printed kAvx512Printed;
const Printed kAvx512Printed{printed_pieces<float>, printed_pieces<double>};
}  // namespace elman
