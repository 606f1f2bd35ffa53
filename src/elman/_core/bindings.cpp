// The module: a few functions of nanobind's, and those that read torch's tensors.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <optional>
#include <string>

#include "elman/core.h"
#include "functions.h"
#include "graph.h"
#include "openmp.h"

namespace nb = nanobind;
using namespace elman;

namespace {

using Fast = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t);

PyMethodDef method(const char* name, Fast function) {
  return {name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function)),
          METH_FASTCALL, nullptr};
}

PyMethodDef functions[] = {
    method("setup", setup),
    method("step", step),
    method("fast_layer", fast_layer),
    method("sequence_forward", sequence_forward),
    method("sequence_backward", sequence_backward),
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

NB_MODULE(_native, m) {
  // A program that a cache or a graph still holds at exit is no leak to tell users of.
  nb::set_leak_warnings(false);
  borrow_openmp_threads();
  m.def("own_threads", [](bool own) {
    if (own) borrow_threads({nullptr, nullptr});
    else borrow_openmp_threads();
  });
  m.doc() = "The fused recurrent core; see core/include/elman/core.h.";
  if (PyModule_AddFunctions(m.ptr(), functions)) throw nb::python_error();
  add_graph(m);
  m.def("isa", &isa);
  m.def("isa_list", &isa_list);
  m.def("burn", &burn, nb::call_guard<nb::gil_scoped_release>());
  m.def("share_above", &share_above);
  m.def("give_up_at_meetings", &give_up_at_meetings);
  m.def("force_isa", [](std::optional<std::string> name) {
    force_isa(name ? name->c_str() : nullptr);
  }, nb::arg("name").none());
}
