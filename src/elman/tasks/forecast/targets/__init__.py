"""What the targets are like: their season, their kind, the loss that suits them."""
