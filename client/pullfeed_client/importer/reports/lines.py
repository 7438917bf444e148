"""The report people read in a terminal: a line a check, more where it failed."""

from __future__ import annotations

from rich import console, text

from pullfeed_client.importer import inspection
from pullfeed_client.importer.checks import registry

_STYLES = {
    inspection.Outcome.PASSED: ("ok", "green"),
    inspection.Outcome.FAILED: ("FAILED", "bold red"),
    inspection.Outcome.SKIPPED: ("skipped", "yellow"),
}


class Lines:
    """Prints results as they come, under a heading for each scope."""

    def __init__(self) -> None:
        self._console = console.Console(highlight=False)
        self._scope = ""

    def result(self, result: inspection.Result) -> None:
        """Prints one result."""
        if result.scope != self._scope:
            self._scope = result.scope
            self._print(text.Text(f"\n{result.scope}", "bold"))
        word, style = _STYLES[result.outcome]
        if result.outcome is inspection.Outcome.FAILED and _is_warning(result):
            word, style = "WARNING", "bold yellow"
        line = text.Text("  ").append(f"{word:<8}", style)
        self._print(line.append(f" {result.check.name:<22} {_plain(result.came or result.reason)}"))
        if result.outcome is inspection.Outcome.FAILED:
            self._explain(result)

    def _explain(self, result: inspection.Result) -> None:
        told = (
            ("sent", result.sent),
            ("came", result.came),
            ("contract", result.check.says),
            ("mend", result.check.mend),
        )
        for name, value in told:
            self._print(text.Text(f"           {name:<9}", "dim").append(_plain(value), "default"))

    def _print(self, line: text.Text) -> None:
        # A line is never broken: what is printed is searched and pasted.
        self._console.print(line, soft_wrap=True)


def _plain(words: str) -> str:
    """A server's words without what would steer the terminal."""
    return "".join(sign for sign in words if sign.isprintable())


def _is_warning(result: inspection.Result) -> bool:
    return result.check.severity is registry.Severity.WARNING
