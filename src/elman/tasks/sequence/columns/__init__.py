"""Channels that are no numbers: categories, texts, times; and cases that are texts."""
