"""Text files as columns of text: packing, encoding, layout, rows."""
