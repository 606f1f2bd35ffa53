"""A search needs optuna, which comes with the extra `search`."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("optuna") else ["test_*.py"]
