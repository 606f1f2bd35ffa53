#include "graph.h"

#include <algorithm>

namespace tests {

int Graph::add(Node n) {
  nodes.push_back(n);
  return int(nodes.size()) - 1;
}

int Graph::mean(int a) {
  return apply(Op::div, rowsum(a), add({Node::apply, Op::width, -1, -1, -1, 0}));
}

int Graph::feed(Source source, int number, int count, int heads) {
  const int first = slots;
  slots += count;
  also(source, number, first, count, heads);
  return first;
}

void Graph::also(Source source, int number, int first, int count, int heads) {
  const bool node = source == Source::after || source == Source::frame;
  products.push_back({source, node ? 0 : number, node ? number : -1, heads, first, count});
}

std::vector<int> arguments(const Node& n) {
  std::vector<int> out;
  if (n.kind == Node::rowsum) out.push_back(n.a);
  if (n.kind == Node::apply)
    for (const int k : {n.a, n.b, n.c})
      if (k >= 0) out.push_back(k);
  return out;
}

std::vector<int> Graph::levels() const {
  std::vector<int> level(nodes.size(), 0);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const int a : arguments(nodes[i])) level[i] = std::max(level[i], level[std::size_t(a)]);
    if (nodes[i].kind == Node::rowsum) ++level[i];
    if (nodes[i].kind == Node::slot)
      for (const Fed& f : products)
        if (f.node >= 0 && nodes[i].a >= f.first && nodes[i].a < f.first + f.slots)
          level[i] = std::max(level[i], level[std::size_t(f.node)] + 1);
  }
  return level;
}

}  // namespace tests
