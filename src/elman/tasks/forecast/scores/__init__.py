"""Forecasts beside what then happened, and beside those that cost nothing."""
