"""Networks that predict the next token of a text."""
