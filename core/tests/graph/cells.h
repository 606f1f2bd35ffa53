// Cells that between them use all a program can say.
#pragma once

#include "graph.h"

namespace tests {

struct Named {
  const char* name;
  Graph graph;
};
// Numbers of units have to be divisible by 4.
std::vector<Named> graphs();

// A cell drawn at random, of operations that are smooth almost everywhere.
Graph random_graph(unsigned seed);

}  // namespace tests
