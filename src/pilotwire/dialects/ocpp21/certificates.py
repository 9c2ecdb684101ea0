"""The status of the certificates of a chain (M07): 2.1 only."""

from __future__ import annotations

from typing import Any, cast

from pilotwire.dialects.ocpp2 import Wire
from pilotwire.dialects.ocpp2.hashes import read_hash, write_hash
from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.certificates import (
    ChainLink,
    ChainStatusAsked,
    ChainStatusVerdict,
    LinkStatus,
    RevocationStatus,
    StatusSource,
)
from pilotwire.ocpp import v21

_WIRE = cast(Wire, v21)


def _hash(said: Any) -> Any:
    return write_hash(_WIRE, said)


def _read_link(info: Any) -> ChainLink:
    return ChainLink(
        certificate=read_hash(info.certificate_hash_data), source=StatusSource(info.source), urls=tuple(info.urls)
    )


def _write_link(link: ChainLink) -> v21.CertificateStatusRequestInfo:
    return v21.CertificateStatusRequestInfo(
        certificate_hash_data=_hash(link.certificate), source=same_name(link.source), urls=list(link.urls)
    )


def _read_status(told: Any) -> LinkStatus:
    return LinkStatus(
        certificate=read_hash(told.certificate_hash_data),
        source=StatusSource(told.source),
        status=RevocationStatus(told.status),
        next_update=read_time(told.next_update),
    )


def _write_status(said: LinkStatus) -> v21.CertificateStatus:
    return v21.CertificateStatus(
        certificate_hash_data=_hash(said.certificate),
        source=same_name(said.source),
        status=same_name(said.status),
        next_update=said.next_update,
    )


FACTS = (
    FactWord(
        fact=ChainStatusAsked,
        read={
            v21.GetCertificateChainStatusRequest: lambda request: ChainStatusAsked(
                links=tuple(map(_read_link, request.certificate_status_requests))
            )
        },
        write=lambda fact, _named: v21.GetCertificateChainStatusRequest(
            certificate_status_requests=[_write_link(link) for link in fact.links]
        ),
        write_verdict=lambda _fact, verdict: v21.GetCertificateChainStatusResponse(
            certificate_status=[_write_status(status) for status in verdict.statuses]
        ),
        read_verdict=lambda _fact, response: ChainStatusVerdict(
            statuses=tuple(map(_read_status, response.certificate_status))
        ),
    ),
)
COMMANDS: tuple[CommandWord, ...] = ()
