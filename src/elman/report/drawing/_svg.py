"""A matplotlib figure as SVG that can live inside an HTML page."""

from __future__ import annotations

import io
import re
from html import escape

from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from ._style import VARIABLES

_COLOUR = re.compile(
    "|".join(re.escape(colour) for colour in VARIABLES), flags=re.IGNORECASE
)
_FONT = re.compile(r"font:\s*(?:(\d{3}|bold)\s+)?([\d.]+)px [^;\"]*;?\s*")
_DECIMAL = re.compile(r"-?\d+\.\d+")
_SHAPE = re.compile(r'(?<= )(d|x|y|transform|points)="([^"]*)"')


def inline(figure: Figure, name: str, label: str) -> Markup:
    """Return the figure as an ``<svg>`` element whose colours are CSS variables.

    Identifiers are prefixed with `name`, since a page holds many drawings; text
    stays text in the page's own font; nothing in it refers to the network, and
    the same figure gives the same bytes.

    Parameters
    ----------
    figure : Figure
        Drawn with the palette of `_style`.
    name : str
        Unique in the page: letters, digits and hyphens.
    label : str
        What a person who cannot see the picture is told.
    """
    buffer = io.StringIO()
    FigureCanvasSVG(figure).print_svg(
        buffer,
        metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
    )
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'<style type="text/css">.*?</style>', "", text, flags=re.DOTALL)
    text = text.replace("xlink:href", "href")
    text = _COLOUR.sub(lambda found: VARIABLES[found.group().lower()], text)
    text = _FONT.sub(_font, text)
    text = re.sub(r"font-family: [^;\"]*;? ?", "", text)
    text = re.sub(r' transform="rotate\(-?0 [^"]*"', "", text)
    text = _SHAPE.sub(_rounded, text)
    text = _identifiers(text, name)
    text = re.sub(r">\s+<", "><", text)
    text = _flattened(text)
    width, height = figure.get_size_inches() * 72
    head = (
        f'<svg class="drawing" role="img" aria-label="{escape(label, quote=True)}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}">'
    )
    return Markup(head + text[text.index(">") + 1 :].strip())  # noqa: S704


def _font(found: re.Match[str]) -> str:
    weight, size = found.groups()
    bold = f"font-weight: {weight}; " if weight else ""
    return f"{bold}font-size: {size}px; "


def _rounded(found: re.Match[str]) -> str:
    """Keep tenths of a pixel: finer than a screen shows, and half the bytes."""
    key, value = found.groups()
    if "matrix" in value or "scale" in value:
        return found.group()
    short = _DECIMAL.sub(lambda number: f"{float(number.group()):.1f}", value)
    short = " ".join(short.replace(".0 ", " ").split())
    return f'{key}="{short}"'


def _flattened(text: str) -> str:
    """Take out groups that only wrapped something under a name now gone."""
    while (shorter := re.sub(r"<g>((?:(?!</?g\b).)*)</g>", r"\1", text)) != text:
        text = shorter
    return text


def _identifiers(text: str, name: str) -> str:
    """Keep the identifiers something refers to, made unique; drop the others."""
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    text = re.sub(
        r' id="([^"]+)"',
        lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "",
        text,
    )
    return re.sub(
        r'(href="#|url\(#)([^")]+)', lambda found: f"{found[1]}{name}-{found[2]}", text
    )
