"""The public surface is a list, and this file owns it."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import elman

PACKAGE = Path(elman.__file__).parent
PACKAGES = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))

PUBLIC = {
    "Cell",
    "CoRNN",
    "CoupledLSTM",
    "IndRNN",
    "JANET",
    "LayerNormGRU",
    "LayerNormLSTM",
    "LRU",
    "MinGRU",
    "PeepholeLSTM",
    "SLSTM",
    "MGU",
    "LiGRU",
    "FastGRNN",
    "RHN",
    "SRU",
    "MinLSTM",
    "RGLRU",
    "HGRN",
    "LinOSS",
    "ParaGRU",
    "ParaLSTM",
    "LEM",
    "CfC",
    "UnICORNN",
    "AntisymmetricRNN",
    "OrthogonalRNN",
    "Diagnosis",
    "ElmanError",
    "Forecaster",
    "FrontEnd",
    "GRU",
    "GRUCell",
    "InputError",
    "LSTM",
    "LanguageModel",
    "Translator",
    "LSTMCell",
    "RNN",
    "RNNCell",
    "RunDirectoryError",
    "SequenceClassifier",
    "SequenceRegressor",
    "SequenceTranscriber",
    "__version__",
    "accelerate",
    "compile_cells",
    "diagnose",
    "explain",
    "init",
    "load",
    "onnx",
    "read_recordings",
    "read_sound",
    "restore",
    "search",
}


def test_the_list():
    assert set(elman.__all__) == PUBLIC
    assert elman.__all__ == sorted(elman.__all__)
    assert dir(elman) == elman.__all__


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_each_name_is_there(name):
    assert getattr(elman, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Transformer'"):
        _ = elman.Transformer


def test_the_types_see_the_same_names():
    """What type checkers read is what runs."""
    names = re_exported(PACKAGE / "__init__.py", inside_type_checking=True)
    assert set(names) == PUBLIC - {"__version__"}
    assert all(name == shown for name, shown in names.items())


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_exports_what_it_lists(package):
    module = importlib.import_module(f"elman.{package}")
    path = PACKAGE / package / "__init__.py"
    names = re_exported(path)
    if "__getattr__" in vars(module):  # loads them on first use
        names |= re_exported(path, inside_type_checking=True)
    assert all(name == shown for name, shown in names.items()), "write X as X"
    assigned = {
        target.id
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and not target.id.startswith("_")
    }
    assert set(module.__all__) == set(names) | assigned
    assert all(hasattr(module, name) for name in module.__all__)


@pytest.mark.parametrize("package", [p for p in PACKAGES if p != "reference"])
def test_files_are_private(package):
    files = {path.name for path in (PACKAGE / package).glob("*.py")}
    assert all(name.startswith("_") for name in files)


@pytest.mark.parametrize(
    "words",
    [
        "import elman",
        "import elman, elman._errors; dir(elman)",
        "import sys; sys.argv = ['elman', '--help']\n"
        "from elman.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass",
    ],
    ids=["import", "names", "help"],
)
def test_nothing_heavy_is_imported_before_it_is_needed(words):
    heavy = "torch", "numpy", "matplotlib", "polars", "sklearn", "pandas"
    script = f"{words}\nimport sys\nprint([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_layers_and_tasks_do_without_the_compiler():
    """It takes nearly as long to import as torch itself."""
    script = "import elman.tasks, elman.cli, sys; print('torch._dynamo' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_what_a_compiler_asks_once_is_marked_as_torch_marks_it():
    from elman.ops._asked_once import asked_once

    ours, theirs = (
        mark(lambda: None)
        for mark in (asked_once, torch.compiler.assume_constant_result)
    )
    assert vars(ours) == vars(theirs) != {}


def re_exported(path: Path, inside_type_checking: bool = False) -> dict[str, str]:
    """Return name → public name of the file's own imports."""
    body: list[ast.stmt] = ast.parse(path.read_text()).body
    if inside_type_checking:
        (guard,) = [node for node in body if isinstance(node, ast.If)]
        body = guard.body
    return {
        alias.name: alias.asname or ""
        for node in body
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        if inside_type_checking or node.level
        for alias in node.names
    }
