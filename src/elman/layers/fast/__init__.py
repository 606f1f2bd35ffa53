"""Calls past what other forms of a batch and other options need."""
