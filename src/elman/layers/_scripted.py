"""TorchScript: a scripted layer or cell is torch's, with the same weights.

`torch.jit.script` compiles the text of ``forward``. Elman's decides in Python what
runs, so the text that the compiler gets is that of torch's class; a module says so by
``__overloads__``, names of methods that stand for another. Eager calls know nothing
of it.
"""

from __future__ import annotations

import functools
from typing import Any

from torch import nn

from elman._errors import InputError

from ._twins import beyond_torch, twin_of


def _name(place: int) -> str:
    return f"_scripted_{place}"


class _Form:
    """A form of torch's forward as an attribute, there once it has been asked for."""

    def __init__(self, place: int) -> None:
        self.place = place

    def __get__(self, module: Any, owner: Any = None) -> Any:
        if module is None or "__overloads__" not in module.__dict__:
            raise AttributeError(_name(self.place))
        found = _forms(twin_of(module))
        if self.place >= len(found):
            raise AttributeError(_name(self.place))
        return found[self.place]


class Scriptable:
    """What `torch.jit.script` has to know of a layer or cell."""

    _scripted_0 = _Form(0)
    _scripted_1 = _Form(1)  # torch's layers have one for tensors, one for packed ones

    def __prepare_scriptable__(self) -> Any:
        """Offer torch's forward to the compiler, which calls this first."""
        kind = type(self).__name__
        module: Any = self
        why = beyond_torch(module)
        if why:
            raise InputError(
                f"torch.jit.script: a scripted {kind} is torch's, and {why}; "
                f"use torch.compile or torch.export, or build the layer without it"
            )
        try:
            count = len(_forms(twin_of(module)))
        except (ImportError, AttributeError, TypeError) as error:
            raise InputError(
                f"torch.jit.script: this version of torch does not take a {kind} of "
                f"Elman's; use elman.restore(model) first, elman.accelerate after"
            ) from error
        self.__dict__["__overloads__"] = {"forward": [_name(k) for k in range(count)]}
        return self


@functools.cache
def _forms(twin: type[nn.Module]) -> tuple[Any, ...]:
    """Return the forms of a forward of torch's, ready to be compiled."""
    from torch import _C, _jit_internal
    from torch.jit._recursive import ScriptMethodStub
    from torch.jit.frontend import get_jit_def

    class Form(ScriptMethodStub):  # the compiler takes what is exported and callable
        _torchscript_modifier = _jit_internal.FunctionModifiers.EXPORT

        def __call__(self, *_: Any) -> Any:
            raise NotImplementedError

    forward, itself = twin.forward, "RecursiveScriptModule"
    names = _jit_internal.createResolutionCallbackFromClosure(forward)
    of_class = _jit_internal._overloaded_methods.get(
        _jit_internal._qualified_name(forward), {}
    )
    heads = of_class.get(twin.__name__)
    if not heads:
        return (Form(names, get_jit_def(forward, _name(0), itself), forward),)
    body = get_jit_def(forward, "forward", itself)
    found = []
    for place, head in enumerate(heads):
        declared = get_jit_def(head, "forward", itself).decl()
        text = _C._replace_overloaded_method_decl(declared, body, _name(place))
        found.append(Form(names, text, head))
    return tuple(found)
