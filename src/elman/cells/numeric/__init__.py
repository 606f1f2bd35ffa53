"""Equations on numbers: parameters, a step in NumPy and torch, its Jacobian."""
