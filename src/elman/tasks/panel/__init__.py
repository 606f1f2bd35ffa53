"""Forecasts of many series by one model, each series in its own unit."""
