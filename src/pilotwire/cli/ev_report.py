"""What people and programs see of a vehicle that charges: messages as they go, progress, and what became of it."""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.status import Status
from rich.text import Text

from pilotwire.cli.terminal import printable, show_table
from pilotwire.ev.app import Event, Report, Said
from pilotwire.ev.iso15118 import SpeakingVehicle
from pilotwire.ev.iso15118.sessions import name_of
from pilotwire.iso15118.codecs import SAP
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.exi.tree import to_tree
from pilotwire.iso15118.net.hosting import Direction

_WIDE: Final = 150
_ARROWS: Final = {Direction.SENT: "→", Direction.RECEIVED: "←"}


class Printer:
    """Shows the events of a vehicle as they come."""

    def __init__(self, ev: SpeakingVehicle, *, verbose: bool, as_json: bool) -> None:
        self._ev = ev
        self._verbose = verbose
        self._as_json = as_json
        self._console = Console(soft_wrap=True, highlight=False)
        self._status: Status | None = None

    def heard(self, event: Event) -> None:
        """An event of the vehicle."""
        if self._as_json:
            print(json.dumps(_object(event), ensure_ascii=False), flush=True)
        elif isinstance(event, Said):
            self._said(event)
        else:
            self._console.print(Text(printable(event.what)))

    def remark(self, what: str) -> None:
        """Something that should be mended."""
        Console(stderr=True, soft_wrap=True).print(Text(printable(what), style="yellow"))

    def close(self) -> None:
        """No more comes."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _said(self, event: Said) -> None:
        if self._verbose:
            name = event.name or f"{len(event.heard.payload)} bytes that cannot be read"
            line = f"{event.at:%H:%M:%S.%f}"[:-3] + f" {_ARROWS[event.heard.direction]} {name}"
            self._console.print(Text(printable(f"{line}  {_short(event.heard.message)}".rstrip())))
        elif self._console.is_terminal:
            self._progress(event.name)

    def _progress(self, name: str) -> None:
        if self._status is None:
            self._status = self._console.status("")
            self._status.start()
        ev = self._ev
        self._status.update(
            f"{ev.vehicle.soc_percent:5.1f} %  {ev.taken_wh / 1000:.2f} kWh  {ev.power_w / 1000:6.1f} kW  {name}"
        )


def _short(message: Element | None) -> str:
    """The content of a message on a line."""
    if message is None:
        return ""
    body = getattr(getattr(message, "body", None), "body_element", None) or message
    (content,) = to_tree(SAP, body, type(body).__name__).values()
    content.pop("Header", None)
    text = json.dumps(content, ensure_ascii=False)
    return text if len(text) <= _WIDE else f"{text[:_WIDE]}…"


def _object(event: Event) -> dict[str, Any]:
    """An event as JSON has it."""
    at = event.at.isoformat()
    if not isinstance(event, Said):
        return {"at": at, "event": event.what}
    heard = event.heard
    return {
        "at": at,
        "direction": heard.direction.value,
        "payloadType": f"0x{int(heard.payload_type):04X}",
        "protocol": event.speaks,
        "message": event.name or None,
        "content": None if heard.message is None else to_tree(SAP, heard.message),
        "exi": heard.payload.hex().upper(),
    }


# --- the end ---------------------------------------------------------------------------------------------------------------------


def summarize(report: Report, *, as_json: bool) -> None:
    """What became of it."""
    if as_json:
        print(json.dumps({"summary": msgspec.to_builtins(report) | {"good": report.good}}, ensure_ascii=False))
        return
    show_table(("", ""), _facts(report), nothing="")
    rows = [
        (one.pair, one.count, _ms(one.p50), _ms(one.p99), _ms(one.limit), one.late or None) for one in report.answered
    ]
    if rows:
        print()
        show_table(("answers to", "count", "p50", "p99", "limit", "late"), rows, nothing="")
    console = Console(soft_wrap=True, highlight=False)
    for finding in report.findings:
        console.print(Text(f"Finding: {printable(finding)}", style="bold red"))
    console.print(_verdict(report))


def _facts(report: Report) -> list[tuple[str, str]]:
    tls = f", {report.tls}" if report.tls else ", without TLS"
    facts = [
        ("protocol", name_of(report.speaks) + tls if report.speaks is not None else "none"),
        ("energy taken", f"{report.taken_wh / 1000:.3f} kWh"),
        ("energy given back", f"{report.given_wh / 1000:.3f} kWh" if report.given_wh else ""),
        ("by the station's meter", "" if report.metered_wh is None else f"{report.metered_wh / 1000:.3f} kWh"),
        *((("prices" if place == 0 else ""), line) for place, line in enumerate(report.prices)),
        ("state of charge", f"{report.soc[0]:.1f} % to {report.soc[1]:.1f} %"),
        ("duration", f"{report.seconds:.1f} s"),
        ("sessions", str(report.sessions)),
        ("messages", str(report.messages)),
        ("metering receipts", str(report.receipts) if report.receipts else ""),
        ("end", f"{report.end.ending}{': ' + report.end.reason if report.end.reason else ''}"),
    ]
    return [(name, value) for name, value in facts if value]


def _verdict(report: Report) -> Text:
    if report.good:
        return Text("Charged.", style="bold green")
    flowed = report.taken_wh > 0 or report.given_wh > 0
    return Text("Not as it should be." if flowed else "No energy flowed.", style="bold red")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
