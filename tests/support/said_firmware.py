"""What each version can say of firmware, as hypothesis strategies (see `tests.support.said`)."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

from pilotwire.domain import firmware as fw
from pilotwire.domain.kinds import Command, Fact, Outcome
from pilotwire.ocpp.version import OcppVersion
from tests.support import said

V16, V201, V21 = OcppVersion.V16, OcppVersion.V201, OcppVersion.V21
COMMANDS = (fw.UpdateFirmware, fw.PublishFirmware, fw.UnpublishFirmware)


@cache
def _details(version: OcppVersion) -> said.Some[fw.StatusDetail | None]:
    if version is V16:
        return st.none()
    longest = 512 if version is V201 else 1024
    made = st.builds(fw.StatusDetail, reason_code=said.text(20), additional_info=said.maybe(said.text(longest, 0)))
    return said.maybe(made)


@cache
def facts(version: OcppVersion) -> list[said.Some[Fact]]:
    """Statuses. 1.6 has two messages, one of them without a place for the request id; nothing is published in 1.6."""
    ids = st.integers(0, said.MAX_INT)
    if version is V16:
        unsigned = said.enumerated(V16, "FirmwareStatus").map(fw.FirmwareStatus)
        return [
            st.builds(fw.FirmwareStatusReported, status=unsigned, can_name=st.just(False)),
            st.builds(fw.FirmwareStatusReported, status=st.sampled_from(fw.FirmwareStatus), request_id=ids),
            st.builds(fw.FirmwareStatusReported, status=st.just(fw.FirmwareStatus.IDLE)),
        ]
    detail = st.none() if version is V201 else _details(version)
    published = st.lists(said.text(512), max_size=3).map(tuple)
    publishing = st.sampled_from(fw.PublishFirmwareStatus)
    return [
        st.builds(fw.FirmwareStatusReported, status=st.sampled_from(fw.FirmwareStatus), request_id=ids, detail=detail),
        st.builds(fw.FirmwareStatusReported, status=st.just(fw.FirmwareStatus.IDLE), detail=detail),
        st.builds(
            fw.PublishFirmwareStatusReported,
            status=publishing,
            request_id=said.maybe(ids),
            locations=published,
            detail=detail,
        ),
    ]


@cache
def commands(version: OcppVersion) -> list[said.Some[Command]]:
    """Updates, signed and not; publishing in 2.x."""
    tries = {"retries": said.maybe(said.small), "retry_interval": said.maybe(said.positive)}
    proof = {"signing_certificate": said.text(5500), "signature": said.text(800)}
    signed = st.builds(
        fw.UpdateFirmware,
        location=said.text(512),
        retrieve_at=said.moments,
        request_id=said.positive,
        install_at=said.maybe(said.moments),
        **proof,
        **tries,
    )
    if version is V16:
        where = st.just("https://firmware.example.org/a.bin")
        return [signed, st.builds(fw.UpdateFirmware, location=where, retrieve_at=said.moments, **tries)]
    unsigned = st.builds(
        fw.UpdateFirmware,
        location=said.text(512),
        retrieve_at=said.moments,
        request_id=said.positive,
        install_at=said.maybe(said.moments),
        **tries,
    )
    publish = st.builds(
        fw.PublishFirmware,
        location=said.text(512),
        checksum=said.text(32),
        request_id=said.positive,
        **tries,
    )
    return [signed, unsigned, publish, st.builds(fw.UnpublishFirmware, checksum=said.text(32))]


def outcomes(version: OcppVersion, command: Command) -> said.Some[Outcome]:
    """The answers. An unsigned update of 1.6 is answered without a status."""
    if isinstance(command, fw.UpdateFirmware):
        told = st.sampled_from(fw.UpdateFirmwareStatus)
        if version is V16 and not command.is_signed:
            told = st.just(fw.UpdateFirmwareStatus.ACCEPTED)
        return st.builds(fw.UpdateFirmwareOutcome, status=told, detail=_details(version))
    if isinstance(command, fw.PublishFirmware):
        return st.builds(fw.PublishFirmwareOutcome, accepted=st.booleans(), detail=_details(version))
    return st.builds(fw.UnpublishFirmwareOutcome, status=st.sampled_from(fw.UnpublishFirmwareStatus))
