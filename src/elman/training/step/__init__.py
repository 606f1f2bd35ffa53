"""One step: an objective, its gradient, and an update of the weights."""
