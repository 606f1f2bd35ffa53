"""Forecasts: a linear model on the window, corrected by a recurrent network."""
