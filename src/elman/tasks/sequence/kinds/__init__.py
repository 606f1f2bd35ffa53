"""What is predicted of sequences: classes or numbers, and all that follows from it."""
