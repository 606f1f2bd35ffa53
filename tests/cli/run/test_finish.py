"""What a training prints at its end."""

from __future__ import annotations

from elman.cli._output import Output
from elman.cli.run._finish import show_translations


def test_a_translation_stays_a_line_of_its_own(capsys):
    row = {"source": "a " * 5000, "reference": "b\x0b", "translation": "c\nd\x1b[2J"}
    show_translations({"translations": [row]}, Output())
    first, source, *rest = capsys.readouterr().out.splitlines()
    assert first == ""
    assert source.endswith("…")
    assert len(source) < 300
    assert rest == ["reference    b", "translation  c d\ufffd[2J"]
