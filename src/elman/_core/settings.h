// What a layer says of itself.
#pragma once

#include "plain.h"

namespace elman::plain {

// A layer, and its own dictionary, in which most of what it says stands.
struct Layer {
  PyObject *self, *dict;
  // Names of options, each off or else the layer is not plain: tuples of those that
  // count always, those of training, and those of a call without a state.
  PyObject* options;
};

// A new reference, null where there is no such key.
inline PyObject* item(PyObject* dict, PyObject* key) {
  return Py_XNewRef(PyDict_GetItemWithError(dict, key));
}

// Whether an attribute is true. -1: a Python error is set.
inline int on(const Layer& layer, PyObject* name) {
  if (PyObject* const value = PyDict_GetItemWithError(layer.dict, name))
    return PyObject_IsTrue(value);
  if (PyErr_Occurred()) return -1;
  return truth(PyObject_GetAttr(layer.self, name));  // of the class, or computed
}

// 1 if all options are off that would change this call.
inline int options_off(const Layer& layer, bool stateless) {
  if (!PyTuple_Check(layer.options) || PyTuple_Size(layer.options) != 3) {
    PyErr_SetString(PyExc_TypeError, "options: expected three tuples of names");
    return -1;
  }
  const int training = on(layer, torch.training);
  if (training < 0) return training;
  const bool counts[] = {true, training != 0, stateless};
  for (int k = 0; k < 3; ++k) {
    PyObject* const names = PyTuple_GetItem(layer.options, k);
    for (Py_ssize_t i = 0; counts[k] && i < PyTuple_Size(names); ++i)
      if (const int t = on(layer, PyTuple_GetItem(names, i))) return t < 0 ? t : 0;
  }
  if (PyErr_Occurred()) return -1;
  const int projects = on(layer, torch.proj_size);
  return projects < 0 ? projects : !projects;
}

// A layer's own parameter: null where it is computed from others, or another tensor
// is in its place; then perhaps with a Python error.
inline PyObject* parameter_of(const Layer& layer, PyObject* parameters, PyObject* name) {
  if (PyDict_GetItemWithError(layer.dict, name) || PyErr_Occurred()) return nullptr;
  return item(parameters, name);
}

// The hidden size, by the recurrent weights of a layer's first place. 0: not plain,
// -1: a Python error is set.
inline long hidden_units(const Layer& layer, PyObject* parameters, PyObject* names) {
  PyObject* const first = PyList_GetItem(names, 0);
  if (!PyList_Check(first) || PyList_Size(first) < 2) return 0;
  const Own w_hh(parameter_of(layer, parameters, PyList_GetItem(first, 1)));
  if (!w_hh.p) return PyErr_Occurred() ? -1 : 0;
  DLTensor t;
  return look(w_hh.p, t) && t.ndim == 2 ? long(t.shape[1]) : 0;
}

}  // namespace elman::plain
