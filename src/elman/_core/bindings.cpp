// The border: addresses and sizes in, exceptions out. What an address means
// and how much memory must lie behind it is checked by elman.ops._native,
// which is the only caller.
#include <nanobind/nanobind.h>

#include <cstdint>

#include "elman/core.h"

namespace nb = nanobind;
using namespace elman;

namespace {

template <class T>
T* at(uintptr_t address) {
  return reinterpret_cast<T*>(address);
}

// An argument list read one by one, without nanobind's per-argument casters:
// a streaming call has thirty of them and lasts a few microseconds.
class Arguments {
 public:
  explicit Arguments(const nb::tuple& values) : values_(values) {}
  long next() {
    if (i_ >= PyTuple_GET_SIZE(values_.ptr())) throw nb::value_error("too few arguments");
    PyObject* item = PyTuple_GET_ITEM(values_.ptr(), i_++);
    const long v = PyLong_AsLong(item);
    if (v == -1 && PyErr_Occurred()) throw nb::python_error();
    return v;
  }
  template <class T>
  T* address() {
    return at<T>(static_cast<uintptr_t>(next()));
  }
  void finish() const {
    if (i_ != PyTuple_GET_SIZE(values_.ptr())) throw nb::value_error("too many arguments");
  }

 private:
  const nb::tuple& values_;
  Py_ssize_t i_ = 0;
};

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
void forward_call(const nb::tuple& values) {
  Arguments a(values);
  Forward<T> f{};
  f.shape = read_shape(a);
  f.weights = read_weights<T>(a);
  f.packed = a.address<const void>();
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
  nb::gil_scoped_release release;
  forward(f);
}

template <class T>
void backward_call(const nb::tuple& values) {
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
  nb::gil_scoped_release release;
  backward(f);
}

// Weights in forward's order, freed with the Python object.
class PackedHandle {
 public:
  explicit PackedHandle(void* p) : memory_(p) {}
  ~PackedHandle() { release(memory_); }
  PackedHandle(const PackedHandle&) = delete;
  PackedHandle& operator=(const PackedHandle&) = delete;
  uintptr_t address() const { return reinterpret_cast<uintptr_t>(memory_); }

 private:
  void* memory_;
};

template <class T>
PackedHandle* pack_call(const nb::tuple& values) {
  Arguments a(values);
  const Shape s = read_shape(a);
  const Weights<T> w = read_weights<T>(a);
  a.finish();
  nb::gil_scoped_release release;
  return new PackedHandle(pack(s, w));
}

}  // namespace

NB_MODULE(_native, m) {
  m.doc() = "The fused recurrent core; see core/include/elman/core.h.";
  m.def("forward32", &forward_call<float>);
  m.def("forward64", &forward_call<double>);
  m.def("backward32", &backward_call<float>);
  m.def("backward64", &backward_call<double>);
  nb::class_<PackedHandle>(m, "Packed").def_prop_ro("address", &PackedHandle::address);
  m.def("pack32", &pack_call<float>, nb::rv_policy::take_ownership);
  m.def("pack64", &pack_call<double>, nb::rv_policy::take_ownership);
  m.def("isa", &isa);
  m.def("isa_list", &isa_list);
  m.def("force_isa", &force_isa, nb::arg("name").none());
}
