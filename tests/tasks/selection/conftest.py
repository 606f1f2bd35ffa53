"""Small data and estimators that are fitted in a fraction of a second."""

from __future__ import annotations

import pytest

pytest.importorskip("optuna")
