"""Draw the pictures of the README and the guide from a finished run.

Usage::

    python tools/draw_pictures.py runs/demo docs/pictures

They are the report's own drawings, each with its legend and the page's palette
inside, so that they follow the reader's light or dark scheme wherever they are
shown.
"""

from __future__ import annotations

import json
import re
import sys
from html import escape
from importlib import resources
from pathlib import Path

from elman.report.drawing._picture import Key, Picture
from elman.report.flow._flow import flow_picture
from elman.report.flow._flow_map import flow_map_picture
from elman.report.flow._memory import scales_picture, spectrum_picture
from elman.report.pictures._alignment import alignment_picture
from elman.report.pictures._forecast import forecast_picture
from elman.report.pictures._learning import learning_picture
from elman.report.pictures._sounds import heard_picture, kept_picture

_FONT = "font-family: system-ui, 'Segoe UI', Roboto, Arial, sans-serif"
_PAD, _LEGEND = 16, 30
_DASHES = {"dashed": "5 3", "dotted": "1 2"}


def main(run: Path, folder: Path) -> None:
    """Write the pictures of one run into a folder."""
    results = json.loads((run / "results.json").read_text(encoding="utf-8"))
    sounds = results.get("sounds") or {}
    if sounds:  # its other pictures are those of any run
        write({"heard": heard_picture(sounds), "kept": kept_picture(sounds)}, folder)
        return
    diagnosis = results.get("diagnosis") or {}
    # Of a network of segments the diagnosis counts these; the series has single steps.
    needed = (diagnosis.get("needed") or 0) * (diagnosis.get("segment") or 1)
    pictures = {
        "gradient-flow": flow_picture(diagnosis),
        "flow-map": flow_map_picture(results["training"]),
        "time-scales": scales_picture(diagnosis),
        "spectrum": spectrum_picture(diagnosis),
        "learning": learning_picture(results["training"]),
        "alignment": alignment_picture(
            (results.get("alignments") or [{}])[-1], "alignment"
        ),
        "forecast": forecast_picture(
            results.get("forecast") or {},
            needed=needed or None,
            name="test",
            target=results["data"].get("target", "target"),
            part="test",
        ),
    }
    write(pictures, folder)


def write(pictures: dict[str, Picture | None], folder: Path) -> None:
    """Write the pictures that there are, a file each."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.items():
        if picture:
            path = folder / f"{name}.svg"
            path.write_text(alone(picture), encoding="utf-8")
            sys.stdout.write(f"{path}\n")


def alone(picture: Picture) -> str:
    """Return the wide drawing as a file of its own, on its own ground."""
    drawing = str(picture.wide)
    label, width, height = re.findall(
        r'aria-label="([^"]*)" viewBox="0 0 (\d+) (\d+)"', drawing
    )[0]
    across, down = int(width) + 2 * _PAD, int(height) + 2 * _PAD + _LEGEND
    inner = drawing[drawing.index(">") + 1 : drawing.rindex("</svg>")]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" '
        f'width="{across}" height="{down}" viewBox="0 0 {across} {down}">\n'
        f"{_style()}\n"
        f'<rect width="{across}" height="{down}" style="fill: var(--paper)"/>\n'
        f"{_legend(picture)}\n"
        f'<g transform="translate({_PAD} {_PAD + _LEGEND})">{inner}</g>\n</svg>\n'
    )


def _style() -> str:
    """Return the page's colours, light and dark, for one drawing."""
    file = resources.files("elman.report").joinpath("templates", "style.css")
    schemes = re.findall(r":root \{(.*?)\}", file.read_text(encoding="utf-8"), re.S)
    light, dark = (
        " ".join(re.findall(r"--\w+: #\w+;", scheme)) for scheme in schemes[:2]
    )
    return (
        f"<style>svg {{ {light} {_FONT} }}\n"
        f"@media (prefers-color-scheme: dark) {{ svg {{ {dark} }} }}</style>"
    )


def _legend(picture: Picture) -> str:
    x, parts = float(_PAD), []
    for key in picture.keys:
        parts.append(_mark(key, x))
        text = escape(key.text)
        parts.append(
            f'<text x="{x + 30:.0f}" y="{_PAD + 10}" '
            f'style="font-size: 13px; fill: var(--muted)">{text}</text>'
        )
        # Room enough in any of the fonts above.
        x += 52 + 7.2 * len(key.text)
    return "\n".join(parts)


def _mark(key: Key, x: float) -> str:
    words = key.mark.split()
    colours = ("ink", "accent", "signal", "muted", "faint")
    colour = f"var(--{next(word for word in words if word in colours)})"
    y = _PAD + 5.5
    if "ramp" in words:
        # The darkest shade and paler ones, as the page's gradient has them.
        return "".join(
            f'<rect x="{x + 5.5 * place:.1f}" y="{y - 6}" width="5.5" height="12" '
            f'style="fill: {colour}; opacity: {shade}"/>'
            for place, shade in enumerate((0.95, 0.7, 0.45, 0.2))
        )
    if "band" in words:
        box = f'x="{x:.0f}" y="{y - 6}" width="22" height="12"'
        return f'<rect {box} style="fill: {colour}; opacity: 0.3"/>'
    if "upright" in words:
        line = f"M {x + 11:.0f} {y - 7} v 14"
        return f'<path d="{line}" style="stroke: {colour}; stroke-width: 1"/>'
    dashes = next((_DASHES[word] for word in words if word in _DASHES), "none")
    style = f"stroke: {colour}; stroke-width: 2; stroke-dasharray: {dashes}"
    return f'<path d="M {x:.0f} {y} h 22" style="{style}"/>'


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python tools/draw_pictures.py RUN_DIRECTORY FOLDER")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
