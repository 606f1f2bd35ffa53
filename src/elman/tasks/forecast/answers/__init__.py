"""What a fitted forecaster is asked, and how it answers."""
