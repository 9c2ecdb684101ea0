"""Which tariff a session goes by: what its station goes by itself (2.1), else the most exact rule on record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pilotwire.csms.registers.access import SITES
from pilotwire.csms.registers.billing import TARIFF_RULES
from pilotwire.csms.registers.device_model import known_value
from pilotwire.csms.registers.station_conditions import CONDITIONS
from pilotwire.csms.registers.tariff import STATION_TARIFFS, TARIFFS, StationTariff
from pilotwire.csms.store.ports import Page, Store
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.billing import Occasion, SessionTerms, TariffRule, chosen_rule
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.tariff import EvseKind, Tariff, TariffKind
from pilotwire.domain.tariff.general import general_of
from pilotwire.domain.tariff.sessions import TariffFrom

_PAGE: Final = 500
_MOST_CONNECTORS: Final = 4
_SUPPLY: Final = "SupplyPhases"


async def rules_of(store: Store) -> list[TariffRule]:
    """All rules, by name."""
    found: list[TariffRule] = []
    after: str | None = None
    while page := await store.records(TARIFF_RULES, "", Page(limit=_PAGE, after=after)):
        found += page
        after = cursor_of("", page[-1].name)
    return found


async def tariff_at_station(
    store: Store, station: str, evse: int | None, id_token: IdToken | None, at: datetime, named: str | None = None
) -> StationTariff | None:
    """The tariff a station goes by on its own: the one it `named`, else the driver's, else the default of the EVSE that is valid last.

    Only one whose content is known counts.
    """
    page: Sequence[StationTariff] = await store.records(STATION_TARIFFS, station, Page(limit=_PAGE))
    known = [each for each in page if each.tariff is not None]
    if named is not None:
        return next((each for each in known if each.tariff_id == named), None)
    valid = [each for each in known if each.valid_from is None or each.valid_from <= at]
    own = [
        each
        for each in valid
        if each.kind is TariffKind.DRIVER_TARIFF
        and id_token is not None
        and id_token.value.casefold() in {one.casefold() for one in each.id_tokens}
    ]
    default = [
        each
        for each in valid
        if each.kind is TariffKind.DEFAULT_TARIFF
        and (0 in each.evse_ids or (evse is not None and evse in each.evse_ids))
    ]
    # an EVSE's own goes before that of all, one that became valid later before one that has always been
    ranked = sorted(
        own or default, key=lambda one: (evse in one.evse_ids, one.valid_from is not None, one.valid_from or at)
    )
    return ranked[-1] if ranked else None


async def named_tariff(store: Store, station: str, tariff_id: str) -> Tariff | None:
    """The content of a tariff by its id: as it is at the station, else as it is on record."""
    there = await store.record(STATION_TARIFFS, station, tariff_id)
    if there is not None and there.tariff is not None:
        return there.tariff
    record = await store.record(TARIFFS, "", tariff_id)
    return None if record is None else record.tariff


async def terms_for(
    store: Store,
    rules: Sequence[TariffRule],
    station: str,
    address: EvseAddress | None,
    id_token: IdToken | None,
    at: datetime,
    *,
    named: str | None = None,
    time_zone: str = "UTC",
) -> SessionTerms | None:
    """What a session is billed by that begins now; None: there is no tariff for it. Raises StoreError."""
    evse = None if address is None or address.is_station else address.evse
    tariff = chosen_by = None
    if named is not None:
        tariff, chosen_by = await named_tariff(store, station, named), "station"
    if tariff is None:
        there = await tariff_at_station(store, station, evse, id_token, at)
        tariff, chosen_by = (None, None) if there is None else (there.tariff, "station")
    if tariff is None:
        token = None if id_token is None else await store.token(id_token)
        occasion = Occasion(
            station=station,
            evse=evse,
            id_token=id_token,
            group=None if token is None or token.group is None else token.group.value,
            sites=await _sites(store, station) if any(rule.site is not None for rule in rules) else (),
            connector_types=(
                await _types(store, station, evse) if any(rule.connector_type is not None for rule in rules) else ()
            ),
        )
        usable = list(rules)
        while tariff is None and (rule := chosen_rule(usable, occasion)) is not None:
            record = await store.record(TARIFFS, "", rule.tariff_id)
            tariff, chosen_by = (None if record is None else record.tariff), f"rule {rule.name}"
            time_zone = rule.time_zone or time_zone
            usable.remove(rule)
    if tariff is None or chosen_by is None:
        return None
    return SessionTerms(
        tariffs=(TariffFrom(at=at, tariff=general_of(tariff)),),
        chosen_by=chosen_by,
        time_zone=time_zone,
        evse_kind=await _kind(store, station, evse),
    )


async def _sites(store: Store, station: str) -> tuple[str, ...]:
    sites = await store.records(SITES, "", Page(limit=1000))
    return tuple(
        one.name
        for one in sites
        if station in one.stations or (bool(one.prefixes) and station.startswith(one.prefixes))
    )


async def _types(store: Store, station: str, evse: int | None) -> tuple[str, ...]:
    """The types of an EVSE's connectors, as the operator says, else as the station told."""
    conditions = await store.record(CONDITIONS, station, "")
    layouts = () if conditions is None else conditions.evses
    said = tuple(kind for each in layouts if evse in (None, each.evse) for kind in each.connector_types)
    if said or evse is None:
        return said
    names = (
        VariableName(component="Connector", variable="ConnectorType", evse=evse, connector=number)
        for number in range(1, _MOST_CONNECTORS + 1)
    )
    return tuple([kind for name in names if (kind := await known_value(store, station, name))])


async def _kind(store: Store, station: str, evse: int | None) -> EvseKind:
    """AC or DC: an EVSE that supplies no phases is DC (SupplyPhases 0); AC if it has not told."""
    if evse is None:
        return EvseKind.AC
    phases = await known_value(store, station, VariableName(component="EVSE", variable=_SUPPLY, evse=evse))
    return EvseKind.DC if phases == "0" else EvseKind.AC
