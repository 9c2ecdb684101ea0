"""Terms every street of 1.6 uses: times, idTags, connector numbers."""

from __future__ import annotations

from pilotwire.dialects.times import read_time
from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict
from pilotwire.domain.identity import STATION, EvseAddress, IdToken
from pilotwire.errors import NotSayable
from pilotwire.ocpp.v16.datatypes import IdTagInfo
from pilotwire.ocpp.v16.enums import AuthorizationStatus as WireStatus


def read_connector(connector_id: int) -> EvseAddress:
    """Connector n is connector 1 of EVSE n, connector 0 the station."""
    return STATION if connector_id == 0 else EvseAddress(evse=connector_id, connector=1)


def write_connector(address: EvseAddress) -> int:
    """The connector number of an EVSE; only its first connector has one."""
    if address.connector not in (None, 0, 1):
        raise NotSayable(
            f"OCPP 1.6 numbers connectors through the station: connector {address.connector} of EVSE {address.evse} has no number.",
            "Name the EVSE alone, or its connector 1.",
        )
    return address.evse


def read_id_tag(id_tag: str) -> IdToken:
    """An idTag: an identifier whose type is not told."""
    return IdToken(value=id_tag)


ID_TAG_MAX = 20


def write_id_tag(id_token: IdToken) -> str:
    """An id token as an idTag: its type is lost, and more than 20 characters do not fit (1.6 7.28)."""
    if len(id_token.value) > ID_TAG_MAX:
        raise NotSayable(
            f"The id token {id_token.value!r} has {len(id_token.value)} characters; an idTag of OCPP 1.6 has at most {ID_TAG_MAX}."
        )
    return id_token.value


_WRITE_STATUS: dict[AuthorizationStatus, WireStatus] = {
    AuthorizationStatus.ACCEPTED: "Accepted",
    AuthorizationStatus.BLOCKED: "Blocked",
    AuthorizationStatus.EXPIRED: "Expired",
    AuthorizationStatus.INVALID: "Invalid",
    AuthorizationStatus.CONCURRENT_TX: "ConcurrentTx",
    # 1.6 has five words (1.6:7.2); of those that refuse, the nearest: Blocked is of the token itself, Invalid of this place or time
    AuthorizationStatus.NO_CREDIT: "Blocked",
    AuthorizationStatus.NOT_ALLOWED_TYPE_EVSE: "Invalid",
    AuthorizationStatus.NOT_AT_THIS_LOCATION: "Invalid",
    AuthorizationStatus.NOT_AT_THIS_TIME: "Invalid",
    AuthorizationStatus.UNKNOWN: "Invalid",
}


def write_id_tag_info(verdict: AuthorizationVerdict) -> IdTagInfo:
    """What a station is told of an idTag. A group that does not fit an idTag is left out: it could match nothing."""
    group = verdict.group
    return IdTagInfo(
        status=_WRITE_STATUS[verdict.status],
        expiry_date=verdict.expires_at,
        parent_id_tag=group.value if group is not None and len(group.value) <= ID_TAG_MAX else None,
    )


def read_id_tag_info(info: IdTagInfo) -> AuthorizationVerdict:
    """What the CSMS says of an idTag."""
    return AuthorizationVerdict(
        status=AuthorizationStatus(info.status),
        expires_at=None if info.expiry_date is None else read_time(info.expiry_date),
        group=None if info.parent_id_tag is None else IdToken(value=info.parent_id_tag),
    )


__all__ = [
    "ID_TAG_MAX",
    "read_connector",
    "read_id_tag",
    "read_id_tag_info",
    "read_time",
    "write_connector",
    "write_id_tag",
    "write_id_tag_info",
]
