"""Changes tried on a copy of the model, and measured there."""
