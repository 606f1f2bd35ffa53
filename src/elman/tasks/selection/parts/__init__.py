"""What is learned from and what is scored, for each kind of data."""
