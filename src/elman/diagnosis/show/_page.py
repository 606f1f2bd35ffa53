"""A diagnosis as one small self-contained HTML page."""

from __future__ import annotations

from html import escape
from pathlib import Path

from elman._errors import InputError
from elman.cells import title
from elman.diagnosis._results import Diagnosis

from ._curve_svg import curve_svg
from ._text import measured, steps_text

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#667085;--paper:#fff;--line:#e6e9ef;
--head:#2563eb;--need:#b45309;--bad:#b42318;--good:#067647;--card:#f7f8fa}
@media(prefers-color-scheme:dark){:root{--ink:#e8ebf0;--soft:#98a2b3;--paper:#12161d;
--line:#2a313c;--head:#6ea0ff;--need:#f5b357;--bad:#ff8a7a;--good:#5fd39b;--card:#1a2029}}
*{box-sizing:border-box}body{margin:0 auto;max-width:780px;padding:32px 20px 48px;
background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;margin:0 0 4px}h2{font-size:1.1rem;margin:32px 0 8px}
p{margin:6px 0}.soft{color:var(--soft)}.bad{color:var(--bad)}.good{color:var(--good)}
svg{width:100%;min-width:560px;height:auto;margin-top:20px;display:block}
svg text{font:13px system-ui,sans-serif;fill:var(--soft)}
svg .needs{fill:var(--need);font-weight:600}svg .reach{fill:var(--head);font-weight:600}
.grid{stroke:var(--line)}.limit{stroke:var(--soft);stroke-dasharray:5 4}
.need{stroke:var(--need);stroke-width:2}.dot{fill:var(--head)}
polyline{fill:none;stroke-linejoin:round}.head{stroke:var(--head);stroke-width:2.5}
.other{stroke:var(--soft);stroke-width:1.2;opacity:.6}
.card{background:var(--card);border-left:3px solid var(--soft);border-radius:6px;
padding:10px 14px;margin:10px 0}.card.error{border-color:var(--bad)}
.card.warning{border-color:var(--need)}.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:6px 12px 6px 0;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--soft)}td.n,th.n{text-align:right}
tr.best td{font-weight:600}code{font-size:.9em}
"""


def write_page(d: Diagnosis, path: Path) -> Path:
    """Write the page; see `Diagnosis.save`."""
    try:
        path.write_text(page(d), encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"save: cannot write {path}: {error.strerror or error}; give a file in a "
            "folder that exists and is yours to write"
        ) from error
    return path


def page(d: Diagnosis) -> str:
    """Return the whole page as text."""
    mood = "good" if d.verdict == "healthy" else "bad"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Gradient flow: {d.verdict}</title><style>{_STYLE}</style></head><body>"
        f'<h1>Gradient flow: <span class="{mood}">{d.verdict}</span></h1>'
        f"<p>{escape(_sentence(d))}</p>"
        f'<p class="soft">Need: {escape(d.needed_source)}. Layer: '
        f"{escape(d.headline)} ({title(d.head.cell)}).</p>"
        f"{'' if d.reason else _curve(d)}"
        f"{_findings(d)}{_remedies(d)}{_skipped(d)}{_layers(d)}</body></html>"
    )


def _curve(d: Diagnosis) -> str:
    return (
        f'<div class="wide">{curve_svg(d)}</div>'
        '<p class="soft">The share of a gradient at the last step that arrives k steps '
        "earlier. Good is a curve that is still above the dashed line where it meets "
        "the line marked needed.</p>"
    )


def _sentence(d: Diagnosis) -> str:
    if d.reason:
        return (
            f"{d.reason[0].upper()}{d.reason[1:]}. How far gradients reach cannot be "
            "said before that is mended."
        )
    if d.verdict == "exploding":
        return (
            f"Within the {d.needed} steps the data need, the gradient grows more than "
            "a thousandfold on its way back."
        )
    reach = steps_text(d.head)
    return f"The gradient reaches {reach} steps back; the data need {d.needed}."


def _findings(d: Diagnosis) -> str:
    if not d.findings:
        return "<h2>Findings</h2><p>None: nothing measured is out of range.</p>"
    cards = "".join(
        f'<div class="card {f.severity}"><p><b>{escape(f.name)}</b> '
        f'<span class="soft">{f.severity}</span></p><p>{escape(f.evidence)}</p>'
        f'<p class="soft">Wanted: {escape(f.threshold)}. Why: {escape(f.source)}.</p>'
        f"<p>Remedy: {escape(f.remedy)}.</p></div>"
        for f in d.findings
    )
    return f"<h2>Findings</h2>{cards}"


def _remedies(d: Diagnosis) -> str:
    if not d.remedies:
        return ""
    rows = "".join(
        f"<tr{' class=best' if r.name == d.best else ''}><td><code>{escape(r.call)}"
        f'</code></td><td class="n">{before}</td>'
        f'<td class="n">{after}</td><td>{escape(verdict)}'
        f"{' (best)' if r.name == d.best else ''}</td></tr>"
        for r in d.remedies
        for before, after, verdict in [measured(r)]
    )
    return (
        '<h2>Remedies, measured on copies</h2><div class="wide"><table><tr>'
        '<th>Change</th><th class="n">Steps before</th>'
        f'<th class="n">Steps after</th><th>Verdict</th></tr>{rows}</table></div>'
    )


def _skipped(d: Diagnosis) -> str:
    if not d.skipped:
        return ""
    found = "".join(
        f"<li>{title(name)}: {escape(reason)}</li>"
        for name, reason in d.skipped.items()
    )
    return f"<h2>Other cells, looked at and not tried</h2><ul>{found}</ul>"


def _layers(d: Diagnosis) -> str:
    exponents = {x.name: x for x in d.lyapunov}
    rows = []
    for p in d.profile:
        lam = exponents.get(p.name)
        text = str(lam) if lam else "–"
        rows.append(
            f"<tr><td>{escape(p.name)}</td><td>{title(p.cell)}</td>"
            f'<td class="n">{p.steps}</td><td class="n">{steps_text(p)}</td>'
            f'<td class="n">{text}</td></tr>'
        )
    return (
        '<h2>Layers</h2><div class="wide"><table><tr><th>Layer</th><th>Cell</th>'
        '<th class="n">Sequence</th><th class="n">Gradient reaches</th>'
        '<th class="n">Lyapunov exponent</th></tr>' + "".join(rows) + "</table></div>"
    )
