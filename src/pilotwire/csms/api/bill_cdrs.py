"""Bills as CDRs of OCPI: a bill is a CDR; a correction takes the one before back by a credit CDR and puts a new one in its place."""

from __future__ import annotations

from typing import Final

from pilotwire.csms.registers.billing import account_of, entries_of
from pilotwire.csms.store.ports import Store
from pilotwire.dialects.ocpi import CdrFacts, Edition, Party, write_cdr, write_credit
from pilotwire.dialects.ocpi.cdrs import WrittenCdr
from pilotwire.domain.billing import BillEntry
from pilotwire.domain.tariff import EvseKind
from pilotwire.ocpi import parts
from pilotwire.ocpi.types import encoded

_NOWHERE: Final = parts.GeoLocation(latitude="0.000000", longitude="0.000000")
_UNKNOWN: Final = "unknown"
_BY_HAND: Final = (
    "it was corrected by hand: OCPI takes back whole CDRs only, and this correction is not of what was used",
)
_PLACE: Final = "cdr_location: the address and the position of the station are not on record here"
_RFID: Final = ("ISO14443", "ISO15693", "")


async def cdrs_of(
    store: Store, entry: BillEntry, party: str, edition: Edition
) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """The CDRs that say what an entry says, as JSON, and what OCPI has no words for. `party` is like NL-ABC."""
    if entry.priced is None:
        return (), _BY_HAND
    written = _written(entry, party, edition)
    if written.object is None:
        return (), written.unsaid
    made = (encoded(written.object),)
    if entry.corrects is None:
        return made, (*written.unsaid, _PLACE)
    before = await _before(store, entry)
    credited = None if before is None else _written(before, party, edition).object
    if credited is None:
        return made, (*written.unsaid, _PLACE)
    credit = write_credit(credited, f"{credited.id}-C", entry.made_at)
    taken_back = () if credit.object is None else (encoded(credit.object),)
    return (*taken_back, *made), (*written.unsaid, *credit.unsaid, _PLACE)


async def _before(store: Store, entry: BillEntry) -> BillEntry | None:
    """The entry whose CDR this one takes the place of."""
    account = await account_of(store, entry.station, entry.transaction_id)
    numbers = () if account is None else tuple(each for each in account.entries if each < entry.number)
    found = [each for each in await entries_of(store, numbers) if each.priced is not None]
    return found[-1] if found else None


def _written(entry: BillEntry, party: str, edition: Edition) -> WrittenCdr:
    country, _, name = party.partition("-")
    assert entry.priced is not None
    evse = "1" if entry.address is None else str(entry.address.evse)
    connector = "1" if entry.address is None or entry.address.connector is None else str(entry.address.connector)
    token = entry.id_token
    kind = "OTHER" if token is None else "RFID" if (token.type or "") in _RFID else "OTHER"
    value = _UNKNOWN if token is None else token.value[:36]
    is_dc = entry.terms.evse_kind is EvseKind.DC
    facts = CdrFacts(
        party=Party(country_code=country, party_id=name),
        id=f"{entry.number:06d}",
        session_id=entry.transaction_id[:36],
        last_updated=entry.made_at,
        auth_method=parts.AuthMethod.WHITELIST,
        cdr_token=parts.CdrToken(country_code=country, party_id=name, uid=value, type=kind, contract_id=value),
        cdr_location=parts.CdrLocation(
            id=entry.station[:36],
            address=_UNKNOWN,
            city=_UNKNOWN,
            country="UNK",
            coordinates=_NOWHERE,
            evse_uid=evse,
            evse_id=f"{entry.station[:40]}*{evse}"[:48],
            connector_id=connector,
            connector_standard="IEC_62196_T2_COMBO" if is_dc else "IEC_62196_T2",
            connector_format=parts.ConnectorFormat.CABLE if is_dc else parts.ConnectorFormat.SOCKET,
            connector_power_type=parts.PowerType.DC if is_dc else parts.PowerType.AC_3_PHASE,
        ),
    )
    return write_cdr(entry.priced, facts, edition)
