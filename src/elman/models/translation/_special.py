"""The tokens that every vocabulary begins with."""

PAD, START, END, UNKNOWN = 0, 1, 2, 3
"""What fills up; what stands before a target and after it; what has no number."""

FIRST = 4
"""The number of a vocabulary's own first token."""
