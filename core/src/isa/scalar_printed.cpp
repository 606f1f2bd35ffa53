#include "../internal.h"

namespace elman {
namespace {
#include "../simd/scalar.h"

// A fallback: the other cells are interpreted, and the build is a minute shorter.
#define ELMAN_PRINT_STOCK
#include "../graph/printed.h"
}  // namespace

extern const Printed kScalarPrinted;
const Printed kScalarPrinted{printed_pieces<float>, printed_pieces<double>};
}  // namespace elman
