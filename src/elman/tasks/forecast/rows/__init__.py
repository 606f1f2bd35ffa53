"""Which rows are learned from and which are held out, and the windows they make."""
