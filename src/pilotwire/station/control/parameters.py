"""The parameters an installer sets, in the groups and by the names of the trade; each is a variable, and does something.

Shown and set on the control page. What a protocol version does not have is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pilotwire.domain.device_model import DataType, Mutability
from pilotwire.errors import ConfigError
from pilotwire.station.app import Station
from pilotwire.station.core.variable_table import Declared
from pilotwire.station.core.variables import fits, key_of


@dataclass(frozen=True, slots=True)
class Parameter:
    """What an installer sets: its label, what it means, and the variable it is."""

    group: str
    label: str
    variable: str
    what: str
    most: int | None = None
    """The highest number that is sensible, where the variable itself knows no limit."""


PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "Connectivity",
        "Connection type",
        "InstallerCtrlr.ConnectionType",
        "What carries the connection. None: no OCPP traffic at all.",
    ),
    Parameter(
        "Connectivity",
        "WebSocket proxy",
        "InstallerCtrlr.WebSocketProxy",
        "host:port of an HTTP proxy; port 80 if it is missing.",
    ),
    Parameter(
        "Connectivity",
        "Keep-alive interval",
        "OCPPCommCtrlr.WebSocketPingInterval",
        "Seconds between two pings; 0: none. 60 is a good value.",
        most=10_000,
    ),
    Parameter(
        "Security",
        "Connection strictness",
        "InstallerCtrlr.ConnectionStrictness",
        "Only secure cipher suites, or all there are.",
    ),
    Parameter(
        "Security",
        "Server check",
        "InstallerCtrlr.TlsStrictness",
        "Whether the host name in the certificate of the CSMS is checked.",
    ),
    Parameter(
        "Security",
        "Basic auth password",
        "SecurityCtrlr.BasicAuthPassword",
        "For security profiles 1 and 2; the user name is the identity.",
    ),
    Parameter(
        "Security", "Tell logins", "InstallerCtrlr.NotifyOnLogin", "Tell the CSMS when somebody logs in to this page."
    ),
    Parameter(
        "Connection",
        "Force heartbeat",
        "InstallerCtrlr.ForceHeartbeat",
        "Send heartbeats even where other traffic makes them needless.",
    ),
    Parameter("Connection", "Heartbeat interval", "OCPPCommCtrlr.HeartbeatInterval", "Seconds."),
    Parameter(
        "Connection",
        "TCP watchdog timeout",
        "InstallerCtrlr.TcpWatchdogTimeout",
        "Restart the controller when the CSMS was unreachable for so many seconds; 0: never.",
    ),
    Parameter(
        "Connection",
        "Connection timeout",
        "InstallerCtrlr.ConnectionTimeout",
        "Seconds an attempt to connect may take.",
    ),
    Parameter(
        "Connection",
        "Refuse charging if the queue is full",
        "InstallerCtrlr.DisallowChargingIfQueueFull",
        "No new transaction that could lose messages.",
    ),
    Parameter(
        "Connection",
        "Show disconnect as error",
        "InstallerCtrlr.ShowDisconnectAsError",
        "Say on the display that there is no connection.",
    ),
    Parameter(
        "Status notifications",
        "Informative",
        "InstallerCtrlr.InformativeStatusNotifications",
        "Tell information that comes with a state.",
    ),
    Parameter(
        "Status notifications",
        "Errors",
        "InstallerCtrlr.ErrorStatusNotifications",
        "Tell errors with which charging goes on.",
    ),
    Parameter(
        "Status notifications",
        "USB errors",
        "InstallerCtrlr.UsbErrorStatusNotifications",
        "Tell errors of USB devices.",
    ),
    Parameter(
        "Status notifications",
        "Unavailable during firmware update",
        "InstallerCtrlr.UnavailableDuringFirmwareUpdate",
        "Out of use while the image is downloaded.",
    ),
    Parameter(
        "Maintenance", "Force connector state", "InstallerCtrlr.ForceConnectorState", "Overrides what the CSMS has set."
    ),
    Parameter(
        "Compatibility",
        "When a connector becomes occupied",
        "InstallerCtrlr.ConnectorOccupiedStrategy",
        "As the version says, or as in OCPP 1.5.",
    ),
    Parameter(
        "Compatibility",
        "Long configuration values",
        "InstallerCtrlr.LongConfigurationValues",
        "More than 500 characters in GetConfiguration.",
    ),
    Parameter(
        "Compatibility",
        "Integers for boolean keys",
        "InstallerCtrlr.IntegersForBooleanKeys",
        "1 and 0 instead of true and false.",
    ),
    Parameter(
        "Retries",
        "Transaction message attempts",
        "OCPPCommCtrlr.MessageAttempts[TransactionEvent]",
        "0: until they are answered.",
    ),
    Parameter(
        "Retries",
        "Retry interval",
        "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]",
        "Seconds before the second attempt; longer each time.",
    ),
    Parameter(
        "Retries",
        "Metrological message attempts",
        "InstallerCtrlr.MetrologicalMessageAttempts",
        "The same for messages with signed meter values.",
    ),
    Parameter(
        "Retries", "Metrological retry interval", "InstallerCtrlr.MetrologicalMessageAttemptInterval", "Seconds."
    ),
    Parameter(
        "Metering", "Sampled measurands", "SampledDataCtrlr.TxUpdatedMeasurands", "What is sampled in a transaction."
    ),
    Parameter("Metering", "Sample interval", "SampledDataCtrlr.TxUpdatedInterval", "Seconds; 0: none."),
    Parameter(
        "Metering", "Clock-aligned measurands", "AlignedDataCtrlr.Measurands", "What is measured at the full interval."
    ),
    Parameter("Metering", "Clock-aligned interval", "AlignedDataCtrlr.Interval", "Seconds; 0: none."),
    Parameter(
        "Metering",
        "Retransmit meter values",
        "InstallerCtrlr.RetransmitMeterValues",
        "Keep meter values of transactions until they are answered.",
    ),
    Parameter(
        "Metering", "Strict energy unit", "InstallerCtrlr.StrictEnergyUnit", "Energy as whole Wh, with the unit said."
    ),
    Parameter(
        "Metering",
        "DataTransfer of usage",
        "InstallerCtrlr.UsageDataTransfer",
        "Tell tariff and total usage by DataTransfer.",
    ),
)
"""All of them, in the order they are shown."""


def shown(station: Station) -> dict[str, Any]:
    """The parameters by group, and every other variable of the device model; secrets without their value."""
    kept = {key_of(declared.name): (declared, value) for declared, value in station.core.variables()}
    groups: dict[str, list[dict[str, Any]]] = {}
    for parameter in PARAMETERS:
        found = kept.pop(parameter.variable.casefold(), None)
        if found is not None:
            seen = {"label": parameter.label, "what": parameter.what, "name": parameter.variable, **_seen(*found)}
            if parameter.most is not None:
                seen["high"] = str(_highest(found[0], parameter.most))
            groups.setdefault(parameter.group, []).append(seen)
    return {
        "groups": [{"name": name, "parameters": rows} for name, rows in groups.items()],
        "variables": [{"name": str(declared.name), **_seen(declared, value)} for declared, value in kept.values()],
    }


def _seen(declared: Declared, value: str) -> dict[str, Any]:
    secret = declared.mutability is Mutability.WRITE_ONLY
    return {
        "type": declared.type.value,
        "value": "" if secret else value,
        "secret": secret,
        "writable": declared.mutability is not Mutability.READ_ONLY,
        "rebootRequired": declared.reboot_required,
        "values": list(declared.values),
        "low": None if declared.low is None else str(declared.low),
        "high": None if declared.high is None else str(declared.high),
        "unit": declared.unit,
    }


def put(station: Station, name: str, value: str) -> None:
    """Set what an installer may set; raises `ConfigError` for what is read-only, not there, or cannot be."""
    declared = next((one for one, _ in station.core.variables() if key_of(one.name) == name.casefold()), None)
    if declared is None:
        raise ConfigError(f"This station has no variable {name}.", "GET /parameters lists those there are.")
    if declared.mutability is Mutability.READ_ONLY:
        raise ConfigError(f"{name} can only be read.", "It follows from how the station is built or connected.")
    most = _MOST.get(name.casefold())
    kept = fits(declared, value)
    if kept is None or (most is not None and int(kept) > most):
        said = "what was given" if declared.mutability is Mutability.WRITE_ONLY else repr(value)
        raise ConfigError(f"{name} cannot be {said}.", allowed(declared, most))
    if not station.may_be(name, kept):
        what = f"{name} cannot be {value!r} as things are: a CSMS is refused that too."
        raise ConfigError(what, "The station's log says why. The address of the CSMS and the security profile: /setup.")
    station.write_variable(name, kept)


_KINDS = {
    DataType.INTEGER: "a whole number",
    DataType.DECIMAL: "a number",
    DataType.BOOLEAN: "true or false",
    DataType.DATE_TIME: "a moment as in 2026-03-01T12:00:00Z",
    DataType.OPTION_LIST: "one of",
    DataType.MEMBER_LIST: "a list, with commas, of",
    DataType.SEQUENCE_LIST: "a list, with commas and in order, of",
}


def allowed(declared: Declared, most: int | None = None) -> str:
    """A sentence on what a variable can be."""
    kind = _KINDS.get(declared.type, "a text")
    low, high = declared.low, _highest(declared, most)
    limits = "".join(f" {word} {limit}" for word, limit in (("from", low), ("to", high)) if limit is not None)
    if declared.values:
        return f"It is {kind} {', '.join(declared.values)}."
    return f"It is {kind}{limits}{' characters long' if kind == 'a text' and limits else ''}."


def _highest(declared: Declared, most: int | None) -> int | Decimal | None:
    return min((one for one in (declared.high, most) if one is not None), default=None)


_MOST = {one.variable.casefold(): one.most for one in PARAMETERS if one.most is not None}


def missing(station: Station) -> Iterator[Parameter]:
    """The parameters this station does not have."""
    there = {key_of(declared.name) for declared, _ in station.core.variables()}
    return (parameter for parameter in PARAMETERS if parameter.variable.casefold() not in there)
