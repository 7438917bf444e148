"""The report as one HTML page that needs nothing else."""

from __future__ import annotations

import html
import itertools

from pullfeed_client.importer import inspection
from pullfeed_client.importer.reports import tally

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
details { border-top: 1px solid #8884; padding: .3rem 0; }
summary { cursor: pointer; display: flex; gap: 1rem; }
summary b { width: 5rem; } summary code { width: 16rem; } summary span { flex: 1; }
dl { display: grid; grid-template-columns: 6rem 1fr; gap: .2rem 1rem; margin: .5rem 0 .5rem 6rem; }
dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
.passed b { color: #1a7f37; }
.failed b { color: #cf222e; } .warning b, .skipped b { color: #9a6700; }
"""


def document(results: list[inspection.Result], url: str, checked_at: str) -> str:
    """The page. checked_at: when, as it shall stand there."""
    scopes = itertools.groupby(results, key=lambda result: result.scope)
    body = "\n".join(_scope(scope, list(grouped)) for scope, grouped in scopes)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>pullfeed check</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>pullfeed check</h1>
<p>{html.escape(url)}, {html.escape(checked_at)}: {tally.sentence(results)}.</p>
{body}
</body>
</html>
"""


def _scope(scope: str, results: list[inspection.Result]) -> str:
    rows = "\n".join(map(_result, results))
    return f"<h2>{scope}: {tally.sentence(results)}</h2>\n{rows}"


def _result(result: inspection.Result) -> str:
    is_failed = result.outcome is inspection.Outcome.FAILED
    kind = "warning" if is_failed and result.check.severity == "warning" else result.outcome.value
    told = {
        "sent": result.sent,
        "came": result.came,
        "skipped": result.reason,
        "contract": result.check.says,
        "mend": result.check.mend if is_failed else "",
    }
    terms = "".join(
        f"<dt>{name}</dt><dd>{html.escape(value)}</dd>" for name, value in told.items() if value
    )
    shown = html.escape(result.came or result.reason)
    return (
        f'<details class="{kind}"{" open" if is_failed else ""}><summary><b>{kind}</b>'
        f"<code>{result.check.name}</code><span>{shown}</span></summary><dl>{terms}</dl></details>"
    )
