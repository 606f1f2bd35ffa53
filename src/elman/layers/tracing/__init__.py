"""Calls that a compiler, a tracer, a script or a mode of torch makes."""
