"""What a step is written with, and how it is read: to a graph, to mathematics."""
