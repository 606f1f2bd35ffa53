"""From the columns of a frame to the arrays a forecaster learns from."""
