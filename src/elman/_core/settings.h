// What a layer's own dictionary says of it.
#pragma once

#include "plain.h"

namespace elman::plain {

// In the order of Torch::settings. Defaults are on a layer's class, and all of
// them off.
enum Setting {
  kBidirectional,
  kDropout,
  kStateful,
  kZoneout,
  kStateBatchFirst,
  kProjection,
  kRecurrentDropout,
  kLearnInitialState,
  kSettings
};

// A new reference, null where there is no such key.
inline PyObject* item(PyObject* dict, PyObject* key) {
  return Py_XNewRef(PyDict_GetItemWithError(dict, key));
}

// Whether a setting is there and true. -1: a Python error is set.
inline int on(PyObject* layer, PyObject* name) {
  PyObject* const value = PyDict_GetItemWithError(layer, name);
  if (!value) return PyErr_Occurred() ? -1 : 0;
  return PyObject_IsTrue(value);
}

// 1 if all settings from `first` on are off that would change this call: the
// dropouts do so in training, a learned state where none is given.
inline int settings_off(PyObject* layer, int first, bool stateless) {
  const int training = on(layer, torch.training);
  if (training < 0) return training;
  for (int i = first; i < kSettings; ++i) {
    if ((i == kDropout || i == kRecurrentDropout) && !training) continue;
    if (i == kLearnInitialState && !stateless) continue;
    if (const int t = on(layer, torch.settings[i])) return t < 0 ? t : 0;
  }
  return 1;
}

// The hidden size, by the recurrent weights of a layer's first place. 0: not plain,
// -1: a Python error is set.
inline long hidden_units(PyObject* parameters, PyObject* names) {
  PyObject* const first = PyList_GetItem(names, 0);
  if (!PyList_Check(first) || PyList_Size(first) < 2) return 0;
  const Own w_hh(item(parameters, PyList_GetItem(first, 1)));
  if (!w_hh.p) return PyErr_Occurred() ? -1 : 0;
  DLTensor t;
  return look(w_hh.p, t) && t.ndim == 2 ? long(t.shape[1]) : 0;
}

}  // namespace elman::plain
