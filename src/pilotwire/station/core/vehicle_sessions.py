"""What is known of the vehicles that speak ISO 15118 at a station: their needs, the schedule they chose, the one they will follow."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final

from pilotwire.domain.der_control import DerControlType
from pilotwire.domain.der_vehicle import supported_by
from pilotwire.domain.identity import AdditionalInfo, IdToken
from pilotwire.domain.kinds import Verdict, changed
from pilotwire.domain.smart_charging import ChargingNeeds, InstalledProfile
from pilotwire.station.core.station import Station
from pilotwire.station.core.v2x_settings import is_on

_OF_20: Final = "urn:iso:std:iso:15118:-20"


def is_of_20(protocol: str) -> bool:
    """Whether a protocol, by the namespace of its schema, is one of ISO 15118-20."""
    return protocol.startswith(_OF_20)


class ServiceRenegotiation(Verdict):
    """The vehicle is to choose anew among these ways of energy transfer, and then to tell its needs again: more is allowed (Q02.FR.06,
    Q02.FR.07), or what it asked for was refused (Q01.FR.05).
    """

    allowed_energy_transfer: tuple[str, ...]


@dataclass(slots=True)
class Spoken:
    """A vehicle. `ref` is its last question's, `most_periods` what it takes in a schedule.

    `option`: which schedule of a profile with several it chose, from 0 (K15.FR.22). `plan`: the schedule it returned, as a profile of its
    own (K15.FR.14). `der_controls`: those its inverter has (R02, R03).
    """

    ref: Hashable
    needs: ChargingNeeds
    most_periods: int | None = None
    option: int = 0
    plan: InstalledProfile | None = None
    der_controls: frozenset[DerControlType] = field(init=False)

    def __post_init__(self) -> None:
        self.der_controls = supported_by(self.needs)


@dataclass(slots=True)
class VehicleSessions:
    """By EVSE; `ids` are the EVCCIDs of vehicles that speak ISO 15118-20."""

    by_evse: dict[int, Spoken] = field(default_factory=dict)
    ids: dict[int, str] = field(default_factory=dict)

    def identified(self, evse_id: int, vehicle_id: str, protocol: str) -> None:
        """Which vehicle it is, and what it speaks."""
        self.ids.pop(evse_id, None)
        if is_of_20(protocol) and vehicle_id:
            self.ids[evse_id] = vehicle_id


def with_vehicle(station: Station, evse_id: int, token: IdToken) -> IdToken:
    """The token with the vehicle it is used with, where energy can come back (Q01.FR.02)."""
    vehicle_id = station.moment(VehicleSessions).ids.get(evse_id)
    if vehicle_id is None or not is_on(station) or any(each.type == "EVCCID" for each in token.additional):
        return token
    return changed(token, additional=(*token.additional, AdditionalInfo(value=vehicle_id, type="EVCCID")))
