#pragma once

#include <Python.h>

namespace elman {

// (cell, activation, a layer, its own dictionary, options, input, hx, most rows times
// steps): (y, state), or None.
PyObject* short_layer(PyObject*, PyObject* const* args, Py_ssize_t count);

// (cell, activation, a layer, its own dictionary, options, input, hx, lengths): see
// plain_layer.cpp.
PyObject* plain_layer(PyObject*, PyObject* const* args, Py_ssize_t count);
PyObject* plain_forward(PyObject*, PyObject* const* args, Py_ssize_t count);
PyObject* plain_backward(PyObject*, PyObject* const* args, Py_ssize_t count);

extern PyMethodDef step_functions[];

}  // namespace elman
