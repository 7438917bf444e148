"""The report as JUnit XML, which build servers show: a suite a scope, a case a check."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from xml.etree import ElementTree

from pullfeed_client.importer import inspection
from pullfeed_client.importer.reports import tally


def document(results: Iterable[inspection.Result], url: str) -> bytes:
    """The XML document in UTF-8. Source: the JUnit schema of Jenkins' xunit plugin."""
    root = ElementTree.Element("testsuites", name=f"pullfeed check {_printable(url)}")
    for scope, grouped in itertools.groupby(results, key=lambda result: result.scope):
        _suite(root, scope, list(grouped))
    ElementTree.indent(root)
    told: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return told


def _suite(root: ElementTree.Element, scope: str, results: list[inspection.Result]) -> None:
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=scope,
        tests=str(len(results)),
        failures=str(tally.count(results, inspection.Outcome.FAILED)),
        skipped=str(tally.count(results, inspection.Outcome.SKIPPED)),
    )
    for result in results:
        name = f"{scope}.{result.check.group}"
        case = ElementTree.SubElement(suite, "testcase", classname=name, name=result.check.name)
        _outcome(case, result)


def _outcome(case: ElementTree.Element, result: inspection.Result) -> None:
    if result.outcome is inspection.Outcome.SKIPPED:
        ElementTree.SubElement(case, "skipped", message=_printable(result.reason))
    elif result.outcome is inspection.Outcome.FAILED:
        failure = ElementTree.SubElement(
            case, "failure", type=result.check.severity.value, message=_printable(result.came)
        )
        told = {"sent": result.sent, "contract": result.check.says, "mend": result.check.mend}
        failure.text = _printable("\n".join(f"{name}: {value}" for name, value in told.items()))


def _printable(text: str) -> str:
    """The text without what XML 1.0 cannot carry."""
    return "".join(sign for sign in text if sign.isprintable() or sign == "\n")
