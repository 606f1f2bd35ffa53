"""Columns of times: which they are, and what they say."""
