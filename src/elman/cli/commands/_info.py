"""``elman info``."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from elman.cli import _options as opt
from elman.cli._output import Output

_PACKAGES = ("numpy", "scikit-learn", "polars", "narwhals", "safetensors", "matplotlib")


def info(as_json: opt.Json = False) -> None:
    """Show versions, threads, devices and the code path recurrent layers take.

    Example: elman info
    """
    import torch

    import elman
    from elman import cells, ops

    paths = {
        f"path of {cell}": ops.choose_path(ops.Request(cell, cells.a_variant(cell)))
        for cell in cells.STOCK
    }
    paths["path of other cells"] = ops.choose_path(
        ops.Request("Cell", "", equations=True)
    )
    facts: dict[str, Any] = {
        "elman": elman.__version__,
        "installed in": str(Path(elman.__file__).parent),
        "python": f"{platform.python_version()} ({sys.executable})",
        "platform": platform.platform(),
        "torch": str(torch.__version__),
        "threads": torch.get_num_threads(),
        "processor": torch.backends.cpu.get_cpu_capability(),
        "native core": ops.instruction_set(),
        "cuda": torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none",
        **paths,
        "cells": ", ".join(cells.names()),
        **{name: _version(name) for name in _PACKAGES},
    }
    out = Output(as_json)
    out.pairs([(name, str(value)) for name, value in facts.items()])
    out.document(facts)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
