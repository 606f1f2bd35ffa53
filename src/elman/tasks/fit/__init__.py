"""The training inside a fit: its start, its runs, its threads, its notes."""
