"""The core's operator under the name by which layers call it in a compiled graph."""

from __future__ import annotations

from typing import Any

core_forward: Any = None
try:
    from ._native_library import forward
except ModuleNotFoundError:  # a source tree without its core: `core_traces` says no
    pass
else:
    core_forward = forward
