"""A run as JUnit XML, for the CI of whoever makes the system under test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pilotwire.conformance.report.summary import BLOCKS, block_of, version_of
from pilotwire.conformance.verdict import CaseResult, Outcome

_ELEMENTS: Final = {
    Outcome.FAILED: "failure",
    Outcome.INCONCLUSIVE: "error",
    Outcome.NOT_APPLICABLE: "skipped",
}


def junit_xml(results: Sequence[CaseResult], name: str) -> bytes:
    """The run: a suite a block. Failed is a failure, inconclusive an error, not applicable skipped; a warning is in system-out."""
    root = Element("testsuites", name=name)
    blocks: dict[str, list[CaseResult]] = {}
    for result in results:
        blocks.setdefault(block_of(result.id), []).append(result)
    for block, cases in sorted(blocks.items()):
        suite = SubElement(root, "testsuite", {"name": f"{block} {BLOCKS.get(block, '')}".strip()} | _counts(cases))
        for case in cases:
            _case(suite, case, block)
    indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root)


def _counts(cases: Iterable[CaseResult]) -> dict[str, str]:
    outcomes = [one.outcome for one in cases]
    return {
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count(Outcome.FAILED)),
        "errors": str(outcomes.count(Outcome.INCONCLUSIVE)),
        "skipped": str(outcomes.count(Outcome.NOT_APPLICABLE)),
    }


def _case(suite: Element, result: CaseResult, block: str) -> None:
    case = SubElement(
        suite,
        "testcase",
        classname=f"ocpp{version_of(result.id).replace('.', '')}.{block}",
        name=f"{result.id} {result.title}",
        time=f"{result.seconds:.3f}",
    )
    element = _ELEMENTS.get(result.outcome)
    if element is not None:
        SubElement(case, element, message=_clean(result.reason))
    elif result.outcome is Outcome.WARNING:
        SubElement(case, "system-out").text = f"warning: {_clean(result.reason)}"


def _clean(text: str) -> str:
    """The text without characters XML cannot hold."""
    return "".join(one if one in "\t\n\r" or ord(one) >= 32 else "?" for one in text)
