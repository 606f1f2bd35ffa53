"""An extension of Griffe: names documented together each keep their own default.

``batch_size, learning_rate : …`` on one line is one description for both. Griffe
then also gives both the default and the type of the first; this puts back what the
signature says.
"""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

import griffe

_PLACE = "{parameters}"  # the estimators' are in a table, put here on import
_GROUP = re.compile(r"^(\w+(?:, \w+)+)(?: : .*)?$", re.MULTILINE)


class GroupedParameters(griffe.Extension):
    """Correct the parameters of every class and function of a package."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Walk the package once it is loaded."""
        _walk(pkg)


def _walk(thing: griffe.Object) -> None:
    for member in thing.members.values():
        if member.is_alias:
            continue
        if member.is_class and member.docstring and _PLACE in member.docstring.value:
            member.docstring.value = _written(member)
        if member.is_class or member.is_function:
            _correct(member)
        if member.is_class or member.is_module:
            _walk(member)


def _written(thing: griffe.Object) -> str:
    module = importlib.import_module(thing.module.path)
    return inspect.getdoc(getattr(module, thing.name)) or ""


def _correct(thing: Any) -> None:
    if thing.docstring is None:
        return
    groups = _GROUP.findall(thing.docstring.value)
    grouped = {name for names in groups for name in names.split(", ")}
    signature = {parameter.name: parameter for parameter in thing.parameters}
    for section in thing.docstring.parsed:
        if section.kind is not griffe.DocstringSectionKind.parameters:
            continue
        for parameter in section.value:
            if parameter.name not in grouped or parameter.name not in signature:
                continue
            own = signature[parameter.name]
            parameter.value = own.default
            if own.annotation is not None:
                parameter.annotation = own.annotation
