// What the functions that read tensors need of torch, handed over once.
#include "functions.h"
#include "tensors.h"

using namespace elman;
using namespace elman::border;

// (capsule of the table, Tensor, Parameter, idle functions, hooks, is_grad_enabled,
// get_num_threads, torch.autograd.forward_ad, empty_like, stored): whether this torch
// tells where its tensors lie.
PyObject* elman::setup(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 10) {
    PyErr_SetString(PyExc_TypeError, "setup: expected 10 arguments");
    return nullptr;
  }
  const auto* api = static_cast<const ExchangeApi*>(
      PyCapsule_GetPointer(args[0], "dlpack_exchange_api"));
  while (api && api->major > 1) api = api->previous;
  if (PyErr_Occurred()) return nullptr;
  if (!api || api->major != 1 || !api->look) Py_RETURN_FALSE;
  PyObject** const given[] = {&torch.tensor,       &torch.parameter, &torch.idle,
                              &torch.hooks,        &torch.gradients, &torch.threads,
                              &torch.forward_mode, &torch.empty_like, &torch.stored};
  for (int i = 0; i < 9; ++i) *given[i] = Py_NewRef(args[i + 1]);
  const struct { PyObject** to; const char* text; } names[] = {
      {&torch.level, "_current_level"}, {&torch.requires_grad, "requires_grad"},
      {&torch.names[0], "weight_ih"}, {&torch.names[1], "weight_hh"},
      {&torch.names[2], "bias_ih"}, {&torch.names[3], "bias_hh"},
      {&torch.parameters, "_parameters"}, {&torch.all_weights, "_all_weights"},
      {&torch.batch_first, "batch_first"}, {&torch.training, "training"},
      {&torch.bidirectional, "bidirectional"}, {&torch.dropout, "dropout"},
      {&torch.proj_size, "proj_size"}, {&torch.beyond, "_beyond"}};
  for (const auto& name : names)
    if (!(*name.to = PyUnicode_InternFromString(name.text))) return nullptr;
  const struct { PyObject** to; const char* text; } methods[] = {
      {&torch.new_empty, "new_empty"}, {&torch.is_neg, "is_neg"},
      {&torch.is_zero, "_is_zerotensor"}, {&torch.transpose, "transpose"},
      {&torch.turn, "transpose_"}};
  for (const auto& method : methods)
    if (!(*method.to = PyObject_GetAttrString(torch.tensor, method.text))) return nullptr;
  torch.api = api;
  Py_RETURN_TRUE;
}
