"""A program, with the import line of its recurrent layers changed."""

from __future__ import annotations

import importlib.util
import re
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).parent
_LINE = re.compile(rb"^from torch\.nn import (?=\w*(?:RNN|GRU|LSTM))", re.MULTILINE)


class _Swapped(SourceFileLoader):
    def __init__(self, name: str, path: str, package: str) -> None:
        super().__init__(name, path)
        self.package = package

    def get_code(self, fullname: str) -> Any:
        source, count = _LINE.subn(
            f"from {self.package} import ".encode(), self.get_data(self.path)
        )
        if count != 1:
            raise ValueError(f"{self.path}: expected one import line, found {count}")
        return self.source_to_code(source, self.path)


def load(program: str, package: str) -> ModuleType:
    """Return a program with its layers from torch.nn or from elman."""
    path = str(HERE / f"{program}.py")
    name = f"{program}_of_{package.replace('.', '_')}"
    loader = _Swapped(name, path, package)
    spec = importlib.util.spec_from_loader(name, loader)
    if spec is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module
