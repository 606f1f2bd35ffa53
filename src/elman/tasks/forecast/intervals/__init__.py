"""How sure a forecast is: intervals, quantiles, and how far the correction is kept."""
