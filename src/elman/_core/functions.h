// The functions that Python sees, beside the few of bindings.cpp.
#pragma once

#include <Python.h>

namespace elman {

// One step of a cell: see step.cpp.
PyObject* step(PyObject*, PyObject* const* args, Py_ssize_t count);

// A layer's call, if it is eligible for the fast path: see fast_layer.cpp.
PyObject* fast_layer(PyObject*, PyObject* const* args, Py_ssize_t count);

// One layer in one direction: see sequence.cpp.
PyObject* sequence_forward(PyObject*, PyObject* const* args, Py_ssize_t count);
PyObject* sequence_backward(PyObject*, PyObject* const* args, Py_ssize_t count);

// What all of them need of torch: see setup.cpp.
PyObject* setup(PyObject*, PyObject* const* args, Py_ssize_t count);

}  // namespace elman
