"""Layers under tracers, compilers, transforms and subclasses of tensors."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from fuzz.layer_problem import Problem, flat
from fuzz.layer_seen import Driver, Seen, cotangent, loss, named, some, with_gradients


class _Wrapped(nn.Module):
    """A model around the layer that takes and returns tensors alone."""

    def __init__(self, p: Problem) -> None:
        super().__init__()
        self.layer = p.module
        self._problem = (p,)

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        return self._problem[0].call(*tensors, module=self.layer)


def _others(p: Problem) -> list[Tensor]:
    """Other numbers than the example's, of its shapes."""
    return [t.detach().flip(-1).mul(0.5).contiguous() for t in p.tensors]


def jit_trace(p: Problem) -> Seen:
    examples = tuple(t.detach() for t in p.tensors)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(_Wrapped(p), examples)
    return with_gradients(p, tuple(traced(*_others(p))))


def made(tracing: str) -> Driver:
    def make(p: Problem) -> Seen:
        from torch.fx.experimental.proxy_tensor import make_fx

        graph = make_fx(lambda *t: p.call(*t), tracing_mode=tracing)(
            *[t.detach() for t in p.tensors]
        )
        return named(tuple(graph(*_others(p))))

    return make


def fx(p: Problem) -> Seen:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = p.module

        def forward(self, x: Any) -> Any:
            return self.layer(x * 1.0)

    return named(tuple(flat(torch.fx.symbolic_trace(Model())(_others(p)[0]))))


def aot(p: Problem) -> Seen:
    from functorch.compile import aot_function, nop

    run = aot_function(lambda *t: p.call(*t), fw_compiler=nop, bw_compiler=nop)
    return with_gradients(p, tuple(run(*p.tensors)))


def compiled(backend: str) -> Driver:
    def run(p: Problem) -> Seen:
        torch._dynamo.reset()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = torch.compile(_Wrapped(p), backend=backend)
            return with_gradients(p, tuple(model(*p.tensors)))

    return run


def exported(p: Problem) -> Seen:
    examples = tuple(t.detach() for t in p.tensors)
    program = torch.export.export(_Wrapped(p), examples)
    return named(tuple(program.module()(*_others(p))))


def fake_mode(p: Problem) -> Seen:
    from torch._subclasses import FakeTensorMode

    mode = FakeTensorMode(allow_non_fake_inputs=True)
    with mode:
        outputs = p.call(*[mode.from_tensor(t.detach()) for t in p.tensors])
    return {f"fake {i}": _form(o) for i, o in enumerate(outputs)}


def fake_module(p: Problem) -> Seen:
    from torch._subclasses import FakeTensorMode

    with FakeTensorMode() as mode:
        module = copy.deepcopy(p.module)
        for holder in module.modules():
            for name, value in list(holder._parameters.items()):
                if value is not None:
                    fake = mode.from_tensor(value)
                    holder._parameters[name] = nn.Parameter(fake)
        outputs = p.call(
            *[mode.from_tensor(t.detach()) for t in p.tensors], module=module
        )
    return {f"fake {i}": _form(o) for i, o in enumerate(outputs)}


def meta(p: Problem) -> Seen:
    module = copy.deepcopy(p.module).to("meta")
    outputs = p.call(*[t.detach().to("meta") for t in p.tensors], module=module)
    return {f"fake {i}": _form(o) for i, o in enumerate(outputs)}


def _form(t: Tensor) -> tuple[Any, ...]:
    return type(t).__name__, tuple(t.shape), t.dtype, t.device.type


class Mine(Tensor):
    """A subclass that adds nothing, as many programs have."""


class MyParameter(nn.Parameter):
    """A parameter that adds nothing."""


def subclass(p: Problem) -> Seen:
    return with_gradients(p, p.call(*[t.as_subclass(Mine) for t in p.tensors]))


def parameter_subclass(p: Problem) -> Seen:
    for name, value in list(p.module._parameters.items()):
        if value is not None:
            mine = MyParameter(value.detach(), requires_grad=value.requires_grad)
            setattr(p.module, name, mine)
    return with_gradients(p, p.call())


def two_tensor(p: Problem) -> Seen:
    from torch.testing._internal.two_tensor import TwoTensor

    given = [TwoTensor(t.detach().clone(), t.detach() * 2) for t in p.tensors]
    seen: Seen = {}
    for i, o in enumerate(p.call(*given)):
        for part in ("a", "b"):
            seen[f"{part} {i}"] = getattr(o, part, "no TwoTensor")
    return seen


def logging_tensor(p: Problem) -> Seen:
    from torch.testing._internal.logging_tensor import LoggingTensor

    outputs = p.call(*[LoggingTensor(t.detach()) for t in p.tensors])
    return named(tuple(getattr(o, "elem", o) for o in outputs))


def vmapped(p: Problem) -> Seen:
    x, *state = [t.detach() for t in p.tensors]
    xs = torch.stack([x, x.flip(-1)])
    found = torch.func.vmap(lambda x: p.call(x, *state), randomness="same")(xs)
    return {f"vmap {i}": o for i, o in enumerate(found)}


def func_grad(p: Problem) -> Seen:
    given = {k: v.detach() for k, v in p.module.named_parameters()}
    tensors = [t.detach() for t in p.tensors]

    def value(weights: dict[str, Tensor], *t: Tensor) -> Tensor:
        held = {f"layer.{k}": v for k, v in weights.items()}
        return loss(torch.func.functional_call(_Wrapped(p), held, t))

    found = torch.func.grad(value, argnums=(0, 1))(given, *tensors)
    return {f"d {n}": g for n, g in found[0].items()} | {"d input 0": found[1]}


def ensemble(p: Problem) -> Seen:
    """Several sets of weights at once, as torch.func's own tutorial does."""
    stacked = {
        k: torch.stack([v.detach(), v.detach() * 0.5])
        for k, v in p.module.named_parameters()
    }
    tensors = [t.detach() for t in p.tensors]

    def one(weights: dict[str, Tensor]) -> Any:
        held = {f"layer.{k}": v for k, v in weights.items()}
        return torch.func.functional_call(_Wrapped(p), held, tuple(tensors))

    found = torch.func.vmap(one, randomness="same")(stacked)
    return {f"vmap {i}": o for i, o in enumerate(found)}


def jvp(p: Problem) -> Seen:
    tensors = tuple(t.detach() for t in p.tensors)
    tangents = tuple(cotangent(t) for t in tensors)
    values, found = torch.func.jvp(lambda *t: p.call(*t), tensors, tangents)
    return named(values) | {f"jvp {i}": t for i, t in enumerate(found)}


def dual(p: Problem) -> Seen:
    seen: Seen = {}
    with forward_ad.dual_level():
        tensors = [forward_ad.make_dual(t.detach(), cotangent(t)) for t in p.tensors]
        for i, o in enumerate(p.call(*tensors)):
            seen[f"output {i}"], seen[f"jvp {i}"] = forward_ad.unpack_dual(o)
    return seen


def jacrev(p: Problem) -> Seen:
    x, *state = [t.detach() for t in p.tensors]
    return {"jacobian": torch.func.jacrev(lambda x: some(p.call(x, *state)[0]))(x)}


def hessian(p: Problem) -> Seen:
    x, *state = [t.detach() for t in p.tensors]
    if x.numel() > 30:
        return named(p.call())
    return {"hessian": torch.func.hessian(lambda x: loss(p.call(x, *state)))(x)}
