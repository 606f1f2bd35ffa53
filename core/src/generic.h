// The whole generic text, included once per instruction set inside an unnamed
// namespace after its simd header: nothing in it may have external linkage, or
// the linker could let one set's code stand in for another's.
#include "math.h"
#include "share.h"
#include "product.h"
#include "cells/cell.h"
#include "cells/rnn.h"
#include "cells/gru.h"
#include "cells/gru_reset_before.h"
#include "cells/lstm.h"
#include "packed.h"
#include "forward.h"
#include "weight_gradients.h"
#include "step.h"
#include "backward.h"
#include "kernels.h"
