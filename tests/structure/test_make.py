"""The Makefile has what its head and the documents name."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z0-9-]+):.*##", MAKEFILE, re.MULTILINE))


def test_every_target_is_phony_and_nothing_else():
    head = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)
    assert head is not None
    assert set(head[1].replace("\\", " ").split()) == TARGETS


def test_the_documents_name_targets_that_exist():
    pages = chain(ROOT.glob("*.md"), ROOT.glob("docs/**/*.md"))
    named = {
        target: page.name
        for page in pages
        for target in re.findall(r"(?:`|^|; )make ([a-z0-9-]+)", page.read_text(), re.M)
    }
    assert len(named) > 10
    assert {t: p for t, p in named.items() if t not in TARGETS} == {}
