"""Contracts on their way into vehicles: asked for, judged, answered, taken apart, and every step at which it fails."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from secrets import token_bytes
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed448, x448
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.errors import MisuseError
from pilotwire.iso15118 import iso2
from pilotwire.iso15118.codecs import ISO2, ISO20_COMMON
from pilotwire.iso15118.contract_keys import (
    ContractKeyFault,
    Fresh,
    KeyFault,
    Scheme,
    SealedKey,
    associated_data,
    fresh,
    unseal,
    value_of,
)
from pilotwire.iso15118.contracts import TEST_KEYS, Kind
from pilotwire.iso15118.exi.errors import DecodeError
from pilotwire.iso15118.iso20 import common_messages as iso20
from pilotwire.iso15118.iso20.common_types import ListOfRootCertificateIDs as RootIDs20
from pilotwire.iso15118.iso20.common_types import MessageHeader as Header20
from pilotwire.iso15118.provisioned import Installed, Step, install
from pilotwire.iso15118.provisioning import (
    Holder,
    RequestVerdict,
    answer,
    check_request,
    exi_text,
    read_exi,
    refuse,
    request_in,
    scheme_of,
)
from pilotwire.iso15118.signature import Failure, sign
from pilotwire.iso15118.signed_parts import Edition, with_signature
from pilotwire.iso15118.xmldsig import X509IssuerSerial
from pilotwire.pki import KeyKind, PkiFault, Subject
from tests.support import v2g_pki
from tests.support.pki_forge import DAY, NOW
from tests.support.pki_houses import authority
from tests.support.v2g_pki import EMAID, PCID, contract, der, service, vehicle

AT = NOW + DAY
replaced: Callable[..., Any] = msgspec.structs.replace
SCHEMA_2, SCHEMA_20 = "urn:iso:15118:2:2013:MsgDef", "urn:iso:std:iso:15118:-20:CommonMessages"
ROOT_ID = X509IssuerSerial(x509_issuer_name="CN=V2G", x509_serial_number=1)


@dataclass(frozen=True)
class Way:
    """One of the three ways to a contract: who asks, and with what."""

    edition: Edition
    asks: v2g_pki.Holder
    is_update: bool = False

    def request(self, **changed: Any) -> Any:
        """The request, not signed yet."""
        first, *subs = self.asks.sent
        if self.edition is Edition.ISO20:
            chain = iso20.SignedCertificateChain(
                id="c1", certificate=first, sub_certificates=iso20.SubCertificates(certificate=subs)
            )
            asked = iso20.CertificateInstallationReq(
                header=Header20(session_id=bytes(8), time_stamp=int(AT.timestamp())),
                oem_provisioning_certificate_chain=chain,
                list_of_root_certificate_ids=RootIDs20(root_certificate_id=[ROOT_ID]),
                maximum_contract_certificate_chains=3,
            )
            return replaced(asked, **changed)
        roots = iso2.ListOfRootCertificateIDs(root_certificate_id=[ROOT_ID])
        content: Any = iso2.CertificateInstallationReq(
            id="r1", oem_provisioning_cert=first, list_of_root_certificate_ids=roots
        )
        if self.is_update:
            chain2 = iso2.CertificateChain(certificate=first, sub_certificates=iso2.SubCertificates(certificate=subs))
            content = iso2.CertificateUpdateReq(
                id="r1", contract_signature_cert_chain=chain2, emaid=EMAID, list_of_root_certificate_ids=roots
            )
        header = iso2.MessageHeader(session_id=b"\1" * 8)
        return iso2.V2G_Message(header=header, body=iso2.Body(body_element=replaced(content, **changed)))

    def signed(self, **changed: Any) -> Any:
        """The request, signed."""
        return sign(self.request(**changed), self.asks.key)


INSTALL, UPDATE, INSTALL_20 = "installation", "update", "installation of -20"
WAYS = {
    INSTALL: Way(Edition.ISO2, vehicle(Edition.ISO2)),
    UPDATE: Way(Edition.ISO2, contract(Edition.ISO2), is_update=True),
    INSTALL_20: Way(Edition.ISO20, vehicle(Edition.ISO20)),
}
every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def holder(it: v2g_pki.Holder) -> Holder:
    return Holder(it.certificate, it.subs, it.key)


def new_contract(edition: Edition, **how: Any) -> v2g_pki.Holder:
    """The contract that is handed out: another certificate than the one an update asks with, of another key."""
    usual: dict[str, Any] = {"key_of": "new contract", "days": 300}
    return contract(edition, **(usual | how))


def answered(way: Way, request: Any = None, **how: Any) -> Any:
    given_contract = how.pop("contract", None) or new_contract(way.edition)
    given_service = how.pop("service", None) or service(way.edition)
    request = request or way.signed()
    new_one = how.pop("fresh", None) or fresh(scheme_of(request), token_bytes)
    return answer(request, holder(given_contract), holder(given_service), new_one, AT, **how)


def taken(way: Way, message: Any, **how: Any) -> Installed:
    roots = how.pop("roots", [service(way.edition).root])
    own = how.pop("key", way.asks.key)
    return install(message, own, roots, how.pop("now", AT), **({"pcid": PCID} | how))


def judged(way: Way, message: Any, **how: Any) -> RequestVerdict:
    roots = how.pop("roots", [way.asks.root])
    return check_request(message, roots, how.pop("now", AT), **({"pool": way.asks.subs} | how))


@every_way
def test_from_the_request_to_the_contract_in_the_vehicle(way: Way) -> None:
    """Both messages go as OCPP carries them: Base64 of the EXI document."""
    schema = SCHEMA_20 if way.edition is Edition.ISO20 else SCHEMA_2
    asked = read_exi(exi_text(way.signed()), schema)
    verdict = judged(way, asked)
    assert (verdict.good, verdict.response_code, verdict.words) == (True, "OK", "")

    came = read_exi(exi_text(answered(way, asked)))
    assert came.header.session_id == asked.header.session_id
    given_contract = new_contract(way.edition)
    for contract_roots in (None, [given_contract.root]):
        result = taken(way, came, contract_roots=contract_roots)
        assert (result.failed, result.what, result.emaid) == (None, "", EMAID)
        assert result.certificates == (given_contract.certificate, *given_contract.subs)
        assert result.key is not None
        assert value_of(result.key) == value_of(given_contract.key)


def test_what_a_request_asks_with() -> None:
    for way in WAYS.values():
        request = request_in(way.signed())
        assert (request.edition, request.is_update) == (way.edition, way.is_update)
        assert request.sent == (way.asks.sent[:1] if way is WAYS[INSTALL] else way.asks.sent)
        assert request.emaid == (EMAID if way.is_update else "")


def test_schemes_follow_from_requests() -> None:
    assert [scheme_of(way.signed()) for way in WAYS.values()] == [Scheme.ISO2, Scheme.ISO2, Scheme.ISO20]


def test_what_else_an_answer_tells() -> None:
    update = answered(WAYS[UPDATE], retry_counter=-1)
    assert update.body.body_element.retry_counter == -1
    more = answered(WAYS[INSTALL_20], remaining=2)
    assert more.header.time_stamp == int(AT.timestamp())
    assert taken(WAYS[INSTALL_20], more).remaining == 2


# --- requests that are not good -------------------------------------------------------------------------------------------------------


@every_way
def test_a_request_that_is_not_signed(way: Way) -> None:
    verdict = judged(way, way.request())
    assert (verdict.good, verdict.response_code) == (False, "FAILED_SignatureError")
    assert verdict.signature is not None
    assert verdict.signature.failure is Failure.NO_SIGNATURE
    assert "not signed" in verdict.words


@every_way
def test_a_request_signed_by_another(way: Way) -> None:
    verdict = judged(way, sign(way.request(), service(way.edition).key))
    assert (verdict.good, verdict.response_code) == (False, "FAILED_SignatureError")


def test_a_request_changed_on_the_way() -> None:
    way = WAYS[INSTALL]
    signed = way.signed()
    more = iso2.ListOfRootCertificateIDs(root_certificate_id=[ROOT_ID, ROOT_ID])
    changed = with_signature(way.request(list_of_root_certificate_ids=more), signed.header.signature)
    verdict = judged(way, changed)
    assert verdict.signature is not None
    assert verdict.signature.failure is Failure.DIGEST


@every_way
def test_a_request_with_a_chain_that_is_not_good(way: Way) -> None:
    is_20 = way.edition is Edition.ISO20
    untrusted = judged(way, way.signed(), roots=[])
    assert untrusted.response_code == ("WARNING_CertificateValidationError" if is_20 else "FAILED_CertChainError")
    late = judged(way, way.signed(), now=NOW + 50 * 365 * DAY)
    assert late.response_code == ("WARNING_CertificateExpired" if is_20 else "FAILED_CertificateExpired")
    assert late.words


def test_an_update_is_for_the_contract_it_is_signed_with() -> None:
    verdict = judged(WAYS[UPDATE], WAYS[UPDATE].signed(emaid="DE8ACC00000001"))
    assert verdict.response_code == "FAILED_CertChainError"
    assert Kind.OTHER_NAME in {each.kind for each in verdict.chain.troubles}


@pytest.mark.parametrize("rubbish", [b"", b"\0", b"no certificate"])
def test_a_request_without_a_certificate(rubbish: bytes) -> None:
    signed = WAYS[INSTALL].signed(oem_provisioning_cert=rubbish)
    verdict = judged(WAYS[INSTALL], signed)
    assert (verdict.good, verdict.signature) == (False, None)
    assert verdict.response_code == ("FAILED_CertChainError" if rubbish else "FAILED_NoCertificateAvailable")
    with pytest.raises(PkiFault, match="cannot be read"):
        answered(WAYS[INSTALL], signed, fresh=fresh(Scheme.ISO2, token_bytes))


def test_a_test_bench_may_have_other_curves() -> None:
    """-20 with keys on P-256 is judged on demand; its contract key cannot be sealed."""
    from pilotwire.iso15118.signature_suites import ISO20_TEST_SUITES

    bench = Way(Edition.ISO20, vehicle(Edition.ISO20, kind=KeyKind.EC_P256))
    signed = sign(bench.request(), bench.asks.key, ISO20_TEST_SUITES)
    assert judged(bench, signed, keys=TEST_KEYS, suites=ISO20_TEST_SUITES).good
    assert not judged(bench, signed).good
    with pytest.raises(ContractKeyFault, match="P-521 or X448"):
        scheme_of(signed)


def test_other_messages_ask_for_nothing() -> None:
    stop = iso2.V2G_Message(
        header=iso2.MessageHeader(session_id=bytes(8)),
        body=iso2.Body(body_element=iso2.SessionStopReq(charging_session="Terminate")),
    )
    asks: tuple[Callable[[], object], ...] = (
        lambda: request_in(stop),
        lambda: judged(WAYS[INSTALL], stop),
        lambda: refuse(stop, "FAILED", AT),
        lambda: taken(WAYS[INSTALL], stop),
        lambda: taken(WAYS[INSTALL], WAYS[INSTALL].signed()),
    )
    for ask in asks:
        with pytest.raises(MisuseError, match="contract certificate"):
            ask()


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from([INSTALL, UPDATE, INSTALL_20]),
    place=st.floats(0, 1, exclude_max=True),
    bit=st.integers(0, 7),
)
def test_no_certificate_is_slipped_into_a_request(name: str, place: float, bit: int) -> None:
    """Wherever a bit is turned: it cannot be read, asks with the same certificate, or is refused; never an exception."""
    way, stream, codec = WAYS[name], *asked_stream(name)
    changed = bytearray(stream)
    changed[int(place * len(stream))] ^= 1 << bit
    try:
        came: Any = codec.decode(bytes(changed))
        request = request_in(came)
    except (DecodeError, MisuseError):  # another message
        return
    verdict = judged(way, came)
    assert not verdict.good or request.sent[0] == way.asks.sent[0]
    assert verdict.good or verdict.words


@cache
def asked_stream(name: str) -> tuple[bytes, Any]:
    way = WAYS[name]
    codec: Any = ISO20_COMMON if way.edition is Edition.ISO20 else ISO2
    return codec.encode(way.signed()), codec


# --- answers that cannot be made ------------------------------------------------------------------------------------------------------


def test_a_key_belongs_to_its_certificate() -> None:
    one = service(Edition.ISO2)
    with pytest.raises(PkiFault, match="not that of the certificate"):
        Holder(one.certificate, one.subs, contract(Edition.ISO2).key)


def test_a_contract_is_on_the_curve_of_the_edition() -> None:
    for name, other in ((INSTALL, Edition.ISO20), (INSTALL_20, Edition.ISO2)):
        with pytest.raises(ContractKeyFault) as caught:
            answered(WAYS[name], contract=new_contract(other))
        assert caught.value.fault is KeyFault.CURVE


def test_a_service_signs_by_the_edition() -> None:
    for name, other in ((INSTALL, Edition.ISO20), (INSTALL_20, Edition.ISO2)):
        with pytest.raises(MisuseError, match="cannot sign"):
            answered(WAYS[name], service=service(other))


def test_a_contract_of_minus_20_has_sub_cas() -> None:
    full = new_contract(Edition.ISO20)
    with pytest.raises(PkiFault, match="no sub-CA"):
        answered(WAYS[INSTALL_20], contract=v2g_pki.Holder(full.certificate, (), full.root, full.key))


def test_a_contract_of_minus_2_has_an_emaid() -> None:
    with pytest.raises(PkiFault, match="no eMAID"):
        answered(WAYS[INSTALL], contract=new_contract(Edition.ISO2, common="Jane"))


def test_a_contract_key_on_a_curve_that_is_not_sealed() -> None:
    key, full = ed448.Ed448PrivateKey.generate(), new_contract(Edition.ISO20)
    ski = x509.SubjectKeyIdentifier(b"12345678")
    made = forged("mo-sub2", full.certificate.subject, key.public_key(), ski)
    with pytest.raises(ContractKeyFault) as caught:
        answered(WAYS[INSTALL_20], contract=v2g_pki.Holder(made, full.subs, full.root, key))
    assert caught.value.fault is KeyFault.CURVE


# --- answers that are not taken -------------------------------------------------------------------------------------------------------


@every_way
@pytest.mark.parametrize("code", ["FAILED", "FAILED_UnknownSession"])
def test_a_refusal_is_schema_valid_and_told(way: Way, code: str) -> None:
    came = read_exi(exi_text(refuse(way.signed(), code, AT)))
    result = taken(way, came)
    assert (result.failed, result.good) == (Step.ANSWER, False)
    assert code in result.what


@every_way
def test_what_is_no_refusal(way: Way) -> None:
    for code in ("OK", "", "FAILED_Whatever"):
        with pytest.raises(MisuseError, match="refuses nothing"):
            refuse(way.signed(), code, AT)


def test_an_answer_that_is_still_being_made() -> None:
    way = WAYS[INSTALL_20]
    result = taken(way, replaced(answered(way), evse_processing="Ongoing"))
    assert result.failed is Step.ANSWER
    assert "not finished" in result.what


@every_way
def test_the_provisioning_service_must_be_trusted(way: Way) -> None:
    ways: tuple[dict[str, Any], ...] = ({"roots": []}, {"now": NOW + 70 * DAY})
    for how in ways:
        result = taken(way, answered(way), **how)
        assert result.failed is Step.SERVICE
        assert result.what


@every_way
def test_only_a_provisioning_service_may_sign(way: Way) -> None:
    """Not the holder of any certificate under a trusted root."""
    other = contract(way.edition, "DE8ACC00000009")
    result = taken(way, answered(way, service=other), roots=[other.root])
    assert result.failed is Step.SERVICE
    assert result.service is not None
    assert Kind.PROFILE in {each.kind for each in result.service.troubles}


@every_way
def test_the_service_must_have_signed(way: Way) -> None:
    came = answered(way)
    assert taken(way, with_signature(came, None)).failed is Step.SIGNATURE
    other = service(way.edition, "Other", key_of="other service")
    forged = sign(came, other.key)
    result = taken(way, forged)
    assert result.failed is Step.SIGNATURE
    assert result.signature is not None
    assert result.signature.failure is Failure.SIGNATURE


def changed2(message: Any, key: Any, **parts: Any) -> Any:
    """An answer of -2 with other parts, signed again."""
    content = replaced(message.body.body_element, **parts)
    return sign(replaced(message, body=replaced(message.body, body_element=content)), key)


def changed20(message: Any, key: Any, **parts: Any) -> Any:
    """An answer of -20 with other parts, signed again."""
    return sign(replaced(message, signed_installation_data=replaced(message.signed_installation_data, **parts)), key)


def test_the_emaid_is_that_of_the_contract() -> None:
    way = WAYS[INSTALL]
    came = changed2(answered(way), service(way.edition).key, emaid=iso2.EMAID(id="id4", value="DE8ACC00000001"))
    result = taken(way, came)
    assert result.failed is Step.CONTRACT
    assert "DE8ACC00000001" in result.what


@every_way
def test_the_contract_is_looked_at(way: Way) -> None:
    assert taken(way, answered(way), contract_roots=[]).failed is Step.CONTRACT
    ended = new_contract(way.edition, days=0.5)
    result = taken(way, answered(way, contract=ended))
    assert result.failed is Step.CONTRACT
    assert result.contract is not None
    assert Kind.EXPIRED in {each.kind for each in result.contract.troubles}


@every_way
def test_a_contract_for_another_vehicle_does_not_open(way: Way) -> None:
    other = vehicle(way.edition, "WMIV1234567890ABCE")
    result = taken(way, answered(way), key=other.key)
    assert (result.failed, result.key) == (Step.KEY, None)
    assert result.fault is not None
    wanted = KeyFault.AUTHENTICATION if way.edition is Edition.ISO20 else KeyFault.OTHER_KEY
    assert result.fault.fault is wanted


@every_way
def test_a_contract_key_of_another_contract_is_noticed(way: Way) -> None:
    """The service signs a chain and a key that do not belong together."""
    came = answered(way)
    other = answered(way, contract=new_contract(way.edition, key_of="someone else's"))
    key = service(way.edition).key
    if way.edition is Edition.ISO20:
        data = other.signed_installation_data
        mixed = changed20(
            came,
            key,
            dh_public_key=data.dh_public_key,
            secp521_encrypted_private_key=data.secp521_encrypted_private_key,
        )
    else:
        content = other.body.body_element
        mixed = changed2(
            came,
            key,
            dh_public_key=content.dh_public_key,
            contract_signature_encrypted_private_key=content.contract_signature_encrypted_private_key,
        )
    assert taken(way, mixed).failed is Step.KEY


@pytest.mark.parametrize("pcid", ["", "WMIV1234567890ABCE"])
def test_minus_20_is_for_one_vehicle_by_name(pcid: str) -> None:
    way = WAYS[INSTALL_20]
    result = taken(way, answered(way), pcid=pcid)
    assert result.failed is Step.KEY
    assert result.fault is not None
    assert result.fault.fault is (KeyFault.AUTHENTICATION if pcid else KeyFault.IDENTIFIER)


def test_the_forms_of_minus_20_are_told_apart() -> None:
    way = WAYS[INSTALL_20]
    came, key = answered(way), service(way.edition).key
    none: dict[str, Any] = {"secp521_encrypted_private_key": None}
    for parts, fault in (
        (none | {"tpm_encrypted_private_key": bytes(206)}, KeyFault.TPM),
        (none | {"x448_encrypted_private_key": bytes(84), "ecdh_curve": "X448"}, KeyFault.CURVE),
        (none | {"x448_encrypted_private_key": bytes(84)}, KeyFault.LENGTH),
        ({"dh_public_key": bytes(133)}, KeyFault.POINT),
        ({"dh_public_key": b"\4" + bytes(56)}, KeyFault.LENGTH),
    ):
        result = taken(way, changed20(came, key, **parts))
        assert result.failed is Step.KEY
        assert result.fault is not None
        assert result.fault.fault is fault


def test_an_answer_for_a_vehicle_on_x448() -> None:
    """The key is sealed by that scheme. (The vehicle's certificate could sign no request: X448 only agrees.)"""
    way, own, key = WAYS[INSTALL_20], x448.X448PrivateKey.generate(), x448.X448PrivateKey.generate()
    vehicles = forged("oem-sub2", Subject(PCID, "Volta", "DE", "OEM").name(), own.public_key())
    asked = replaced(way.request().oem_provisioning_certificate_chain, certificate=der(vehicles))
    request = way.request(oem_provisioning_certificate_chain=asked)
    assert scheme_of(request) is Scheme.ISO20_X448
    with pytest.raises(ContractKeyFault) as caught:
        answered(way, request)
    assert caught.value.fault is KeyFault.CURVE

    full = new_contract(Edition.ISO20)
    ski = x509.SubjectKeyIdentifier(b"12345678")
    made = forged("mo-sub2", full.certificate.subject, key.public_key(), ski)
    came = answered(way, request, contract=v2g_pki.Holder(made, full.subs, full.root, key))
    data = came.signed_installation_data
    assert (data.ecdh_curve, len(data.dh_public_key), len(data.x448_encrypted_private_key)) == ("X448", 57, 84)
    sealed = SealedKey(Scheme.ISO20_X448, data.dh_public_key, data.x448_encrypted_private_key)
    opened = unseal(sealed, own, key.public_key(), bound_to=associated_data(PCID, made))
    assert value_of(opened) == value_of(key)


def forged(issuer: str, subject: x509.Name, key: Any, *extensions: x509.ExtensionType) -> x509.Certificate:
    """A certificate of a key that our own issuing refuses."""
    above = authority(issuer, KeyKind.EC_P521)
    builder = (
        x509.CertificateBuilder()
        .issuer_name(above.certificate.subject)
        .subject_name(subject)
        .public_key(key)
        .serial_number(7)
        .not_valid_before(NOW)
        .not_valid_after(NOW + 9 * DAY)
    )
    for each in extensions:
        builder = builder.add_extension(each, critical=False)
    return builder.sign(above.key, hashes.SHA512())


@cache
def streams(name: str) -> tuple[bytes, Any]:
    way = WAYS[name]
    codec: Any = ISO20_COMMON if way.edition is Edition.ISO20 else ISO2
    return codec.encode(answered(way)), codec


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from([INSTALL, UPDATE, INSTALL_20]), place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7)
)
def test_nothing_that_was_changed_on_the_way_is_taken(name: str, place: float, bit: int) -> None:
    """Wherever a bit is turned: it cannot be read, the contract is the same, or it is refused; never an exception."""
    stream, codec = streams(name)
    changed = bytearray(stream)
    changed[int(place * len(stream))] ^= 1 << bit
    try:
        came: Any = codec.decode(bytes(changed))
    except DecodeError:
        return
    way = WAYS[name]
    if type(came) is not type(codec.decode(stream)):
        return
    if isinstance(came, iso2.V2G_Message) and type(came.body.body_element).__name__[-3:] != "Res":
        return
    result = taken(way, came)
    assert not result.good or value_of(result.key) == value_of(new_contract(way.edition).key)  # type: ignore[arg-type]


# --- as OCPP carries them -------------------------------------------------------------------------------------------------------------


def test_a_document_is_read_with_its_schema_or_without() -> None:
    for name, schema in ((INSTALL, SCHEMA_2), (UPDATE, SCHEMA_2), (INSTALL_20, SCHEMA_20)):
        signed = WAYS[name].signed()
        text = exi_text(signed)
        assert read_exi(text, schema) == read_exi(text) == read_exi(f"{text[:40]}\n{text[40:]}\n") == signed


@pytest.mark.parametrize("text", ["!", "gA=", "gAÄ="])
def test_what_is_no_base64(text: str) -> None:
    with pytest.raises(PkiFault, match="Base64"):
        read_exi(text)


@pytest.mark.parametrize("schema", ["urn:din:70121:2012:MsgDef", "urn:iso:std:iso:15118:-20:AC", "whatever"])
def test_other_schemas_have_no_contracts(schema: str) -> None:
    with pytest.raises(PkiFault, match="No contract certificates"):
        read_exi(exi_text(WAYS[INSTALL].signed()), schema)


@settings(max_examples=50, deadline=None)
@given(rubbish=st.binary(max_size=60), schema=st.sampled_from(["", SCHEMA_2, SCHEMA_20]))
def test_rubbish_is_no_document(rubbish: bytes, schema: str) -> None:
    """Without the header that all documents begin with."""
    with pytest.raises(DecodeError):
        read_exi(b64encode(b"\0" + rubbish).decode(), schema)


def test_a_document_that_is_not_about_contracts() -> None:
    stop = iso2.V2G_Message(
        header=iso2.MessageHeader(session_id=bytes(8)),
        body=iso2.Body(body_element=iso2.SessionStopReq(charging_session="Terminate")),
    )
    text = b64encode(ISO2.encode(stop)).decode()
    for schema in ("", SCHEMA_2):
        with pytest.raises(PkiFault, match="no message about contract certificates"):
            read_exi(text, schema)


def test_a_senders_key_is_used_for_one_answer() -> None:
    """What is `Fresh` is what the answer carries: its key, and in front of the ciphertext its IV."""
    way = WAYS[INSTALL]
    new_one = fresh(Scheme.ISO2, token_bytes)
    content = answered(way, fresh=Fresh(new_one.ephemeral, bytes(range(16)))).body.body_element
    assert content.contract_signature_encrypted_private_key.value[:16] == bytes(range(16))
    assert content.dh_public_key.value != answered(way).body.body_element.dh_public_key.value
