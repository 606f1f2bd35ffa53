"""A hook of MkDocs: equations become MathML, which browsers show by themselves.

No script and no font is fetched, so the documentation reads the same offline.
Equations are written as ``$…$`` and ``$$…$$`` in pages, and as ``:math:`` and
``.. math::`` in docstrings. Without the package latex2mathml they stay as written.
"""

from __future__ import annotations

import html
import re
import textwrap
from typing import Any

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor

try:
    from latex2mathml.converter import convert
except ImportError:
    convert = None

_ROLE = re.compile(r":math:`([^`]+)`")
_SHOWN = re.compile(
    r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL
)


class _Roles(Preprocessor):
    """Turn reStructuredText's equations and literal blocks into Markdown's."""

    def run(self, lines: list[str]) -> list[str]:
        """Return the lines with dollars in place of directives."""
        found: list[str] = []
        rest = list(lines)
        while rest:
            line = rest.pop(0)
            start = line.strip()
            if start.startswith(".. math::"):
                body = [start.removeprefix(".. math::").strip()]
                while rest and (not rest[0].strip() or rest[0].startswith((" ", "\t"))):
                    body.append(rest.pop(0))
                found += ["", "$$", _equation(body), "$$", ""]
            elif start == "::":
                found.append("")
            else:
                found.append(_ROLE.sub(r"$\1$", line))
        return "\n".join(found).split("\n")


def _equation(lines: list[str]) -> str:
    text = textwrap.dedent("\n".join(lines)).strip()
    text = re.sub(r"\n\s*\n", "\n", text)
    if "\\\\" in text and "\\begin" not in text:
        return f"\\begin{{aligned}}\n{text}\n\\end{{aligned}}"
    return text


class _Equations(Extension):
    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        """Run before anything else sees the text."""
        md.preprocessors.register(_Roles(md), "elman_roles", 200)


def on_config(config: Any) -> Any:
    """Let every page and every docstring write equations either way."""
    config.markdown_extensions.append(_Equations())
    return config


def on_page_content(text: str, **_: Any) -> str:
    """Replace each equation of a finished page by MathML."""
    return text if convert is None else _SHOWN.sub(_mathml, text)


def _mathml(match: re.Match[str]) -> str:
    display = "block" if match.group(2) == "[" else "inline"
    text = html.unescape(match.group(3)).strip()
    # The converter knows the outer environment alone, and escapes no underscore.
    text = text.replace("{aligned}", "{align*}").replace("\\_", "_")
    return convert(text, display=display)
