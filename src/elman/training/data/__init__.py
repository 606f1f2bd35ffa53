"""Examples, their order, and how a batch is gathered."""
