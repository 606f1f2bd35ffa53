#pragma once

#include <Python.h>

namespace elman {

extern PyMethodDef step_functions[];

}  // namespace elman
