"""Searches for parameters, as commands ask for them."""
