"""Classes and numbers of whole sequences, or of each of their steps."""
