"""The code on a display for payment by web page (2.1: C25): a new one-time password every so often, as long as the EVSE is free.

What is shown is the address alone; a display that can draws it as a QR code. Drivers may say before how much they want.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pilotwire.domain.authorization import NO_LIMIT, TransactionLimit
from pilotwire.domain.device_model import DataType, Mutability, VariableName
from pilotwire.domain.identity import DIRECT_PAYMENT, IdToken
from pilotwire.domain.tariff.web_payments import (
    LEAST_LENGTH,
    LONGEST,
    TOTP_V1,
    address_of,
    next_interval,
    template_flaw,
    totp,
)
from pilotwire.station.core import authorization, display_screens, limits, reservation, tariff_payment
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.variable_table import Declared, fixed, name_of, number, switch
from pilotwire.station.core.variables import key_of
from pilotwire.station.hardware.ports import StationLayout

ENABLED: Final = "WebPaymentsCtrlr.Enabled"
TEMPLATE: Final = "WebPaymentsCtrlr.URLTemplate"
VALIDITY: Final = "WebPaymentsCtrlr.ValidityTime"
LENGTH: Final = "WebPaymentsCtrlr.Length"
SECRET: Final = "WebPaymentsCtrlr.SharedSecret"
CHOICE: Final = timedelta(minutes=5)
"""How long what a driver chose waits for the start by the CSMS."""
_PARAMETERS: Final = {"max_time": "maxtime", "max_energy": "maxenergy", "max_cost": "maxcost"}


@dataclass(frozen=True, slots=True)
class WebPaymentChosen(OfStreet):
    """A driver chose at the display how much they want, before the code is made (C25.FR.03); no limit at all: they did not."""

    evse_id: int
    limit: TransactionLimit


@dataclass(slots=True)
class _Codes:
    """The EVSEs with a code now, and what drivers chose: until when it counts, and the limit."""

    shown: set[int] = field(default_factory=set)
    chosen: dict[int, tuple[datetime, TransactionLimit]] = field(default_factory=dict)


# --- the code -------------------------------------------------------------------------------------------------------


def address(station: Station, evse: Evse) -> str | None:
    """The address that the code of an EVSE holds now; None: there is no code."""
    variables = station.variables
    if not _is_set_up(station) or not _is_free(station, evse):
        return None
    now, validity = station.now + station.offset, variables.number(VALIDITY)
    values = _identities(station, evse) | {
        "evse": str(evse.evse_id),
        "totp": totp(variables.text(SECRET), now, validity=validity, length=variables.number(LENGTH)),
        "version": TOTP_V1,
    }
    chosen = station.moment(_Codes).chosen.get(evse.evse_id)
    template = variables.text(TEMPLATE)
    if any(not value and f"{{{name}}}" in template.lower() for name, value in values.items()):
        return None  # an address of nobody leads nowhere
    return address_of(template, values, {} if chosen is None else _parameters(chosen[1]))


def _identities(station: Station, evse: Evse) -> dict[str, str]:
    """Who the station is to its CSMS, and the EVSE to others (C25.FR.51, C25.FR.53)."""
    return {
        "chargingstationid": station.live(name_of("SecurityCtrlr.Identity")) or "",
        "roamingevseid": station.variables.text(key_of(_roaming(evse.evse_id))),
    }


def _parameters(limit: TransactionLimit) -> dict[str, str]:
    told = {word: getattr(limit, name) for name, word in _PARAMETERS.items()}
    return {word: format(value, "f") if word != "maxtime" else str(value) for word, value in told.items() if value}


def _is_set_up(station: Station) -> bool:
    variables = station.variables
    if not variables.has(ENABLED) or not variables.on(ENABLED) or not station.online:
        return False
    return bool(variables.text(TEMPLATE)) and bool(variables.text(SECRET))


def _is_free(station: Station, evse: Evse) -> bool:
    """Whether somebody who pays by web page could charge there."""
    taken = evse.grant is not None or (evse.tx is not None and evse.tx.owner is not None)
    if taken or tariff_payment.is_kept(station, evse) or not authorization.may_start(station, evse):
        return False
    return not reservation.refuses(station, evse, IdToken(value="", type=DIRECT_PAYMENT), None)


def _follow(station: Station) -> None:
    shown = station.moment(_Codes).shown
    if not shown and not _is_set_up(station):
        return
    for evse in station.evses.values():
        text = address(station, evse)
        if text is not None:
            shown.add(evse.evse_id)
            display_screens.stand(station, evse, text)
        elif evse.evse_id in shown:
            shown.discard(evse.evse_id)
            if evse.tx is None or evse.tx.cost is None:
                display_screens.stand(station, evse, None)


def _deadline(station: Station) -> datetime | None:
    codes = station.moment(_Codes)
    moments = [until for until, _ in codes.chosen.values()]
    if codes.shown:
        now = station.now + station.offset
        moments.append(next_interval(now, station.variables.number(VALIDITY)) - station.offset)
    return min(moments, default=None)


# --- what the driver chose ------------------------------------------------------------------------------------------


def _chosen(station: Station, event: WebPaymentChosen) -> None:
    evse = station.evses.get(event.evse_id)
    if evse is None:
        station.note(f"A limit was chosen for EVSE {event.evse_id}, which this station does not have.")
        return
    codes, limit = station.moment(_Codes), limits.supported(station, evse, event.limit)
    codes.chosen.pop(evse.evse_id, None)
    if limit != NO_LIMIT:
        codes.chosen[evse.evse_id] = (station.now + CHOICE, limit)


def take_choice(station: Station, evse: Evse, id_token: IdToken) -> TransactionLimit:
    """What the driver chose who pays by web page: it counts for the transaction the CSMS starts now (C25.FR.04 to C25.FR.06)."""
    chosen = station.moment(_Codes).chosen.pop(evse.evse_id, None)
    return NO_LIMIT if chosen is None or id_token.type != DIRECT_PAYMENT else chosen[1]


def _due(station: Station) -> None:
    chosen = station.moment(_Codes).chosen
    for place in [place for place, (until, _) in chosen.items() if until <= station.now]:
        del chosen[place]


# --- the street -----------------------------------------------------------------------------------------------------


def _roaming(evse_id: int) -> VariableName:
    return VariableName(component="WebPaymentsCtrlr", variable="RoamingEvseId", evse=evse_id)


def _variables(family: Family, layout: StationLayout) -> Iterable[Declared]:
    """Component WebPaymentsCtrlr (2.1 Part 2, 2.4.2); the roaming id is of each EVSE."""
    if family is Family.OCPP16:
        return ()
    words = tuple(_PARAMETERS.values())
    return (
        switch(ENABLED, False),
        Declared(name_of(TEMPLATE), DataType.STRING, "", high=500),
        fixed("WebPaymentsCtrlr.URLParameters", ",".join(words), DataType.MEMBER_LIST, words),
        Declared(name_of("WebPaymentsCtrlr.TOTPVersion"), DataType.OPTION_LIST, TOTP_V1, values=(TOTP_V1,)),
        number(VALIDITY, 30, low=6, high=3600, unit="s"),
        number(LENGTH, 8, low=LEAST_LENGTH, high=LONGEST),
        Declared(name_of(SECRET), DataType.STRING, "", Mutability.WRITE_ONLY, high=255),
        *(Declared(_roaming(evse.evse_id), DataType.STRING, "", high=64) for evse in layout.evses),
    )


def _is_template(_station: Station, value: str) -> bool:
    return not value or template_flaw(value) is None


STREET = Street(
    "web payment",
    events={WebPaymentChosen: _chosen},
    variables=_variables,
    checks={TEMPLATE: _is_template},
    deadline=_deadline,
    due=_due,
    follow=_follow,
)
"""It comes after `cost`, which takes its own text from a display when a transaction ends."""
