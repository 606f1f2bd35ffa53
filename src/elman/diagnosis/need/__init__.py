"""How far back the data ask a network to remember."""
