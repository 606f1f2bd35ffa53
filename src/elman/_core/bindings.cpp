// The border: addresses and sizes in, exceptions out. What an address means
// and how much memory must lie behind it is checked by elman.ops._native,
// which is the only caller.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <cstdint>
#include <new>
#include <optional>
#include <string>

#include "elman/core.h"
#include "graph.h"
#include "openmp.h"
#include "step.h"
#include "unlocked.h"

namespace nb = nanobind;
using namespace elman;

namespace {

template <class T>
T* at(uintptr_t address) {
  return reinterpret_cast<T*>(address);
}

// The hot functions are plain C functions of one tuple: a streaming call has
// thirty numbers and lasts a few microseconds.
class Arguments {
 public:
  explicit Arguments(PyObject* values) : values_(values) {
    if (!PyTuple_Check(values)) throw nb::type_error("expected a tuple of numbers");
  }
  long next() {
    if (i_ >= PyTuple_Size(values_)) throw nb::value_error("too few numbers");
    const long v = PyLong_AsLong(PyTuple_GetItem(values_, i_++));
    if (v == -1 && PyErr_Occurred()) throw nb::python_error();
    return v;
  }
  template <class T>
  T* address() {
    return at<T>(static_cast<uintptr_t>(next()));
  }
  void finish() const {
    if (i_ != PyTuple_Size(values_)) throw nb::value_error("too many numbers");
  }

 private:
  PyObject* values_;
  Py_ssize_t i_ = 0;
};

template <class F>
PyObject* guarded(F f) {
  try {
    return f();
  } catch (nb::python_error& e) {
    e.restore();
  } catch (const nb::builtin_exception& e) {
    PyErr_SetString(e.type() == nb::exception_type::type_error ? PyExc_TypeError : PyExc_ValueError,
                    e.what());
  } catch (const std::bad_alloc&) {
    PyErr_SetString(PyExc_MemoryError, "the core could not allocate its working memory");
  } catch (const std::exception& e) {
    PyErr_SetString(PyExc_ValueError, e.what());
  }
  return nullptr;
}

Shape read_shape(Arguments& a) {
  Shape s{};
  s.cell = static_cast<Cell>(a.next());
  s.activation = static_cast<Activation>(a.next());
  s.steps = a.next();
  s.batch = a.next();
  s.input = a.next();
  s.hidden = a.next();
  s.output = a.next();
  s.reverse = a.next() != 0;
  s.lengths = a.address<const int64_t>();
  s.threads = static_cast<int>(a.next());
  return s;
}

template <class T>
Weights<T> read_weights(Arguments& a) {
  Weights<T> w{};
  w.w_ih = a.address<const T>();
  w.w_hh = a.address<const T>();
  w.b_ih = a.address<const T>();
  w.b_hh = a.address<const T>();
  w.w_hr = a.address<const T>();
  return w;
}

template <class T>
PyObject* forward_call(PyObject*, PyObject* values) {
  return guarded([&]() -> PyObject* {
  Arguments a(values);
  Forward<T> f{};
  f.shape = read_shape(a);
  f.weights = read_weights<T>(a);
  f.single = a.next() && fits_single(f.shape) && !f.weights.w_hr;
  f.x = a.address<const T>();
  f.x_step = a.next();
  f.x_row = a.next();
  f.h0 = a.address<const T>();
  f.c0 = a.address<const T>();
  f.y = a.address<T>();
  f.y_step = a.next();
  f.y_row = a.next();
  f.hn = a.address<T>();
  f.cn = a.address<T>();
  f.gates = a.address<T>();
  f.cells = a.address<T>();
  f.raw = a.address<T>();
  a.finish();
  unlocked([&] { forward(f); });
  Py_RETURN_NONE;
  });
}

template <class T>
PyObject* backward_call(PyObject*, PyObject* values) {
  return guarded([&]() -> PyObject* {
  Arguments a(values);
  Backward<T> f{};
  f.shape = read_shape(a);
  f.weights = read_weights<T>(a);
  f.x = a.address<const T>();
  f.x_step = a.next();
  f.x_row = a.next();
  f.h0 = a.address<const T>();
  f.c0 = a.address<const T>();
  f.y = a.address<const T>();
  f.y_step = a.next();
  f.y_row = a.next();
  f.gates = a.address<const T>();
  f.cells = a.address<const T>();
  f.raw = a.address<const T>();
  f.dy = a.address<const T>();
  f.dy_step = a.next();
  f.dy_row = a.next();
  f.dhn = a.address<const T>();
  f.dcn = a.address<const T>();
  f.dx = a.address<T>();
  f.dx_step = a.next();
  f.dx_row = a.next();
  f.dw_ih = a.address<T>();
  f.dw_hh = a.address<T>();
  f.db_ih = a.address<T>();
  f.db_hh = a.address<T>();
  f.dw_hr = a.address<T>();
  f.dh0 = a.address<T>();
  f.dc0 = a.address<T>();
  f.norms = a.address<T>();
  a.finish();
  unlocked([&] { backward(f); });
  Py_RETURN_NONE;
  });
}

PyMethodDef functions[] = {
    {"forward32", forward_call<float>, METH_O, nullptr},
    {"forward64", forward_call<double>, METH_O, nullptr},
    {"backward32", backward_call<float>, METH_O, nullptr},
    {"backward64", backward_call<double>, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

NB_MODULE(_native, m) {
  borrow_openmp_threads();
  m.def("own_threads", [](bool own) {
    if (own) borrow_threads({nullptr, nullptr});
    else borrow_openmp_threads();
  });
  m.doc() = "The fused recurrent core; see core/include/elman/core.h.";
  if (PyModule_AddFunctions(m.ptr(), functions) || PyModule_AddFunctions(m.ptr(), step_functions))
    throw nb::python_error();
  add_graph(m);
  m.def("isa", &isa);
  m.def("isa_list", &isa_list);
  m.def("burn", &burn, nb::call_guard<nb::gil_scoped_release>());
  m.def("share_above", &share_above);
  m.def("force_isa", [](std::optional<std::string> name) {
    force_isa(name ? name->c_str() : nullptr);
  }, nb::arg("name").none());
}
