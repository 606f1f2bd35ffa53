"""Checkpoints: everything with memory, on disk whole or not at all."""
