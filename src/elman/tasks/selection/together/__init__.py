"""Several processes at one search: whose turn it is, who lives, who does the rest."""
