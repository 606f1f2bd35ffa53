"""The order of a sequence's steps, other orders, and models that lean on it."""
