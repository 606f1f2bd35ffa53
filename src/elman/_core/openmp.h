// Runs the core's work on the OpenMP threads torch already has.
#pragma once

namespace elman {

// Looks for GNU OpenMP among the libraries loaded in this process and, if it
// is there, has the core use its threads. Does nothing otherwise.
void borrow_openmp_threads();

}  // namespace elman
