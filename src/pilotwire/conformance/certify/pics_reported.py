"""What a station reports of itself, out of the results of a run: its FullInventory (B07), read as declarations of a PICS.

A variable that says nothing either way leaves its item unsaid; only what was reported in full is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pilotwire.conformance.verdict import CaseResult
from pilotwire.conformance.wire.transcript import Entry

_FULL: Final = "FullInventory"


@dataclass(frozen=True, slots=True)
class Told:
    """What the report says of an item, and what it says that by."""

    item: str
    holds: bool
    by: str


@dataclass(slots=True)
class Inventory:
    """Variables as they were reported, by component and variable; `evses` are the ids of the EVSEs among the components."""

    variables: dict[tuple[str, str], list[Mapping[str, Any]]] = field(default_factory=dict)
    evses: set[int] = field(default_factory=set)

    def told(self) -> Iterator[Told]:
        """What it says of items of a PICS; nothing if nothing was reported."""
        if self.variables:
            for item, component, variable, how in _RULES:
                said = _reads(how, self.variables.get((component, variable), []))
                if said is not None:
                    yield Told(item, said, f"{component}.{variable} {_words(how, said)}")


def inventory_of(results: Mapping[str, CaseResult]) -> Inventory:
    """The latest FullInventory in the results of a run; an empty one if none was reported."""
    with_report = [reports for one in results.values() if (reports := _reported(one.entries))]
    found = Inventory()
    if not with_report:
        return found
    for row in max(with_report, key=lambda entries: entries[-1].at):
        for each in row.payload.get("reportData") or []:
            _take(found, each)
    return found


def _reported(entries: list[Entry]) -> list[Entry]:
    """The reports of the last FullInventory that was asked for."""
    asked = [one for one in entries if one.action == "GetBaseReport" and _says(one, "reportBase") == _FULL]
    numbers = [_says(one, "requestId") for one in asked if one.direction == "sent"]
    reports = [one for one in entries if one.action == "NotifyReport" and one.direction == "received"]
    return [one for one in reports if numbers and not one.breach and _says(one, "requestId") == numbers[-1]]


def _says(entry: Entry, name: str) -> Any:
    return entry.payload.get(name) if isinstance(entry.payload, dict) else None


def _take(found: Inventory, row: Mapping[str, Any]) -> None:
    component, variable = row["component"], row["variable"]
    found.variables.setdefault((component["name"], variable["name"]), []).append(row)
    number = component.get("evse", {}).get("id", 0)
    if component["name"] == "EVSE" and number > 0:
        found.evses.add(number)


# --- how a variable is read --------------------------------------------------------------------------------------------------------

_THERE, _TRUE, _MAY_BE_TRUE, _MAY_BE_FALSE, _SETTABLE = "there", "true", "may be true", "may be false", "settable"
_Rule = tuple[str, str, str, str]


def _listed(item: str, component: str, variable: str, values: tuple[str, ...]) -> tuple[_Rule, ...]:
    return tuple((f"{item}.{number}", component, variable, f"={value}") for number, value in enumerate(values, 1))


_START: Final = ("EVConnected", "Authorized", "DataSigned", "PowerPathClosed", "EnergyTransfer", "ParkingBayOccupancy")
_STOP: Final = tuple(one for one in _START if one != "DataSigned")
_RULES: Final[tuple[_Rule, ...]] = (
    ("Local Authorization List Management", "LocalAuthListCtrlr", "Available", _TRUE),
    ("Smart Charging", "SmartChargingCtrlr", "Available", _TRUE),
    ("Reservation", "ReservationCtrlr", "Available", _TRUE),
    ("Advanced User Interface", "DisplayMessageCtrlr", "Available", _TRUE),
    ("Advanced Device Management", "MonitoringCtrlr", "Available", _TRUE),
    ("C-02", "AuthCtrlr", "OfflineTxForUnknownIdEnabled", _MAY_BE_TRUE),
    ("C-03", "TxCtrlr", "MaxEnergyOnInvalidId", _THERE),
    ("C-06.1", "TxCtrlr", "StopTxOnEVSideDisconnect", _MAY_BE_FALSE),
    ("C-06.2", "TxCtrlr", "StopTxOnEVSideDisconnect", _MAY_BE_TRUE),
    *_listed("C-09", "TxCtrlr", "TxStartPoint", _START),
    *_listed("C-10", "TxCtrlr", "TxStopPoint", _STOP),
    ("C-12.1", "OCPPCommCtrlr", "UnlockOnEVSideDisconnect", _MAY_BE_TRUE),
    ("C-12.2", "OCPPCommCtrlr", "UnlockOnEVSideDisconnect", _MAY_BE_FALSE),
    ("C-13", "EVSE", "AllowReset", _TRUE),
    ("C-20", "ChargingStation", "AllowNewSessionsPendingFirmwareUpdate", _THERE),
    ("C-21", "OCPPCommCtrlr", "QueueAllMessages", _THERE),
    ("C-25", "ClockCtrlr", "TimeOffset", _THERE),
    ("C-26", "ClockCtrlr", "TimeZone", _THERE),
    ("C-28", "AlignedDataCtrlr", "SendDuringIdle", _THERE),
    ("C-42", "SampledDataCtrlr", "SignReadings", _MAY_BE_TRUE),
    ("C-48.1", "AuthCtrlr", "AuthorizeRemoteStart", _MAY_BE_TRUE),
    ("C-48.2", "AuthCtrlr", "AuthorizeRemoteStart", _MAY_BE_FALSE),
    ("C-49", "AuthCacheCtrlr", "Available", _TRUE),
    ("C-51", "TxCtrlr", "TxStartPoint", _SETTABLE),
    ("C-52", "TxCtrlr", "TxStopPoint", _SETTABLE),
    ("C-53", "AuthCacheCtrlr", "LifeTime", _THERE),
    ("C-54", "AuthCacheCtrlr", "Policy", _THERE),
    ("C-58", "AuthCtrlr", "DisableRemoteAuthorization", _THERE),
    ("C-59", "AuthCacheCtrlr", "DisablePostAuthorize", _THERE),
    ("AS-2", "SecurityCtrlr", "AdditionalRootCertificateCheck", _MAY_BE_TRUE),
    ("AS-3", "SecurityCtrlr", "CertSigningWaitMinimum", _THERE),
    *_listed("SC-2", "SmartChargingCtrlr", "RateUnit", ("A", "W")),
    ("R-2", "ReservationCtrlr", "NonEvseSpecific", _TRUE),
    ("R-3", "ReservationCtrlr", "Enabled", _SETTABLE),
    ("DM-3", "MonitoringCtrlr", "OfflineQueuingSeverity", _THERE),
    ("ISO-5", "ISO15118Ctrlr", "CentralContractValidationAllowed", _MAY_BE_TRUE),
    ("LA-1", "LocalAuthListCtrlr", "Enabled", _SETTABLE),
    ("LA-3", "LocalAuthListCtrlr", "DisablePostAuthorize", _THERE),
    *_listed("UI-1", "DisplayMessageCtrlr", "SupportedPriorities", ("AlwaysFront", "InFront", "NormalCycle")),
    *_listed("UI-2", "DisplayMessageCtrlr", "SupportedFormats", ("ASCII", "HTML", "URI", "UTF8")),
)
"""Which variable of Part 2 (Referenced Components and Variables) tells of which item, and how."""


def _reads(how: str, rows: list[Mapping[str, Any]]) -> bool | None:
    """What the variable says; it holds if it does anywhere (an EVSE). None: nothing."""
    if not rows:
        return None if how == _TRUE else False  # `Available` need not be there
    return any(_one_says(how, row) for row in rows)


def _one_says(how: str, row: Mapping[str, Any]) -> bool:
    attributes = [one for one in row.get("variableAttribute") or [{}] if one.get("type", "Actual") == "Actual"]
    actual = attributes[0] if attributes else {}
    settable = bool(actual.get("mutability", "ReadWrite") != "ReadOnly")
    value = str(actual.get("value", ""))
    if how.startswith("="):
        values = str((row.get("variableCharacteristics") or {}).get("valuesList", ""))
        return how[1:] in [one.strip() for one in f"{values},{value}".split(",")]
    says: dict[str, bool] = {
        _THERE: True,
        _TRUE: value.lower() == "true",
        _MAY_BE_TRUE: settable or value.lower() == "true",
        _MAY_BE_FALSE: settable or value.lower() == "false",
        _SETTABLE: settable,
    }
    return says[how]


def _words(how: str, said: bool) -> str:
    if how.startswith("="):
        return f"{'has' if said else 'has not'} {how[1:]}"
    words = {
        _THERE: ("is there", "is not there"),
        _TRUE: ("is true", "is not true"),
        _MAY_BE_TRUE: ("can be true", "cannot be true"),
        _MAY_BE_FALSE: ("can be false", "cannot be false"),
        _SETTABLE: ("can be set", "cannot be set"),
    }
    return words[how][0 if said else 1]
