"""OCPP 2.1, block S: battery swap at a charging station."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import equals, present
from pilotwire.conformance.language import Acts, Case21, Receives, Sends, Step
from pilotwire.conformance.values import Fresh, Kept, configured

Steps = tuple[Step, ...]
_SLOTS: dict[str, Any] = {"habits": {"swap_slots": 2}}
_TOKEN = {"idToken": configured.valid_token, "type": configured.valid_token_type}


def _asks(number: str, status: str) -> Sends:
    return Sends(
        number=number,
        action="RequestBatterySwap",
        payload={"idToken": _TOKEN, "requestId": Fresh("swap")},
        checks=(equals("status", status),),
    )


def _put_in(evse: int, serial: str, charge: int) -> Acts:
    return Acts(act="battery_in", details={"evse": evse, "serial": serial, "charge": charge})


def _told(number: str, event: str, serial: str, evse: int) -> Receives:
    return Receives(
        number=number,
        action="BatterySwap",
        where=(equals("eventType", event),),
        checks=(
            equals("requestId", Kept("swap")),
            equals("idToken.idToken", configured.valid_token),
            equals("batteryData[0].serialNumber", serial),
            equals("batteryData[0].evseId", evse),
            present("batteryData[0].soC"),
        ),
    )


PW21_S_SWAP_CS = Case21(
    id="PW21_S_SWAP_CS",
    title="A battery swap from afar",
    purpose="The station takes an empty battery, offers a charged one, and tells both.",
    traits=_SLOTS,
    before=(_put_in(1, "PW-FULL", 95),),
    main=(
        _asks("1", "Accepted"),
        _put_in(2, "PW-EMPTY", 12),
        _told("3", "BatteryIn", "PW-EMPTY", 2),
        Acts(act="battery_out", details={"evse": 1}),
        _told("5", "BatteryOut", "PW-FULL", 1),
    ),
    requirements=("S02.FR.01", "S02.FR.02", "S03.FR.01", "S03.FR.02", "S03.FR.03", "S03.FR.04"),
)

PW21_S_NO_BATTERY_CS = Case21(
    id="PW21_S_NO_BATTERY_CS",
    title="No battery to be had",
    purpose="The station rejects a swap while it has no charged battery.",
    traits=_SLOTS,
    main=(_asks("1", "Rejected"),),
    requirements=("S02.FR.04",),
)
