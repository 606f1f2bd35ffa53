#pragma once

#include <Python.h>

namespace elman {

// (packed weights by the id of w_hh, cell, activation, a layer's own dictionary,
// input, hx, most rows times steps): (y, state), or None.
PyObject* short_layer(PyObject*, PyObject* const* args, Py_ssize_t count);

// (cell, activation, a layer's own dictionary, input, hx, lengths, most): see
// plain_layer.cpp.
PyObject* plain_layer(PyObject*, PyObject* const* args, Py_ssize_t count);
PyObject* plain_forward(PyObject*, PyObject* const* args, Py_ssize_t count);
PyObject* plain_backward(PyObject*, PyObject* const* args, Py_ssize_t count);

extern PyMethodDef step_functions[];

}  // namespace elman
