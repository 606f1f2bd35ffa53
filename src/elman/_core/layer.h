// What a layer says of itself.
#pragma once

#include "tensors.h"

namespace elman::border {

// A layer, and its own dictionary, in which most of what it says stands.
struct Layer {
  PyObject *self, *dict;
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

// When an option beyond torch's changes a call: the bits that a layer keeps of those
// that are on (EXTRAS in elman/layers/_twins.py).
enum Beyond : long { kAlways = 1, kInTraining = 2, kWithoutState = 4, kStatesTurned = 8 };

// 1 if no option beyond torch's changes this call.
inline int as_torchs(const Layer& layer, bool stateless) {
  PyObject* value = PyDict_GetItemWithError(layer.dict, torch.beyond);
  if (!value && PyErr_Occurred()) return -1;
  const Own held(value ? Py_NewRef(value) : PyObject_GetAttr(layer.self, torch.beyond));
  const long bits = held.p ? PyLong_AsLong(held.p) : -1;
  if (bits == -1 && PyErr_Occurred()) return -1;
  if (!bits) return 1;
  const int training = bits & kInTraining ? on(layer, torch.training) : 0;
  if (training < 0) return training;
  return !(bits & (kAlways | kStatesTurned)) && !training && !(stateless && bits & kWithoutState);
}

// A layer's own parameter: null where it is computed from others, or another tensor
// is in its place; then perhaps with a Python error.
inline PyObject* parameter_of(const Layer& layer, PyObject* parameters, PyObject* name) {
  if (PyDict_GetItemWithError(layer.dict, name) || PyErr_Occurred()) return nullptr;
  return item(parameters, name);
}

}  // namespace elman::border
