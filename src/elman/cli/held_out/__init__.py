"""Parts that are trained on and scored, from what a command names."""
