"""What the results show of sequences: what was asked, some cases, what counted."""
