"""What can be done at a station under test, as sentences for a person and names for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, Final

from pilotwire.conformance.words16 import in_words_of_16
from pilotwire.errors import MisuseError
from pilotwire.ocpp.version import OcppVersion


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be done. `asks` is the instruction for a person; its {fields} are the details of the act."""

    name: str
    asks: str
    defaults: Mapping[str, Any]

    @property
    def details(self) -> list[str]:
        """The names of its details."""
        asked = [field for _, field, _, _ in Formatter().parse(self.asks) if field]
        return list(dict.fromkeys([*asked, *self.defaults]))

    def instruction(self, details: Mapping[str, Any], version: OcppVersion = OcppVersion.V201) -> str:
        """The instruction with its details, in the words of the version."""
        said = self.asks.format(**(dict(self.defaults) | dict(details)))
        return in_words_of_16(said) if version is OcppVersion.V16 else said


_PLACE: Final = {"evse": 1, "connector": 1}


def _acts(*rows: tuple[str, str, Mapping[str, Any]]) -> dict[str, Act]:
    return {name: Act(name, asks, defaults) for name, asks, defaults in rows}


ACTS: Final[Mapping[str, Act]] = _acts(
    ("drive_in", "Drive the EV into the parking bay of EVSE {evse}.", _PLACE),
    ("drive_out", "Drive the EV out of the parking bay of EVSE {evse}.", _PLACE),
    ("plug_in", "Connect the EV and EVSE {evse} (connector {connector}).", _PLACE | {"soc": 30}),
    (
        "try_plug_in",
        "Try to connect another EV to connector {connector} of EVSE {evse}; the station may not let it in.",
        _PLACE,
    ),
    (
        "unplug",
        "Disconnect the EV and EVSE {evse} (connector {connector}), at the {side}'s side (a cable of the station: at the vehicle's).",
        _PLACE | {"side": "station"},
    ),
    ("replug", "Connect the cable of EVSE {evse} to the EV again.", _PLACE),
    ("present", "Present the idToken {token} ({type}) at EVSE {evse}.", _PLACE | {"type": "ISO14443"}),
    (
        "present_at_station",
        "Present the idToken {token} ({type}) at the station, before an EVSE is chosen.",
        {"type": "ISO14443"},
    ),
    (
        "present_contract",
        "Let the EV at EVSE {evse} ask for energy by its contract (ISO 15118, Plug & Charge), which has this certificate chain:\n{chain}",
        _PLACE,
    ),
    ("speaks_15118", "Have an EV that speaks ISO 15118 for EVSE {evse}; it is not connected yet.", _PLACE),
    ("tell_needs", "Let the EV at EVSE {evse} tell its charging needs (ISO 15118); anew, if it has told them.", _PLACE),
    (
        "take_up_schedule",
        "Let the EV at EVSE {evse} take up the schedule it is offered (ISO 15118), with a charging profile of up to {limit} {unit}.",
        _PLACE,
    ),
    (
        "wants_contract",
        "Let the EV at EVSE {evse} ask for its contract certificate ({action}, ISO 15118), and for energy by it if it gets one. "
        "It may have this chain:\n{chain}",
        _PLACE | {"action": "Install"},
    ),
    ("press_stop", "Press the stop button of EVSE {evse}.", _PLACE),
    ("suspend", "Let the EV at EVSE {evse} stop taking energy, still connected.", _PLACE),
    ("resume", "Let the EV at EVSE {evse} take energy again.", _PLACE),
    ("not_ready", "Have an EV at EVSE {evse} that is not ready for energy transfer.", _PLACE),
    ("end_session", "Let the EV at EVSE {evse} end its ISO 15118 session (SessionStopReq with Terminate).", _PLACE),
    ("end_by_ev", "End the energy transfer at EVSE {evse} by the EV.", _PLACE),
    ("power_cycle", "Take the station's power away and give it back.", {}),
    (
        "cut_power",
        "Take the mains power of the station away, and leave it away: its back-up power source goes on for a moment.",
        {},
    ),
    (
        "give_power",
        "Give the station its mains power back, once its back-up power source is used up: it starts anew.",
        {},
    ),
    ("fault", "Bring connector {connector} of EVSE {evse} into the state Faulted.", _PLACE),
    ("clear_fault", "Clear the fault of connector {connector} of EVSE {evse}.", _PLACE),
    ("block_lock", "Make the lock of connector {connector} of EVSE {evse} fail.", _PLACE),
    ("free_lock", "Mend the lock of connector {connector} of EVSE {evse}.", _PLACE),
    ("set_inside", "Change {variable} to {value} from inside the station, not by OCPP.", {}),
    (
        "limit_outside",
        "Let an external system ({source}) limit charging at EVSE {evse} to {limit} {unit}.",
        _PLACE | {"source": "EMS"},
    ),
    (
        "unlimit_outside",
        "Let the external system ({source}) release its limit at EVSE {evse}.",
        _PLACE | {"source": "EMS"},
    ),
    ("incident", "Cause the security event {type} at the station.", {}),
    ("hard_wired", "Cause at EVSE {evse} what the station has a hard-wired notification for (NotifyEvent).", _PLACE),
    ("store_customer", "Let the station keep something of the customer {identifier}.", {}),
    ("pay_by_card", "Hold the payment card {card} to the payment terminal, for EVSE {evse}.", _PLACE),
    ("enter_vat_number", "Enter the VAT number {vat_number} at the station, for EVSE {evse}.", _PLACE),
    ("swap_batteries", "Present the idToken {token} ({type}) to swap batteries.", {"type": "ISO14443"}),
    ("battery_in", "Put the battery {serial}, charged to {charge} %, into the slot that is EVSE {evse}.", _PLACE),
    ("battery_out", "Take the battery out of the slot that is EVSE {evse}.", _PLACE),
    ("made_so", "See to it that {state}.", {}),
    ("choose", "Choose at the station's screen: {option}.", {}),
    ("tell_anew", 'Have the CSMS tell the driver with the idToken {token} another tariff from now on: "{text}".', {}),
    ("send", "Let the station send the request {action} with {payload}.", {"payload": {}}),
    ("look", "Look at the station: {question}", {"expected": "yes"}),
)
"""All acts, by name; the details an act has no default for must be given."""


def act_named(name: str, details: Mapping[str, Any]) -> Act:
    """The act of this name. MisuseError if there is none, or a detail is missing or unknown."""
    act = ACTS.get(name)
    if act is None:
        raise MisuseError(f"There is no act {name!r}.", f"Known are: {', '.join(ACTS)}.")
    wanted = {field for _, field, _, _ in Formatter().parse(act.asks) if field}
    missing = wanted - act.defaults.keys() - details.keys()
    if missing:
        raise MisuseError(f"The act {name} needs {', '.join(sorted(missing))}.")
    return act
