"""Everything public says what it is; its Parameters are those of its signature."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import elman

PACKAGE = Path(elman.__file__).parent
PACKAGES = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def documented(text: str, section: str) -> list[str] | None:
    """Return the names a section of a NumPy docstring lists; None without it."""
    found = re.search(
        rf"^{section}\n-+\n(.*?)(?=^\S[^\n]*\n-{{3,}}\n|\Z)",
        inspect.cleandoc(text),
        flags=re.MULTILINE | re.DOTALL,
    )
    if found is None:
        return None
    heads = [line for line in found.group(1).splitlines() if re.match(r"\S", line)]
    names = [name for head in heads for name in head.split(" : ")[0].split(",")]
    return [name.strip().lstrip("*") for name in names]


def parameters(function: Any) -> list[str]:
    names = list(inspect.signature(function).parameters)
    return [name for name in names if name not in ("self", "cls")]


def fields(kind: type) -> bool:
    """Whether the class is a plain record, documented by Attributes alone."""
    return hasattr(kind, "__dataclass_fields__") or hasattr(kind, "_fields")


def public() -> Iterator[Any]:
    """Yield (name, object) for every public function, class and method."""
    for package in PACKAGES:
        module = importlib.import_module(f"elman.{package}")
        for name in module.__all__:
            thing = getattr(module, name)
            parts = [(name, thing)]
            if inspect.ismodule(thing):
                parts = [
                    (f"{name}.{key}", value)
                    for key, value in vars(thing).items()
                    if not key.startswith("_")
                    and getattr(value, "__module__", None) == thing.__name__
                ]
            for label, value in parts:
                if inspect.isclass(value) or inspect.isfunction(value):
                    yield pytest.param(value, id=f"{package}.{label}")
                if inspect.isclass(value):
                    yield from methods(f"{package}.{label}", value)


def methods(label: str, kind: type) -> Iterator[Any]:
    for name, value in inspect.getmembers(kind, inspect.isfunction):
        ours = value.__module__.startswith("elman.")
        if ours and not name.startswith("_"):
            yield pytest.param(value, id=f"{label}.{name}")


def may_do_without(function: Any) -> bool:
    """Whether the sentence is enough: one argument, a method, a hook.

    The reference's functions are explained by the equations of their file.
    """
    return (
        len(parameters(function)) <= 1
        or "." in function.__qualname__
        or function.__module__.startswith("elman.reference")
        or function.__name__ == "register_path"
    )


THINGS = list(public())


@pytest.mark.parametrize("thing", THINGS)
def test_it_says_what_it_is(thing):
    text = thing.__doc__ or ""
    first = inspect.cleandoc(text).split("\n\n")[0]
    assert first, "no docstring"
    assert first.rstrip().endswith((".", ":", "::")), first


@pytest.mark.parametrize("thing", THINGS)
def test_its_parameters_are_its_signature(thing):
    text = thing.__doc__ or ""
    listed = documented(text, "Parameters")
    if inspect.isclass(thing):
        if issubclass(thing, Exception) or getattr(thing, "_is_protocol", False):
            return
        if listed is None and fields(thing):
            listed = documented(text, "Attributes")
        if listed is None:  # nothing to say: no parameters, or made by others
            return
        assert sorted(listed) == sorted(parameters(thing))
        return
    if listed is None:
        assert may_do_without(thing)
        return
    assert sorted(listed) == sorted(parameters(thing))


def test_the_check_reads_docstrings():
    text = """Do it.

    Parameters
    ----------
    a, b : int
        Two.
    *rest
        More, with a word : in it.
    key : str, optional

    Returns
    -------
    int
    """
    assert documented(text, "Parameters") == ["a", "b", "rest", "key"]
    assert documented(text, "Returns") == ["int"]
    assert documented(text, "Attributes") is None
