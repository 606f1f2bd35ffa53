"""How long a run goes on, and what ends it."""
