"""torch.compile takes the layers into its graphs, as it does not take torch's.

Its tracer leaves every instance of torch's recurrent layers to the interpreter. Elman's
are instances too, for programs that ask, but what they call the tracer knows. So it is
told, while it looks at one of them and for no other, that layers may come in.

The compiler takes about as long to import as torch itself, and most programs never
compile: so nothing here imports it, and it is told when somebody else does.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_COMPILER = "torch._dynamo"


def when_compiler_loads(action: Callable[[], None]) -> None:
    """Call a function once torch's compiler is imported: now, if it is."""
    if _COMPILER in sys.modules:
        action()
    else:
        sys.meta_path.insert(0, _AfterImport(action))


class _AfterImport(MetaPathFinder):
    """Finds the compiler as others do, and calls a function after its import."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action = action

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname != _COMPILER or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        load = spec.loader.exec_module

        def load_then_act(module: ModuleType) -> None:
            load(module)
            self._action()

        spec.loader.exec_module = load_then_act  # type: ignore[method-assign]
        return spec


def let_into_graphs(layers: type) -> None:
    """Have torch's tracer follow the calls of the layers of a class."""
    try:
        from torch._dynamo import config
        from torch._dynamo.variables.builder import VariableBuilder

        wrap: Any = VariableBuilder.wrap_module
    except (ImportError, AttributeError):  # the tracer leaves them out: slower, no more
        return
    if hasattr(wrap, "_elman"):
        return

    @functools.wraps(wrap)
    def wrap_module(builder: Any, value: Any) -> Any:
        if not isinstance(value, layers):
            return wrap(builder, value)
        with config.patch(allow_rnn=True):
            return wrap(builder, value)

    wrap_module._elman = True  # type: ignore[attr-defined]
    VariableBuilder.wrap_module = wrap_module  # type: ignore[method-assign,assignment]
