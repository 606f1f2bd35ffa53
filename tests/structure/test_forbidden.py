"""Nothing in the package executes what it reads from a file."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import elman

PACKAGE = Path(elman.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

MODULES = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "yaml"}
CALLS = {"eval", "exec", "compile", "__import__"}
METHODS = {"torch.load", "torch.save", "torch.jit.load", "np.load", "numpy.load"}


def offences(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            names = []
        found += [n for n in names if n.split(".")[0] in MODULES]
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name in CALLS or (name in METHODS and not harmless(node)):
            found.append(name)
        if any(k.arg == "allow_pickle" and not off(k.value) for k in node.keywords):
            found.append("allow_pickle")
    return found


def harmless(call: ast.Call) -> bool:
    """Whether a load of arrays says that it takes no pickles."""
    return any(k.arg == "allow_pickle" and off(k.value) for k in call.keywords)


def off(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_file_executes_data(path):
    assert offences(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from yaml import safe_load",
        "eval('1')",
        "torch.load('x')",
        "np.load('x')",
        "np.load('x', allow_pickle=True)",
    ],
)
def test_the_check_finds_what_it_looks_for(source):
    assert offences(source)


def test_the_check_lets_arrays_be_read():
    assert offences("np.load('x', allow_pickle=False)") == []
