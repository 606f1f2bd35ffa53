"""The graph of one step: its nodes, where they lie, the way back through them."""
