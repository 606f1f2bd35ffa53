"""What all pictures share: palette, axes, time, bars, a legend, SVG."""
