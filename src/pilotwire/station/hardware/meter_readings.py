"""What a meter tells at one look, and what it signs: the meter's side of the driver protocol (`ports` has all of it)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

Wh = int | Decimal
"""Energy as a register shows it: whole Wh, or finer where the meter is."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A value a meter tells besides those every meter has: a measurand of OCPP 2.x in its base unit, with its phase and place.

    `place` is where it was taken: Outlet (the default), Inlet, Body, Cable or EV.
    """

    measurand: str
    value: Decimal
    phase: str | None = None
    place: str = "Outlet"


class SigningMoment(StrEnum):
    """Why a signed value is wanted, for meters that write it into what they sign."""

    BEGIN = "BEGIN"
    INTERMEDIATE = "INTERMEDIATE"
    END = "END"
    OUTSIDE = "OUTSIDE"
    """Not within a transaction."""


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """What a meter is to sign: its register in Wh as it was at a moment, for whom and why. `evse_id` is the place of charging."""

    at: datetime
    register_wh: Wh
    moment: SigningMoment
    evse_id: int
    id_token: str = ""
    token_type: str = ""


@dataclass(frozen=True, slots=True)
class SignedReading:
    """What a meter signed, in the spelling of 2.x SignedMeterValueType.

    `signed_data` is Base64; `signing_method` is empty where the data itself names it; `public_key` is the Base64 of
    `oca:<encoding>:<type>:<key>` (OCA application note on signed meter values, 3.2.2).
    """

    signed_data: str
    encoding_method: str
    signing_method: str = ""
    public_key: str = ""


@dataclass(frozen=True, slots=True)
class MeterReading:
    """One look at an EVSE's meter, at its outlet; or at the main meter, at the grid connection.

    Registers are in Wh, only rise and never start again. `current_a` and `voltage_v` have one value a phase of the EVSE (DC:
    one). `soc_percent` is None where the station cannot know it (AC without high-level communication); `frequency_hz` is None
    on DC. `current_offered_a` (a phase) and `power_offered_w` are what the vehicle may take now. `more` is what this meter tells
    besides. `sign` has the meter sign its register; None: it cannot. `known` False: the meter was never read yet, and nothing here is
    its own.
    """

    energy_import_register: Wh
    energy_export_register: Wh
    power_w: Decimal
    current_a: tuple[Decimal, ...]
    voltage_v: tuple[Decimal, ...]
    current_offered_a: Decimal
    power_offered_w: Decimal
    temperature_c: Decimal
    frequency_hz: Decimal | None = None
    soc_percent: Decimal | None = None
    more: tuple[Measured, ...] = ()
    sign: Callable[[SigningRequest], SignedReading] | None = field(default=None, compare=False, repr=False)
    known: bool = True


def nothing_read(phases: int) -> MeterReading:
    """The reading of a meter of so many phases that tells nothing by itself."""
    nothing = Decimal(0)
    none = (nothing,) * phases
    return MeterReading(0, 0, nothing, none, none, nothing, nothing, nothing, known=False)
