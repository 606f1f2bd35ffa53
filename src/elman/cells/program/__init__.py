"""From the graph of a step to the program that the core runs."""
