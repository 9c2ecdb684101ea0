"""Certificates through real bytes in all versions, Plug & Charge of 1.6 included, and what a version cannot say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.domain import certificates as cert
from pilotwire.domain.data_transfer import DataTransferred
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.kinds import changed
from pilotwire.domain.provisioning import TriggerMessage, TriggerOutcome, TriggerStatus
from pilotwire.errors import NotSayable
from pilotwire.ocpp import registry, v16
from pilotwire.ocpp.version import OcppVersion
from tests.support.said import DIALECTS, MAX_INT, V16, V21, V201, answered, heard, maybe, moments, text

quick = settings(deadline=None, max_examples=50)
every = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)
Kind, Use = cert.CertificateKind, cert.SigningUse
hashes = st.builds(
    cert.CertificateHash,
    hash_algorithm=st.sampled_from(cert.HashAlgorithm),
    issuer_name_hash=text(128),
    issuer_key_hash=text(128),
    serial_number=text(40),
)
USES: dict[OcppVersion, list[Any]] = {
    V16: [Use.CHARGING_STATION, Use.V2G],
    V201: [None, Use.CHARGING_STATION, Use.V2G],
    V21: [None, *Use],
}
ROOTS = {
    V16: [Kind.CSMS_ROOT, Kind.MANUFACTURER_ROOT, Kind.V2G_ROOT, Kind.MO_ROOT],
    V201: [Kind.CSMS_ROOT, Kind.MANUFACTURER_ROOT, Kind.V2G_ROOT, Kind.MO_ROOT],
    V21: [kind for kind in Kind if kind is not Kind.V2G_CHAIN],
}


def _numbers(version: OcppVersion) -> Any:
    return maybe(st.integers(0, MAX_INT)) if version is V21 else st.none()


def facts(version: OcppVersion) -> Any:
    """Facts, each with a verdict on it."""
    new = version is V21
    links = st.builds(
        cert.ChainLink,
        certificate=hashes,
        source=st.sampled_from(cert.StatusSource),
        urls=st.lists(text(99), min_size=1, max_size=5).map(tuple),
    )
    statuses = st.builds(
        cert.LinkStatus,
        certificate=hashes,
        source=st.sampled_from(cert.StatusSource),
        status=st.sampled_from(cert.RevocationStatus),
        next_update=moments,
    )
    signing = st.builds(
        cert.SigningAsked,
        csr=text(300),
        use=st.sampled_from(USES[version]),
        request_id=_numbers(version),
        root=maybe(hashes) if new else st.none(),
    )
    ev = st.builds(
        cert.EvCertificateAsked,
        schema_version=text(50),
        action=st.sampled_from(cert.CertificateAction),
        exi_request=text(300),
        max_chains=_numbers(version),
        prioritized_emaids=st.lists(text(99), max_size=8).map(tuple) if new else st.just(()),
    )
    asked = st.builds(cert.CertificateStatusAsked, certificate=hashes, responder_url=text(512))
    pairs = [
        st.tuples(signing, st.builds(cert.SigningVerdict, accepted=st.booleans())),
        st.tuples(
            ev,
            st.builds(
                cert.EvCertificateVerdict, accepted=st.booleans(), exi_response=text(99, 0), remaining=_numbers(version)
            ),
        ),
        st.tuples(asked, st.builds(cert.CertificateStatusVerdict, ocsp_result=maybe(text(99)))),
    ]
    if new:
        some = st.lists(links, min_size=1, max_size=4).map(tuple)
        told = st.lists(statuses, min_size=1, max_size=4).map(tuple)
        pairs.append(
            st.tuples(st.builds(cert.ChainStatusAsked, links=some), st.builds(cert.ChainStatusVerdict, statuses=told))
        )
    return st.one_of(pairs)


@st.composite
def installed(draw: st.DrawFn, version: OcppVersion) -> tuple[Any, Any]:
    """The question which certificates there are, and an answer."""
    plug = st.lists(st.sampled_from([Kind.V2G_ROOT, Kind.MO_ROOT, Kind.V2G_CHAIN]), min_size=1, max_size=3)
    one = st.lists(st.sampled_from([Kind.CSMS_ROOT, Kind.MANUFACTURER_ROOT]), min_size=1, max_size=1)
    some = [kind for kind in Kind if version is V21 or kind is not Kind.OEM_ROOT]
    kinds = tuple(draw(one | plug if version is V16 else st.lists(st.sampled_from(some), max_size=3)))
    has_children = version is not V16 or kinds[0] in (Kind.V2G_ROOT, Kind.MO_ROOT, Kind.V2G_CHAIN)
    child = st.lists(hashes, max_size=4 if has_children else 0).map(tuple)
    chain = st.builds(
        cert.InstalledCertificate, kind=st.sampled_from(kinds or tuple(some)), certificate=hashes, children=child
    )
    found = tuple(draw(st.lists(chain, max_size=3)))
    status = cert.GetInstalledStatus.ACCEPTED if found else cert.GetInstalledStatus.NOT_FOUND
    return cert.GetInstalledCertificates(kinds=kinds), cert.GetInstalledOutcome(status=status, certificates=found)


def commands(version: OcppVersion) -> Any:
    """Commands, each with an outcome."""
    install = st.builds(cert.InstallCertificate, kind=st.sampled_from(ROOTS[version]), certificate=text(300))
    plug = st.booleans() if version is V16 else st.just(False)
    delete = st.builds(cert.DeleteCertificate, certificate=hashes, plug_and_charge=plug)
    signed = st.builds(
        cert.CertificateSigned,
        chain=text(300),
        use=st.sampled_from(USES[version]),
        request_id=_numbers(version),
    )
    return st.one_of(
        st.tuples(
            install,
            st.builds(cert.InstallCertificateOutcome, status=st.sampled_from(cert.InstallCertificateStatus)),
        ),
        st.tuples(
            delete, st.builds(cert.DeleteCertificateOutcome, status=st.sampled_from(cert.DeleteCertificateStatus))
        ),
        st.tuples(
            signed, st.builds(cert.CertificateSignedOutcome, status=st.sampled_from(cert.CertificateSignedStatus))
        ),
        installed(version),
    )


@every
@given(data=st.data())
@quick
def test_facts_and_verdicts_are_read_as_they_were_said(version: OcppVersion, data: st.DataObject) -> None:
    """Both ways, in the message that was asked."""
    dialect = DIALECTS[version]
    fact, verdict = data.draw(facts(version))
    request = dialect.write_fact(fact)
    assert request is not None
    assert dialect.read_fact(heard(request)) == fact
    response = dialect.write_verdict(fact, verdict)
    assert type(response) is registry.action_of(request).response
    assert dialect.read_verdict(fact, answered(response)) == verdict


@every
@given(data=st.data())
@quick
def test_commands_and_outcomes_are_read_as_they_were_said(version: OcppVersion, data: st.DataObject) -> None:
    """Both ways."""
    dialect = DIALECTS[version]
    command, outcome = data.draw(commands(version))
    (request,) = dialect.write_command(command)
    assert dialect.read_command(heard(request)) == command
    response = dialect.write_outcome(command, outcome, request)
    assert type(response) is registry.action_of(request).response
    assert dialect.read_outcome(command, (answered(response),)) == outcome


UNSAYABLE = [
    (V16, cert.InstallCertificate(kind=Kind.OEM_ROOT, certificate="A"), "OEMRootCertificate"),
    (V16, cert.InstallCertificate(kind=Kind.V2G_ROOT, certificate="A" * 5501), "5500"),
    (V16, cert.GetInstalledCertificates(kinds=(Kind.OEM_ROOT,)), "OEMRootCertificate"),
    (V16, cert.CertificateSigned(chain="A", request_id=1), "no request id"),
    (V16, cert.CertificateSigned(chain="A", use=Use.V2G_20), "ISO 15118-20"),
    (V201, cert.InstallCertificate(kind=Kind.OEM_ROOT, certificate="A"), "OEMRootCertificate"),
    (V201, cert.CertificateSigned(chain="A", request_id=1), "request_id"),
    (V201, cert.CertificateSigned(chain="A", use=Use.V2G_20), "V2G20Certificate"),
    (V21, cert.InstallCertificate(kind=Kind.V2G_CHAIN, certificate="A"), "V2GCertificateChain"),
]


@pytest.mark.parametrize(("version", "command", "why"), UNSAYABLE)
def test_what_a_version_has_no_words_for(version: OcppVersion, command: Any, why: str) -> None:
    """It is refused before a byte is sent."""
    with pytest.raises(NotSayable) as refused:
        DIALECTS[version].write_command(command)
    assert why in str(refused.value)


PLUG_AND_CHARGE = "org.openchargealliance.iso15118pnc"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (DataTransferred(vendor_id=PLUG_AND_CHARGE, message_id="SignCertificate", data="{}"), "Rejected"),
        (DataTransferred(vendor_id=PLUG_AND_CHARGE.upper(), message_id="SignCertificate"), "Rejected"),
        (DataTransferred(vendor_id=PLUG_AND_CHARGE, message_id="Other", data="{}"), "UnknownMessageId"),
        (DataTransferred(vendor_id=PLUG_AND_CHARGE, message_id="TriggerMessage", data="{}"), "UnknownMessageId"),
        (DataTransferred(vendor_id=PLUG_AND_CHARGE), "UnknownMessageId"),
        (DataTransferred(vendor_id="com.example", message_id="SignCertificate", data='{"csr": "A"}'), None),
    ],
)
def test_what_is_no_message_of_plug_and_charge_is_a_vendors_data(data: DataTransferred, status: str | None) -> None:
    """As any other, but that it is said what is wrong with it."""
    request = DIALECTS[V16].write_fact(data)
    assert request is not None
    said = DIALECTS[V16].read_fact(heard(request))
    assert isinstance(said, DataTransferred)
    assert changed(said, fault=None) == data
    assert (said.fault and said.fault.status) == status


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"status": "Accepted", "data": '{"status":"Rejected"}'}, TriggerStatus.REJECTED),
        ({"status": "Accepted", "data": "nonsense"}, TriggerStatus.NOT_IMPLEMENTED),
        ({"status": "UnknownVendorId"}, TriggerStatus.NOT_IMPLEMENTED),
    ],
)
def test_a_v2g_certificate_is_triggered_by_plug_and_charge_in_1_6(answer: Any, status: TriggerStatus) -> None:
    """Its TriggerMessage has no fields, so there is no connector; read back it is the same command."""
    command = TriggerMessage(message="SignV2GCertificate")
    (request,) = DIALECTS[V16].write_command(command)
    assert request == v16.DataTransferRequest(vendor_id=PLUG_AND_CHARGE, message_id="TriggerMessage", data="{}")
    assert DIALECTS[V16].read_command(heard(request)) == command
    for told in TriggerStatus:
        said = DIALECTS[V16].write_outcome(command, TriggerOutcome(status=told), request)
        assert DIALECTS[V16].read_outcome(command, (answered(said),)) == TriggerOutcome(status=told)
    outcome = DIALECTS[V16].read_outcome(command, (v16.DataTransferResponse(**answer),))
    assert outcome == TriggerOutcome(status=status)
    with pytest.raises(NotSayable):
        DIALECTS[V16].write_command(TriggerMessage(message="SignV2GCertificate", address=EvseAddress(evse=1)))


@pytest.mark.parametrize("version", [V201, V21], ids=str)
def test_why_something_failed_is_told_in_2(version: OcppVersion) -> None:
    """At most 512 characters of it; an answer that is too long for the version has failed."""
    ev = cert.EvCertificateAsked(schema_version="2", action=cert.CertificateAction.INSTALL, exi_request="A")
    status = cert.CertificateStatusAsked(
        certificate=cert.CertificateHash(
            hash_algorithm=cert.HashAlgorithm.SHA256, issuer_name_hash="A", issuer_key_hash="B", serial_number="C"
        ),
        responder_url="http://ocsp.example",
    )
    dialect = DIALECTS[version]

    def there_and_back(fact: Any, verdict: Any) -> Any:
        return dialect.read_verdict(fact, answered(dialect.write_verdict(fact, verdict)))

    assert there_and_back(ev, cert.EvCertificateVerdict(accepted=False, reason="A" * 600)).reason == "A" * 512
    told = cert.CertificateStatusVerdict(reason="why")
    assert there_and_back(status, told) == told
    long = there_and_back(ev, cert.EvCertificateVerdict(accepted=True, exi_response="A" * 17001))
    assert (long.accepted, long.exi_response) == (False, "")
    assert "too long" in long.reason
    late = there_and_back(status, cert.CertificateStatusVerdict(ocsp_result="A" * 18001))
    assert late.ocsp_result is None
    assert "too long" in late.reason


def test_an_answer_that_is_too_long_for_1_6_has_failed() -> None:
    """The station gets a valid answer all the same."""
    asked = cert.CertificateStatusAsked(
        certificate=cert.CertificateHash(
            hash_algorithm=cert.HashAlgorithm.SHA256, issuer_name_hash="A", issuer_key_hash="B", serial_number="C"
        ),
        responder_url="http://ocsp.example",
    )
    said = DIALECTS[V16].write_verdict(asked, cert.CertificateStatusVerdict(ocsp_result="A" * 5501))
    assert DIALECTS[V16].read_verdict(asked, answered(said)) == cert.CertificateStatusVerdict()
    ev = cert.EvCertificateAsked(schema_version="2", action=cert.CertificateAction.INSTALL, exi_request="A")
    said = DIALECTS[V16].write_verdict(ev, cert.EvCertificateVerdict(accepted=True, exi_response="A" * 5601))
    assert DIALECTS[V16].read_verdict(ev, answered(said)) == cert.EvCertificateVerdict(accepted=False)
