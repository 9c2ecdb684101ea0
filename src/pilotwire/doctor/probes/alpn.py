"""Does a protocol offered in the handshake (ALPN) make a difference? A WebSocket of OCPP begins with HTTP/1.1."""

from __future__ import annotations

from typing import Final

from pilotwire.doctor.findings import Layer
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.lines import LineFault, shown
from pilotwire.doctor.probes.tls_lines import HandshakeFailed, is_blocked, secured
from pilotwire.doctor.rules import tls as rules
from pilotwire.errors import ConfigError

_OFFERS: Final = (("http/1.1",), ("h2",), ("h2", "http/1.1"))
_REFUSED: Final = "refused"


class Alpn:
    """Offers http/1.1, h2, and both; that none is needed shows in the handshake without."""

    question = "Does the protocol offered in the handshake (ALPN) make a difference?"
    layer = Layer.TLS

    async def look(self, patient: Patient) -> None:
        """Ask."""
        if not patient.place.secure or is_blocked(patient):
            return
        got: dict[tuple[str, ...], str] = {}
        try:
            for offer in _OFFERS:
                got[offer] = await _chosen(patient, offer)
        except (LineFault, ConfigError) as error:
            patient.chart.note(Layer.TLS, "ALPN", f"not asked to the end: {error}")
            return
        told = (f"{' and '.join(offer)} offered: {chosen or 'none chosen'}" for offer, chosen in got.items())
        patient.chart.note(Layer.TLS, "ALPN", "; ".join(told))
        where = shown(patient.place.host, patient.place.port)
        if got[_OFFERS[0]].startswith(_REFUSED):
            what = f"{where} breaks the handshake off when http/1.1 is offered by ALPN."
            patient.chart.find(rules.ALPN_REFUSED, what, got[_OFFERS[0]])
        if got[_OFFERS[2]] == "h2":
            what = f"{where} chooses h2 when a station offers h2 and http/1.1."
            patient.chart.find(rules.ALPN_PREFERS_H2, what)


async def _chosen(patient: Patient, offer: tuple[str, ...]) -> str:
    try:
        line = await secured(patient, patient.place.host, offer)
    except HandshakeFailed as failed:
        return f"{_REFUSED} ({failed.what})"
    line.close()
    return line.heard.alpn
