#pragma once

#include <nanobind/nanobind.h>

namespace elman {

struct Program;

// Adds class Graph, a checked program: see graph.cpp.
void add_graph(nanobind::module_& m);

// The program of such an object, null if it is anything else.
const Program* program_of(PyObject* object);

}  // namespace elman
