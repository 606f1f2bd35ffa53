"""What of a step a network reads: numbers, embeddings, the time since the last."""
