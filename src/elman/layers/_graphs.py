"""torch.compile takes the layers into its graphs, as it does not take torch's.

Its tracer leaves every instance of torch's recurrent layers to the interpreter. Elman's
are instances too, for programs that ask, but what they call the tracer knows. So it is
told, while it looks at one of them and for no other, that layers may come in.
"""

from __future__ import annotations

import functools
from typing import Any


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
