"""Cases of our own for L03 and L04: a local controller publishes firmware for the stations behind it, and stops it."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.f_remote_control.f06_trigger_message import asks_for
from pilotwire.conformance.checks import equals, not_empty, one_of, satisfies
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import Acts, Case, NotReceives, Receives, Sends, Step
from pilotwire.conformance.values import Fresh, Kept, Known, configured, made

Steps = tuple[Step, ...]
_PART_2 = "Part 2 edition 3, errata 2025-09"
_STATUS = "PublishFirmwareStatusNotification"
_CONTROLLER: dict[str, Any] = {"habits": {"local_controller": True}}
_IS_CONTROLLER = Acts(act="made_so", details={"state": "it is a local controller that publishes firmware"})
_CHECKSUM = made("firmware checksum")
_REMARK = "It is for a local controller; a station that is none refuses PublishFirmware."


def _publishes(number: str, location: Any, checksum: Any = _CHECKSUM) -> Sends:
    return Sends(
        number=number,
        action="PublishFirmware",
        payload={"requestId": Fresh("publish"), "location": location, "checksum": checksum, "retries": 0},
        checks=(one_of("status", "Accepted").of("L03.FR.05"),),
    )


def _tells(number: str, status: str, requirement: str, *checks: Any, **keep: str) -> Receives:
    """PublishFirmwareStatusNotification of this request."""
    return Receives(
        number=number,
        action=_STATUS,
        where=(equals("status", status).of(requirement),),
        checks=(equals("requestId", Kept("publish")), *checks),
        keep=keep,
        within=configured.long_operation_timeout,
    )


def _asked(number: str, status: str, requirement: str) -> Steps:
    return (
        asks_for(_STATUS, number=number),
        Receives(number=str(int(number) + 2), action=_STATUS, checks=(equals("status", status).of(requirement),)),
    )


def _by_http(known: Known) -> str:
    """The first of the locations that the tester can fetch from."""
    told = Kept("locations").of(known)
    return next((one for one in told if one.lower().startswith("http")), "")


def _there(found: Any, known: Known) -> bool:
    """Every location by HTTP has the whole file, by its MD5."""
    wanted = known.made("firmware checksum")
    places = [one for one in found if str(one).lower().startswith("http")] if isinstance(found, list) else []
    return bool(places) and all(known.made("checksum at", location=one) == wanted for one in places)


def _protocols(found: Any, _: Known) -> bool:
    return isinstance(found, list) and all("://" in str(one) for one in found)


def _unpublishes(number: str, status: str, *requirements: str) -> Sends:
    return Sends(
        number=number,
        action="UnpublishFirmware",
        payload={"checksum": _CHECKSUM},
        checks=tuple(equals("status", status).of(one) for one in requirements),
    )


def _is_gone(_: Any, known: Known) -> bool:
    return bool(_by_http(known)) and known.made("checksum at", location=_by_http(known)) == ""


PW_L_09_CS = Case(
    id="PW_L_09_CS",
    title="Firmware is published, and no more",
    purpose="A local controller fetches firmware, compares its MD5, publishes it at every location it tells, and withdraws it.",
    requirements=(
        "L03.FR.01",
        "L03.FR.02",
        "L03.FR.03",
        "L03.FR.04",
        "L03.FR.05",
        "L03.FR.09",
        "L03.FR.10",
        "L04.FR.01",
        "L04.FR.02",
        "L04.FR.03",
    ),
    needs=(feature("Core"),),
    traits=_CONTROLLER,
    before=(_IS_CONTROLLER,),
    main=(
        _publishes("1", made("firmware location")),
        _tells("3", "Downloading", "L03.FR.01"),
        _tells("5", "Downloaded", "L03.FR.01"),
        _tells("7", "ChecksumVerified", "L03.FR.02"),
        _tells(
            "9",
            "Published",
            "L03.FR.09",
            not_empty("location").of("L03.FR.04"),
            satisfies("location", "has URIs", _protocols).of("L03.FR.04"),
            satisfies("location", "has the whole file at every URI of HTTP", _there).of("L03.FR.03"),
            locations="location",
        ),
        *_asked("11", "Idle", "L03.FR.10"),
        _unpublishes("15", "Unpublished", "L04.FR.01", "L04.FR.02"),
        Sends(
            number="17",
            action="UnpublishFirmware",
            payload={"checksum": _CHECKSUM},
            checks=(
                equals("status", "NoFirmware").of("L04.FR.03"),
                satisfies("", "leaves no file where it was", _is_gone).of("L04.FR.01"),
            ),
        ),
    ),
    remark=_REMARK,
    follows=_PART_2,
    ours=True,
)


PW_L_10_CS = Case(
    id="PW_L_10_CS",
    title="Firmware that cannot be published",
    purpose="A local controller tells that there is nothing to fetch, or that the MD5 is another, and tells that again when asked.",
    requirements=("L03.FR.06", "L03.FR.07", "L03.FR.11"),
    needs=(feature("Core"),),
    traits=_CONTROLLER,
    before=(_IS_CONTROLLER,),
    main=(
        _publishes("1", made("firmware location", missing=True)),
        _tells("3", "DownloadFailed", "L03.FR.06"),
        *_asked("5", "DownloadFailed", "L03.FR.11"),
        _publishes("9", made("firmware location"), "0" * 32),
        _tells("11", "InvalidChecksum", "L03.FR.07"),
        NotReceives(number="13", action=_STATUS, where=(equals("status", "Published").of("L03.FR.07"),)),
    ),
    remark=_REMARK,
    follows=_PART_2,
    ours=True,
)
