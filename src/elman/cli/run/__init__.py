"""A training as a command runs it: its processes, its folder, its end."""
