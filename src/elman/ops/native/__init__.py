"""The native path: everything that reaches the compiled core."""
