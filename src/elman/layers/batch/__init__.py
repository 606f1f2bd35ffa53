"""The forms in which a batch comes in and goes out."""
