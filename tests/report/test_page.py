"""The page as a document: whole, valid, self-contained, the same every time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from elman import InputError
from elman.report import render

_VOID = {"meta", "br", "link", "img", "hr", "input"}


class Outline(HTMLParser):
    """Checks that elements nest and close, and notes what a reader relies on."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.text: list[str] = []
        self.labels: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        names = dict(attrs)
        assert len(names) == len(attrs), f"an attribute twice in <{tag}>"
        assert not [name for name in names if name.startswith("on")]
        if "id" in names:
            self.ids.append(names["id"])
        if tag == "svg":
            assert names["role"] == "img"
            self.labels.append(names["aria-label"])

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def outline(page: str) -> Outline:
    found = Outline()
    found.feed(page)
    found.close()
    assert found.open == []
    return found


def test_document_is_whole_and_balanced(page):
    found = outline(page)
    assert page.startswith("<!DOCTYPE html>")
    assert page.rstrip().endswith("</html>")
    assert len(set(found.ids)) == len(found.ids)
    assert found.tags.count("h1") == 1
    assert all(found.labels)
    # Each picture is drawn for a desktop and for a phone.
    assert found.tags.count("svg") == 2 * found.tags.count("figure") > 0


def test_every_reference_inside_the_page_has_its_target(page):
    ids = set(outline(page).ids)
    used = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)|labelledby="([^"]+)"', page)
    assert {name for found in used for name in found if name} <= ids


def test_nothing_outside_the_page_is_needed(page):
    assert not re.search(r"https?:|//[a-z]|@import|<script|<link|<img|<image", page)
    assert not re.search(r"(?:src|href)=\"[^#]", page)


def test_same_results_same_bytes(regress_results):
    assert render(regress_results) == render(regress_results)


def test_bytes_do_not_depend_on_the_process(regress_results, tmp_path):
    """Neither hash seed nor the user's matplotlib settings show."""
    (tmp_path / "matplotlibrc").write_text("font.size: 30\naxes.grid: False\n")
    code = (
        "import sys, json, hashlib; from elman.report import render;"
        "page = render(json.load(sys.stdin));"
        "print(hashlib.sha256(page.encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps(regress_results),
            capture_output=True,
            text=True,
            check=True,
            env={
                **os.environ,
                "PYTHONHASHSEED": seed,
                "MATPLOTLIBRC": str(tmp_path) if seed == "1" else "",
                "MPLBACKEND": "agg",
                "DISPLAY": "",
            },
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_rendering_leaves_matplotlib_alone(classify_results):
    before = dict(mpl.rcParams)
    render(classify_results)
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == before


def test_every_colour_is_a_variable_of_the_style(page):
    """A colour the style does not know would stay the same in the dark."""
    style = page[page.index("<style>") : page.index("</style>")]
    drawings = "".join(re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL))
    assert not re.search(r"#[0-9a-fA-F]{3,6}\b(?!\")", drawings.replace('href="#', ""))
    for name in set(re.findall(r"var\((--\w+)\)", drawings)):
        assert f"{name}:" in style


def test_text_stays_text_in_the_page_own_font(page):
    assert "DejaVu Sans'" not in page
    assert "<text" in page


@pytest.mark.parametrize("given", [None, [], "results", 3])
def test_anything_but_a_dict_is_refused(given):
    with pytest.raises(InputError, match=r"results\.json"):
        render(given)
