"""What is measured of a model: gradients, gates, exponents, noise, trial steps."""
