"""Language models: text to tokens, training on streams, scores, new text."""
