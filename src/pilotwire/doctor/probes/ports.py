"""Is there a connection to each address, and does somebody speak what the URL promises?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from pilotwire.doctor.findings import Layer, Rule
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.lines import LineFault, Wire, dial, first_hop, reach
from pilotwire.doctor.probes.speech import judge_speech, what_speaks
from pilotwire.doctor.rules import network as rules
from pilotwire.errors import ConfigError

SLOW: Final = 1.0
"""Seconds from which on a connection is called slow."""
MOST: Final = 8
"""Addresses that are tried."""
_RULES: Final[dict[str, Rule]] = {"refused": rules.PORT_REFUSED, "filtered": rules.PORT_FILTERED}


Dialler = Callable[[str, int, float], Awaitable[Wire]]
"""Makes a TCP connection as `dial` does."""


class Ports:
    """Connects to every address; puts those that answer first in `patient.addresses`."""

    question = "Does somebody listen at the port, and speak what the URL promises?"
    layer = Layer.PORT

    def __init__(self, dialler: Dialler = dial) -> None:
        self._dial = dialler

    async def look(self, patient: Patient) -> None:
        """Ask."""
        _judge_demands(patient)
        try:
            host, port = first_hop(patient)
        except ConfigError as error:
            patient.chart.find(rules.PROXY_URL, error.what, remedy=error.remedy)
            return
        good, faults = await _try_all(self._dial, patient, (patient.addresses or (host,))[:MOST], port)
        if not good:
            _find_none(patient, faults)
            return
        if faults:
            what = f"{len(faults)} of {len(faults) + len(good)} addresses of {host} take no connection."
            patient.chart.find(rules.PORT_SOME_ADDRESSES, what, *(f"{each.what}." for each in faults.values()))
        patient.addresses = (*good, *(each for each in patient.addresses if each not in good))
        if not patient.proxy:
            await _judge_speech(patient)


def _judge_demands(patient: Patient) -> None:
    demanded = patient.profile.network.ports
    if demanded and patient.place.port not in demanded:
        listed = " or ".join(str(each) for each in demanded)
        what = f"The URL has port {patient.place.port}; {patient.profile.title} uses {listed}."
        patient.chart.find(rules.PORT_NOT_DEMANDED, what, source=patient.profile.source)


async def _try_all(
    dialler: Dialler, patient: Patient, addresses: tuple[str, ...], port: int
) -> tuple[tuple[str, ...], dict[str, LineFault]]:
    good: list[str] = []
    faults: dict[str, LineFault] = {}
    for address in addresses:
        began = patient.clock.monotonic()
        try:
            (await dialler(address, port, patient.timeout)).close()
        except LineFault as fault:
            faults[address] = fault
            continue
        took = patient.clock.monotonic() - began
        good.append(address)
        patient.chart.note(Layer.PORT, f"connected to {address} in", f"{took * 1000:.0f} ms")
        if took > SLOW:
            patient.chart.find(rules.PORT_SLOW, f"The connection to {address} took {took:.1f} s.")
    return tuple(good), faults


def _find_none(patient: Patient, faults: dict[str, LineFault]) -> None:
    """A refusal tells more than silence, silence more than a missing way."""
    kinds = [each.kind for each in faults.values()]
    kind = next((each for each in _RULES if each in kinds), "unreachable")
    first = next(each for each in faults.values() if each.kind == kind or kind == "unreachable")
    whose = "The proxy: " if patient.proxy else ""
    what = (
        f"{whose}{first.what}."
        if len(faults) == 1
        else f"{whose}none of {len(faults)} addresses answers: {first.what}."
    )
    rule = _RULES.get(kind, rules.PORT_UNREACHABLE)
    remedy = (
        "Check the proxy's host and port, that it runs, and that the station is let through to it."
        if patient.proxy
        else ""
    )
    patient.chart.find(rule, what[0].upper() + what[1:], *(f"{each.what}." for each in faults.values()), remedy=remedy)


async def _judge_speech(patient: Patient) -> None:
    try:
        speech = await what_speaks(lambda: reach(patient), patient.place, patient.timeout)
    except LineFault as fault:
        patient.chart.find(rules.PORT_CLOSES, f"After a first connection there is none any more: {fault.what}.")
        return
    patient.chart.note(Layer.PORT, "spoken at the port", speech.tongue.value)
    judge_speech(patient, speech)
