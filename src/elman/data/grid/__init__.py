"""From times to a regular axis: the step, what is left out, gaps."""
