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
from torch.nn.utils.parametrize import is_parametrized

from elman._errors import InputError
from elman.layers._twins import beyond_torch, calls_ours, twin_of


class _Form:
    """A form of torch's forward as an attribute, there once it has been asked for."""

    def __init__(self, place: int) -> None:
        self.place = place

    def __get__(self, module: Any, owner: Any = None) -> Any:
        asked = None if module is None else module.__dict__.get("__overloads__")
        forms = _forms(twin_of(module)) if asked else ()
        if self.place >= len(forms):
            raise AttributeError(f"_scripted_{self.place}")
        return forms[self.place]


class Scriptable:
    """What `torch.jit.script` has to know of a layer or cell."""

    _scripted_0 = _Form(0)
    _scripted_1 = _Form(1)  # torch's layers have one for tensors, one for packed ones

    def __prepare_scriptable__(self) -> Any:
        """Offer torch's forward to the compiler, which calls this first."""
        module: Any = self
        kind = type(self).__name__
        self.__dict__.pop("__overloads__", None)
        if not calls_ours(module):
            if "super" in type(module).forward.__code__.co_names:
                raise InputError(
                    f"torch.jit.script: the forward of {kind} calls that of its base, "
                    f"which TorchScript cannot; let it hold a layer, not be one"
                )
            return self  # it is compiled as it stands
        why = beyond_torch(module)
        if why:
            raise InputError(
                f"torch.jit.script: a scripted {kind} is torch's, and {why}; "
                f"use torch.compile or torch.export, or build the layer without it"
            )
        if is_parametrized(module):
            raise InputError(
                f"torch.jit.script: {kind} computes its weights, which TorchScript "
                f"cannot; use torch.nn.utils.parametrize.remove_parametrizations first"
            )
        try:
            forms = _forms(twin_of(module))
        except (ImportError, AttributeError, TypeError) as error:
            raise InputError(
                f"torch.jit.script: this version of torch does not take a {kind} of "
                f"Elman's; use elman.restore(model) first, elman.accelerate after"
            ) from error
        if isinstance(module, nn.RNNBase):
            module._update_flat_weights()  # the list is what torch's forward reads
        names = [form.def_.name().name for form in forms]
        self.__dict__["__overloads__"] = {"forward": names}
        return self


class Unscriptable:
    """A layer or cell given as equations, for which torch has no text to compile."""

    def __prepare_scriptable__(self) -> Any:
        """Refuse, before the compiler reads what it cannot."""
        kind = type(getattr(self, "cell", self)).__name__
        raise InputError(
            f"torch.jit.script: {kind} is given as equations, TorchScript has none; "
            f"use torch.jit.trace, torch.export or torch.compile"
        )


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
    body = get_jit_def(forward, "forward", itself)
    if not heads:
        return (Form(names, body, forward),)
    found = []
    for place, head in enumerate(heads):
        declared = get_jit_def(head, "forward", itself).decl()
        text = _C._replace_overloaded_method_decl(declared, body, f"forward__{place}")
        found.append(Form(names, text, head))
    return tuple(found)
