"""The transcriber: rows of labels, without knowing which step says which."""
