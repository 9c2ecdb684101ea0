"""Case of our own for B01: whose serial number a station tells that shows a certificate."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.csms.a_security.secured import arrives
from pilotwire.conformance.checks import Check, Judgement, equals
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import Case, Judges, Sends, Step, Waits
from pilotwire.conformance.values import Known, configured

Steps = tuple[Step, ...]


def _boots(number: str, serial: Any, **more: Any) -> Sends:
    station = {"model": configured.model, "vendorName": configured.vendor, "serialNumber": serial}
    return Sends(
        number=number,
        action="BootNotification",
        payload={"reason": "PowerUp", "chargingStation": station},
        **more,
    )


def _closed(_: Any, known: Known) -> Judgement:
    return Judgement(not known.connected, "it still stands" if known.connected else "it was closed")


PW_B_04_CSMS = Case(
    id="PW_B_04_CSMS",
    title="Another serial number than that of the certificate",
    purpose="The CSMS lets a station boot whose serial number is that of its certificate, and closes the connection of another one.",
    requirements=("B01.FR.11", "B01.FR.12"),
    needs=(feature("Advanced Security"),),
    settings={"security_profile": 3},
    main=(
        _boots("1", configured.serial_number, checks=(equals("status", "Accepted").of("B01.FR.11"),)),
        _boots("3", "ANOTHER-SERIAL-NUMBER", answered=False),
        Waits(seconds=configured.silence, why="the CSMS closes the connection"),
        Judges(number="4", checks=(Check("the CSMS has closed the connection", _closed).of("B01.FR.12"),)),
        arrives("5"),
        _boots("6", configured.serial_number, checks=(equals("status", "Accepted").of("B01.FR.11"),)),
    ),
    follows="Part 2 edition 3, errata 2025-09",
    ours=True,
)
