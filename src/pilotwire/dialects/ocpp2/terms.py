"""Terms every street of 2.x uses: id tokens, EVSE addresses, what is told of a token."""

from __future__ import annotations

from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import fits, same_name
from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict
from pilotwire.domain.identity import DIRECT_PAYMENT, STATION, AdditionalInfo, EvseAddress, IdToken
from pilotwire.domain.kinds import changed
from pilotwire.ocpp import v201

UNTOLD_TYPE = "Central"
"""The type written for a token whose type nobody told: one the CSMS knows (the token came through 1.6, or by the API)."""

MESSAGE_MAX = 512
LANGUAGE_MAX = 8


def read_id_token(token: v201.IdToken) -> IdToken:
    """IdTokenType."""
    additional = token.additional_info
    if not additional:
        return IdToken(value=token.id_token, type=token.type)
    infos = tuple(AdditionalInfo(value=info.additional_id_token, type=info.type) for info in additional)
    return IdToken(value=token.id_token, type=token.type, additional=infos)


def write_id_token(wire: Wire, token: IdToken) -> v201.IdToken:
    """IdTokenType."""
    additional = [wire.AdditionalInfo(additional_id_token=info.value, type=info.type) for info in token.additional]
    return wire.IdToken(
        id_token=token.value, type=same_name(token.type or UNTOLD_TYPE), additional_info=additional or None
    )


def write_presented(wire: Wire, token: IdToken) -> v201.IdToken:
    """A token somebody presented at a station: ad hoc payment, for which 2.0.1 has no word, is there an id the station made (`Local`)."""
    told = write_id_token(wire, token)
    if token.type != DIRECT_PAYMENT or fits(told):
        return told
    return write_id_token(wire, changed(token, type="Local"))


def read_evse(evse: v201.EVSE | None) -> EvseAddress | None:
    """EVSEType."""
    return None if evse is None else EvseAddress(evse=evse.id, connector=evse.connector_id)


def read_target(evse: v201.EVSE | None) -> EvseAddress:
    """EVSEType where its absence means the whole station."""
    return read_evse(evse) or STATION


def write_evse(wire: Wire, address: EvseAddress | None) -> v201.EVSE | None:
    """EVSEType; the station as a whole is no EVSE."""
    if address is None or address.is_station:
        return None
    return wire.EVSE(id=address.evse, connector_id=address.connector)


def read_token_info(info: v201.IdTokenInfo) -> AuthorizationVerdict:
    """IdTokenInfoType."""
    message = info.personal_message
    return AuthorizationVerdict(
        status=AuthorizationStatus(info.status),
        expires_at=None if info.cache_expiry_date_time is None else read_time(info.cache_expiry_date_time),
        group=None if info.group_id_token is None else read_id_token(info.group_id_token),
        priority=info.charging_priority,
        language=info.language1,
        language2=info.language2,
        message=None if message is None else message.content,
        evses=tuple(info.evse_id or ()),
    )


def write_token_info(wire: Wire, verdict: AuthorizationVerdict) -> v201.IdTokenInfo:
    """IdTokenInfoType. What an operator put on record that this version cannot say is left out: the driver's answer must not fail by it."""
    return wire.IdTokenInfo(
        status=same_name(verdict.status),
        cache_expiry_date_time=verdict.expires_at,
        group_id_token=_write_group(wire, verdict.group),
        charging_priority=verdict.priority,
        language1=_write_language(verdict.language),
        language2=_write_language(verdict.language2),
        personal_message=write_message(wire, verdict.message),
        evse_id=list(verdict.evses) or None,
    )


def _write_group(wire: Wire, group: IdToken | None) -> v201.IdToken | None:
    """The group, unless it does not fit (it is too long, or of a type this version has not): then it could match nothing."""
    if group is None:
        return None
    token = write_id_token(wire, group)
    return token if fits(token) else None


def _write_language(language: str | None) -> str | None:
    return language if language is not None and len(language) <= LANGUAGE_MAX else None


def write_message(wire: Wire, text: str | None) -> v201.MessageContent | None:
    """A message for the driver, as plain text, cut to what fits."""
    return None if text is None else wire.MessageContent(format="UTF8", content=text[:MESSAGE_MAX])
