"""The audit as one HTML page that needs nothing else."""

from __future__ import annotations

import html
from collections.abc import Iterable

from pullfeed_client.audit import sentences
from pullfeed_client.audit.tally import Finding, Tally

_STYLE = """
:root { color-scheme: light dark; --good: #1a7f37; --bad: #bf5b04; --alarm: #cf222e; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; }
svg { width: 100%; height: auto; display: block; margin: 1rem 0; }
svg text { font: 13px system-ui, sans-serif; fill: currentColor; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8884; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
td.ids { overflow-wrap: anywhere; }
.alarm { color: var(--alarm); font-weight: 600; }
.good { fill: var(--good); } .bad { fill: var(--bad); } .rest { fill: #8883; }
footer { margin-top: 3rem; opacity: .7; font-size: .85rem; }
"""
# The chart's own units; it is drawn as wide as the page is.
_WIDTH = 720
_LABEL = 290
_BAR = 18
_STEP = 26


def document(tallies: Iterable[Tally], source: str, audited_at: str) -> str:
    """The page. audited_at: when, as it shall stand there."""
    body = "\n".join(map(_scope, tallies))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What would be delivered</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>What would be delivered</h1>
<p>{html.escape(source)}, {html.escape(audited_at)}. Nothing was sent or stored.</p>
{body}
<footer>Written by pullfeed audit. Examples are ids of the source; the page holds no other value
of it.</footer>
</body>
</html>
"""


def _scope(tally: Tally) -> str:
    first, *others = sentences.of(tally)
    told = "\n".join(
        f'<li class="{"alarm" if other.is_alarm else "plain"}">{html.escape(other.text)}</li>'
        for other in others
    )
    return f"""<section>
<h2>{html.escape(tally.kind.plural.capitalize())}: {html.escape(first.text)}</h2>
{_chart(tally)}
<ul>{told}</ul>
{_table(tally)}
</section>"""


def _chart(tally: Tally) -> str:
    """The share delivered, and below it each fault by the share of records it is in."""
    bars = [_bar(0, "would be delivered", tally.delivered, tally.records, "good")]
    for place, found in enumerate(tally.by_weight, start=1):
        label = f"{found.field or 'record'} {found.reason}"
        bars.append(_bar(place, label, found.records, tally.records, "bad"))
    height = _STEP * len(bars)
    drawn = "\n".join(bars)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{html.escape(sentences.verdict(tally))}">\n{drawn}\n</svg>'
    )


def _bar(place: int, label: str, count: int, total: int, kind: str) -> str:
    top = place * _STEP
    room = _WIDTH - _LABEL - 90
    width = round(room * count / total, 1) if total else 0
    return (
        f'<text x="{_LABEL - 10}" y="{top + 14}" text-anchor="end">{html.escape(label)}</text>'
        f'<rect class="rest" x="{_LABEL}" y="{top}" width="{room}" height="{_BAR}" rx="3"/>'
        f'<rect class="{kind}" x="{_LABEL}" y="{top}" width="{width}" height="{_BAR}" rx="3"/>'
        f'<text x="{_LABEL + room + 8}" y="{top + 14}">{count:,}</text>'
    )


def _table(tally: Tally) -> str:
    if not tally.findings:
        return ""
    rows = "\n".join(_row(found, tally) for found in tally.by_weight)
    return f"""<table>
<tr><th>Field</th><th>What is wrong</th><th class="number">{tally.kind.plural}</th>
<th class="number">of all</th><th class="number">only this</th><th>for example</th></tr>
{rows}
</table>"""


def _row(found: Finding, tally: Tally) -> str:
    examples = html.escape(", ".join(found.examples))
    return (
        f"<tr><td><code>{html.escape(found.field or 'record')}</code></td>"
        f"<td>{html.escape(sentences.said(found.reason))}</td>"
        f'<td class="number">{found.records:,}</td>'
        f'<td class="number">{found.records / tally.records:.1%}</td>'
        f'<td class="number">{found.alone:,}</td><td class="ids">{examples}</td></tr>'
    )
