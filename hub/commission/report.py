"""The self-test on paper: one HTML page that prints well and needs nothing from elsewhere."""

from __future__ import annotations

from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from hub.commission.finding import Finding, Verdict
from hub.commission.session import Progress
from hub.commission.words import CHECKS, said

_MARKS = {Verdict.GOOD: "good", Verdict.FAULT: "FAULT", Verdict.UNKNOWN: "not known"}
_STYLE = """
body { font: 11pt/1.45 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; color: #111; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .35em .6em; }
tr { border-bottom: 1px solid #ccc; break-inside: avoid; } .fault { font-weight: 600; } .mend { display: block; }
.sign { display: flex; gap: 3em; margin-top: 4em; } .sign div { border-top: 1px solid #111; flex: 1; }
@media print { body { margin: 0; } button { display: none; } }
"""


def page(progress: Progress, site: str, zone: ZoneInfo, version: str) -> str:
    """`progress` of a session that has ended."""
    ended = datetime.fromtimestamp((progress.ended or progress.began) / 1000, zone)
    faults = sum(f.verdict is Verdict.FAULT for f in progress.findings)
    verdict = "No fault was found." if not faults else f"{faults} fault{'s' if faults > 1 else ''} found."
    rows = "".join(_row(f) for f in progress.findings)
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Self-test: {escape(site)}</title>
<style>{_STYLE}</style><h1>Self-test</h1>
<p>{escape(site)}, {ended:%Y-%m-%d %H:%M} ({escape(str(zone))}). SHEMS {escape(version)}.</p><p><b>{verdict}</b></p>
<table><thead><tr><th>What<th>Device<th>Result<th>Seen</tr></thead><tbody>{rows}</tbody></table>
<div class="sign"><div>Date</div><div>Installer</div></div></html>"""


def _row(finding: Finding) -> str:
    seen, mend = said(finding)
    more = f'<span class="mend">{escape(mend)}</span>' if mend and finding.verdict is not Verdict.GOOD else ""
    kind = ' class="fault"' if finding.verdict is Verdict.FAULT else ""
    cells = (CHECKS[finding.check], finding.device, _MARKS[finding.verdict])
    return f"<tr{kind}>{''.join(f'<td>{escape(c)}' for c in cells)}<td>{escape(seen)}{more}</tr>"
