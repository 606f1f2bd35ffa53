"""The ways in which programs call a layer: eagerly, traced, transformed, compiled.

Each takes a problem and returns what a program would see, by name: tensors, shapes of
fake ones, counts. Names that mean the same as in an eager call's backward pass are the
same, so that what torch.nn cannot do there is compared with torch.nn's eager call.
"""

from __future__ import annotations

import copy
import io
import pickle
import threading
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize, prune
from torch.utils.checkpoint import checkpoint

from fuzz import layer_traced as traced
from fuzz.layer_problem import Problem, flat
from fuzz.layer_seen import Driver, Seen, cotangent, loss, named, some, with_gradients


def eager(p: Problem) -> Seen:
    return with_gradients(p, p.call())


def forward(p: Problem) -> Seen:
    return named(p.call())


def twice(p: Problem) -> Seen:
    """Two calls, the second from the first one's states, as a stream."""
    x, *_ = p.tensors
    _, *state = p.call()
    if p.draw.cell:
        state = [_, *state]
    return with_gradients(p, p.call(x, *state))


def backward_twice(p: Problem) -> Seen:
    outputs = p.call()
    leaves = [t for _, t in p.leaves()]
    if not leaves or not any(o.requires_grad for o in outputs):
        return named(outputs)
    value = loss(outputs)
    first = torch.autograd.grad(value, leaves, retain_graph=True, allow_unused=True)
    again = torch.autograd.grad(value, leaves, allow_unused=True)
    return {f"first {i}": g for i, g in enumerate(first)} | {
        f"again {i}": g for i, g in enumerate(again)
    }


def second_derivative(p: Problem) -> Seen:
    leaves = [t for _, t in p.leaves()]
    outputs = p.call()
    if not leaves or not any(o.requires_grad for o in outputs):
        return named(outputs)
    first = torch.autograd.grad(
        loss(outputs), leaves, create_graph=True, allow_unused=True
    )
    norm = torch.stack(
        [g.double().square().sum() for g in first if g is not None]
    ).sum()
    if not norm.requires_grad:
        return named(outputs)
    second = torch.autograd.grad(norm, leaves, allow_unused=True)
    return {f"second {i}": g for i, g in enumerate(second)}


def batched_gradients(p: Problem) -> Seen:
    (y, *_), leaves = p.call(), p.leaves()
    if not leaves or not y.requires_grad:
        return {"output 0": y}
    several = torch.stack([cotangent(y), cotangent(y).flip(-1)])
    found = torch.autograd.grad(
        y, [t for _, t in leaves], several, is_grads_batched=True, allow_unused=True
    )
    return {f"batched {n}": g for (n, _), g in zip(leaves, found, strict=True)}


def jacobian(p: Problem) -> Seen:
    found = torch.autograd.functional.jacobian(
        lambda x: some(p.call(x, *p.tensors[1:])[0]), p.tensors[0], vectorize=True
    )
    return {"jacobian": found}


def in_place(p: Problem) -> Seen:
    y, *rest = p.call()
    y.mul_(0.5)
    for state in rest:
        state.detach_()
    return with_gradients(p, (y, *rest))


def in_place_relu(p: Problem) -> Seen:
    y, *rest = p.call()
    torch.relu_(y)
    return with_gradients(p, (y, *rest))


def detached(p: Problem) -> Seen:
    outputs = p.call()
    for o in outputs:
        o.detach_()
    return named(outputs)


def checkpointed(reentrant: bool) -> Driver:
    def run(p: Problem) -> Seen:
        found = checkpoint(lambda *t: p.call(*t), *p.tensors, use_reentrant=reentrant)
        return with_gradients(p, tuple(found)) if not reentrant else _through(p, found)

    return run


def _through(p: Problem, outputs: Any) -> Seen:
    """Gradients by backward(), which alone goes through a reentrant checkpoint."""
    for _, t in p.leaves():
        t.grad = None
    if any(o.requires_grad for o in outputs):
        loss(tuple(o for o in outputs if o.requires_grad)).backward()
    return named(tuple(outputs)) | {
        f"d {n}": t.grad for n, t in p.leaves() if t.grad is not None
    }


def per_sample(p: Problem) -> Seen:
    from torch.nn.utils._per_sample_grad import call_for_per_sample_grads

    found = call_for_per_sample_grads(p.module)(p.tensors[0])
    loss(tuple(flat(found))).backward()
    return {
        f"each {n}": getattr(w, "grad_sample", None)
        for n, w in p.module.named_parameters()
    }


def copied(p: Problem) -> Seen:
    return named(p.call(module=copy.deepcopy(p.module)))


def pickled(p: Problem) -> Seen:
    again = pickle.loads(pickle.dumps(p.module))  # noqa: S301  our own
    return named(p.call(module=again))


def saved(p: Problem) -> Seen:
    file = io.BytesIO()
    torch.save(p.module.state_dict(), file)
    file.seek(0)
    module = copy.deepcopy(p.module)
    with torch.no_grad():
        for w in module.parameters():
            w.zero_()
    module.load_state_dict(torch.load(file, weights_only=True))
    return named(p.call(module=module))


class _Half(nn.Module):
    def forward(self, w: Tensor) -> Tensor:
        return w * 0.5


def parametrized(p: Problem) -> Seen:
    for name in [n for n in p.module._parameters if n.startswith("weight_hh")]:
        parametrize.register_parametrization(p.module, name, _Half())
    return with_gradients(p, p.call())


def pruned(p: Problem) -> Seen:
    for name in [n for n in p.module._parameters if n.startswith("weight")]:
        prune.l1_unstructured(p.module, name, amount=0.3)
    return named(p.call())


def _edit_row(w: nn.Parameter) -> None:
    w.data[len(w) // 2] = 0


def _edit_element(w: nn.Parameter) -> None:
    w.data.view(-1)[-1] += 1


def _edit_numpy(w: nn.Parameter) -> None:
    w.detach().float().numpy() if w.dtype == torch.bfloat16 else w.detach().numpy()
    w.detach().view(-1)[: w.numel() // 2 + 1] *= 0.5


def _edit_data(w: nn.Parameter) -> None:
    w.data = w.data * 0.5


def _edit_set(w: nn.Parameter) -> None:
    with torch.no_grad():
        w.set_(w.detach() * 0.5)


def _edit_swap(w: nn.Parameter) -> None:
    nn.utils.vector_to_parameters(w.detach().reshape(-1) * 0.5, [w])


EDITS = (_edit_row, _edit_element, _edit_numpy, _edit_data, _edit_set, _edit_swap)


def edited(p: Problem) -> Seen:
    """Weights changed between two calls, where torch does not count the change."""
    chosen = p.draw.seed
    weights = [w for w in p.module.parameters() if w.dim()]
    with torch.no_grad():
        p.call()
        p.call()
        EDITS[chosen % len(EDITS)](weights[chosen % len(weights)])
        return named(p.call())


def flat_weights(p: Problem) -> Seen:
    if p.draw.cell:
        return edited(p)
    with torch.no_grad():
        p.call()
        p.module._flat_weights = [w.detach() * 0.5 for w in p.module._flat_weights]
        return named(p.call())


def several_threads(p: Problem) -> Seen:
    seen: Seen = {}

    def work(i: int) -> None:
        grad = i % 2 == 0 and p.draw.leaves != "none"
        with torch.set_grad_enabled(grad):
            for _ in range(3):
                seen[f"thread {i}"] = p.call()[0].detach()

    if p.draw.random or p.draw.extras.get("stateful"):
        return forward(p)
    workers = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return seen


def hooked(p: Problem) -> Seen:
    def after(module: Any, given: Any, found: Any) -> Any:
        if isinstance(found, tuple):
            return found[0] * 2, *found[1:]
        return found * 2

    handles = [
        p.module.register_forward_hook(after),
        p.module.register_full_backward_hook(lambda *_: None),
    ]
    try:
        return with_gradients(p, p.call())
    finally:
        for handle in handles:
            handle.remove()


DRIVERS: dict[str, tuple[Driver, int]] = {
    "eager": (eager, 12),
    "forward": (forward, 8),
    "twice": (twice, 4),
    "backward_twice": (backward_twice, 3),
    "second_derivative": (second_derivative, 3),
    "batched_gradients": (batched_gradients, 4),
    "jacobian": (jacobian, 3),
    "in_place": (in_place, 4),
    "in_place_relu": (in_place_relu, 2),
    "detached": (detached, 3),
    "jit_trace": (traced.jit_trace, 4),
    "make_fx_real": (traced.made("real"), 3),
    "make_fx_fake": (traced.made("fake"), 2),
    "make_fx_symbolic": (traced.made("symbolic"), 1),
    "fx": (traced.fx, 2),
    "aot": (traced.aot, 2),
    "compile_eager": (traced.compiled("eager"), 1),
    "compile_aot": (traced.compiled("aot_eager"), 1),
    "export": (traced.exported, 1),
    "fake_mode": (traced.fake_mode, 3),
    "fake_module": (traced.fake_module, 3),
    "meta": (traced.meta, 2),
    "subclass": (traced.subclass, 4),
    "parameter_subclass": (traced.parameter_subclass, 3),
    "two_tensor": (traced.two_tensor, 3),
    "logging_tensor": (traced.logging_tensor, 3),
    "vmap": (traced.vmapped, 3),
    "func_grad": (traced.func_grad, 3),
    "ensemble": (traced.ensemble, 2),
    "jvp": (traced.jvp, 2),
    "dual": (traced.dual, 2),
    "jacrev": (traced.jacrev, 2),
    "hessian": (traced.hessian, 1),
    "checkpoint": (checkpointed(False), 2),
    "checkpoint_reentrant": (checkpointed(True), 1),
    "per_sample": (per_sample, 2),
    "copied": (copied, 2),
    "pickled": (pickled, 2),
    "saved": (saved, 2),
    "parametrized": (parametrized, 2),
    "pruned": (pruned, 2),
    "edited": (edited, 8),
    "flat_weights": (flat_weights, 2),
    "threads": (several_threads, 2),
    "hooked": (hooked, 2),
}
"""Each way with its weight among the draws: the costly ones are drawn seldom."""

COSTLY = (
    "compile_eager",
    "compile_aot",
    "export",
    "make_fx_symbolic",
    "hessian",
    "aot",
)
"""What takes a second or more, and is left to long runs."""
