#pragma once

#include <nanobind/nanobind.h>

namespace elman {

// Adds class Graph, a checked program: see graph.cpp.
void add_graph(nanobind::module_& m);

}  // namespace elman
