#include "../internal.h"

namespace elman {
namespace {
#include "../simd/scalar.h"

#include "../graph/printed.h"
}  // namespace

extern const Printed kScalarPrinted;
const Printed kScalarPrinted{printed_pieces<float>, printed_pieces<double>};
}  // namespace elman
