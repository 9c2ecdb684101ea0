"""Signatures of messages: those of others judged, ours made, and every way in which one is not good."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.errors import MisuseError
from pilotwire.iso15118 import iso2, xmldsig
from pilotwire.iso15118.codecs import ISO2, ISO20_COMMON
from pilotwire.iso15118.contracts import Kind, check_contract
from pilotwire.iso15118.exi.errors import DecodeError, EncodeError
from pilotwire.iso15118.iso20 import common_messages as iso20
from pilotwire.iso15118.provisioning import chain_of
from pilotwire.iso15118.signature import CANONICAL_EXI, Failure, Form, codec_of, fragment_of, sign, verify
from pilotwire.iso15118.signature_suites import ECDSA_SHA256, ECDSA_SHA512, ED448, ISO20_TEST_SUITES
from pilotwire.iso15118.signed_parts import (
    Edition,
    KeyRole,
    Message,
    content_of,
    is_signed_kind,
    signed_parts,
    with_signature,
)
from pilotwire.pki import KeyKind, Way, held
from pilotwire.tokens import Token, TokenPlace

VECTOR_FILES = Path(__file__).parents[2] / "vectors/iso15118"
VECTORS = [json.loads(line) for line in (VECTOR_FILES / "signatures.jsonl").read_text().splitlines()]
BY_NAME = {each["name"]: each for each in VECTORS}
P256 = ec.generate_private_key(ec.SECP256R1())
P521 = ec.generate_private_key(ec.SECP521R1())
ED = ed448.Ed448PrivateKey.generate()
replaced: Callable[..., Any] = msgspec.structs.replace


def message_of(vector: dict[str, Any]) -> Any:
    return codec_of(Edition(vector["edition"])).decode(bytes.fromhex(vector["exi"]))


def key_of(vector: dict[str, Any]) -> Any:
    return load_der_public_key(b64decode(vector["key"]))


def ours(name: str) -> tuple[Any, Any]:
    """A message of the vectors signed by us, and our key."""
    message = message_of(BY_NAME[name])
    key = P256 if isinstance(message, iso2.V2G_Message) else P521
    return sign(message, key), key


AUTHORIZATION, AUTHORIZATION_20 = "sig-001", "sig-010"
INSTALLATION, TARIFF, SCHEDULE_20 = "sig-007", "sig-009", "sig-017"
ALL = [each["name"] for each in VECTORS if each["failure"] is None]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_signatures_of_others(vector: dict[str, Any]) -> None:
    """Made by another implementation: good ones in both forms, with transforms and without, and six defects."""
    verdict = verify(message_of(vector), key_of(vector), ISO20_TEST_SUITES if vector["name"] == "sig-013" else ())
    assert verdict.failure == vector["failure"]
    assert verdict.good is (vector["failure"] is None)
    assert bool(verdict.what) is not verdict.good
    if verdict.good:
        assert verdict.form == vector["form"]


@pytest.mark.parametrize("vector", [each for each in VECTORS if each["parts"]], ids=lambda vector: vector["name"])
def test_what_is_hashed(vector: dict[str, Any]) -> None:
    message = message_of(vector)
    codec = codec_of(Edition(vector["edition"]))
    assert {each.element: fragment_of(codec, each).hex() for each in signed_parts(message).parts} == vector["parts"]


def test_p256_signs_messages_of_minus_20_on_test_benches_only() -> None:
    vector = BY_NAME["sig-013"]
    assert verify(message_of(vector), key_of(vector)).failure is Failure.SIGNATURE_ALGORITHM


def test_a_signature_in_der_is_told_by_name() -> None:
    vector = BY_NAME["sig-024"]
    assert "DER" in verify(message_of(vector), key_of(vector)).what


ROLES = {
    "sig-001": KeyRole.CONTRACT,
    "sig-004": KeyRole.CONTRACT,
    "sig-005": KeyRole.OEM_PROVISIONING,
    "sig-006": KeyRole.CONTRACT,
    "sig-007": KeyRole.CPS,
    "sig-008": KeyRole.CPS,
    "sig-009": KeyRole.MO,
    "sig-010": KeyRole.CONTRACT,
    "sig-014": KeyRole.OEM_PROVISIONING,
    "sig-015": KeyRole.CPS,
    "sig-016": KeyRole.CONTRACT,
    "sig-017": KeyRole.MO,
}


@pytest.mark.parametrize(("name", "role"), ROLES.items())
def test_whose_key_signs(name: str, role: KeyRole) -> None:
    message = message_of(BY_NAME[name])
    assert signed_parts(message).role is role
    assert is_signed_kind(message)


@pytest.mark.parametrize("name", ALL)
def test_what_we_sign_is_good_after_the_wire(name: str) -> None:
    message, key = ours(name)
    codec = codec_of(signed_parts(message).edition)
    received: Any = codec.decode(codec.encode(message))
    verdict = verify(received, key.public_key())
    assert (verdict.good, verdict.form) == (True, Form.XMLDSIG)
    assert verdict.suite in (ECDSA_SHA256, ECDSA_SHA512)
    signature = received.header.signature
    assert len(signature.signature_value.value) == (64 if key is P256 else 132)
    for each in signature.signed_info.reference:
        assert [one.algorithm for one in each.transforms.transform] == [CANONICAL_EXI]
    other = ec.generate_private_key(key.curve).public_key()
    assert verify(received, other).failure is Failure.SIGNATURE


@pytest.mark.parametrize(("key", "suites"), [(ED, ()), (P256, ISO20_TEST_SUITES)])
def test_other_keys_sign_minus_20(key: Any, suites: Any) -> None:
    message = sign(message_of(BY_NAME[AUTHORIZATION_20]), key, suites)
    verdict = verify(message, key.public_key(), suites)
    assert verdict.good
    assert verdict.suite is (ED448 if key is ED else ECDSA_SHA256)


@settings(max_examples=30, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_any_id_can_be_referenced(text: str) -> None:
    message = with_body(message_of(BY_NAME[AUTHORIZATION]), id=text)
    assert verify(sign(message, P256), P256.public_key()).good


def with_body(message: Any, **changed: Any) -> Any:
    body = replaced(message.body, body_element=replaced(message.body.body_element, **changed))
    return replaced(message, body=body)


def with_info(message: Any, **changed: Any) -> Any:
    """The message with another SignedInfo."""
    signature = message.header.signature
    return with_signature(message, replaced(signature, signed_info=replaced(signature.signed_info, **changed)))


def with_reference(message: Any, **changed: Any) -> Any:
    first, *rest = message.header.signature.signed_info.reference
    return with_info(message, reference=[replaced(first, **changed), *rest])


def failure_of(message: Message, key: Any) -> Failure:
    verdict = verify(message, key.public_key())
    assert verdict.failure is not None
    assert verdict.what.endswith(".")
    return verdict.failure


INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"


def transforms(*algorithms: str, x_path: tuple[str, ...] = ()) -> xmldsig.Transforms:
    return xmldsig.Transforms(transform=[xmldsig.Transform(algorithm=each, x_path=list(x_path)) for each in algorithms])


@pytest.mark.parametrize("name", [AUTHORIZATION, AUTHORIZATION_20])
def test_algorithms_are_those_of_the_standard(name: str) -> None:
    message, key = ours(name)
    sha1 = xmldsig.DigestMethod(algorithm="http://www.w3.org/2000/09/xmldsig#sha1")
    hmac = xmldsig.SignatureMethod(algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1")
    short = replaced(message.header.signature.signed_info.signature_method, hmac_output_length=1)
    canonical = xmldsig.CanonicalizationMethod(algorithm=INCLUSIVE)
    for changed, failure in (
        (with_info(message, canonicalization_method=canonical), Failure.CANONICALIZATION),
        (with_info(message, signature_method=hmac), Failure.SIGNATURE_ALGORITHM),
        (with_info(message, signature_method=short), Failure.SIGNATURE_ALGORITHM),
        (with_reference(message, digest_method=sha1), Failure.DIGEST_ALGORITHM),
        (with_reference(message, transforms=transforms(INCLUSIVE)), Failure.TRANSFORM),
        (with_reference(message, transforms=transforms(CANONICAL_EXI, CANONICAL_EXI)), Failure.TRANSFORM),
        (with_reference(message, transforms=transforms(CANONICAL_EXI, x_path=("/",))), Failure.TRANSFORM),
    ):
        assert failure_of(changed, key) is failure


def test_each_element_is_referenced_once_and_nothing_else() -> None:
    message, key = ours(INSTALLATION)
    references = message.header.signature.signed_info.reference
    assert len(references) == 4
    stranger = replaced(references[0], uri="#elsewhere")
    for changed, failure in (
        ([*references, references[0]], Failure.TOO_MANY_REFERENCES),
        ([*references[:3], references[0]], Failure.REFERENCE_TWICE),
        ([*references[:3], stranger], Failure.REFERENCE_UNKNOWN),
        ([*references[:3], replaced(stranger, uri=None)], Failure.REFERENCE_UNKNOWN),
        ([*references[:3], replaced(stranger, uri="")], Failure.REFERENCE_UNKNOWN),
        (references[:3], Failure.REFERENCE_MISSING),
    ):
        assert failure_of(with_info(message, reference=changed), key) is failure


@pytest.mark.parametrize("missing", range(4))
def test_the_verdict_names_what_is_not_referenced(missing: int) -> None:
    message, key = ours(INSTALLATION)
    references = message.header.signature.signed_info.reference
    part = signed_parts(message).parts[missing]
    verdict = verify(with_info(message, reference=references[:missing] + references[missing + 1 :]), key.public_key())
    assert (verdict.failure, verdict.element, verdict.reference) == (
        Failure.REFERENCE_MISSING,
        part.element,
        f"#{part.id}",
    )


@pytest.mark.parametrize(
    ("field", "element"),
    [
        ("contract_signature_cert_chain", "ContractSignatureCertChain"),
        ("contract_signature_encrypted_private_key", "ContractSignatureEncryptedPrivateKey"),
        ("dh_public_key", "DHpublickey"),
        ("emaid", "eMAID"),
    ],
)
def test_the_verdict_names_what_was_changed(field: str, element: str) -> None:
    message, key = ours(INSTALLATION)
    value = getattr(message.body.body_element, field)
    if field == "contract_signature_cert_chain":
        value = replaced(value, certificate=value.certificate + b"!")
    else:
        value = replaced(value, value=value.value[::-1])
    verdict = verify(with_body(message, **{field: value}), key.public_key())
    assert (verdict.failure, verdict.element) == (Failure.DIGEST, element)


def test_what_need_not_be_signed_may_change() -> None:
    message, key = ours(INSTALLATION)
    assert verify(with_body(message, response_code="FAILED"), key.public_key()).good


def test_the_chain_of_the_provisioning_service_is_not_taken_for_the_contracts() -> None:
    """The element that is signed is found by its place, not by its Id alone."""
    message, key = ours(INSTALLATION)
    content = message.body.body_element
    chain = replaced(content.contract_signature_cert_chain, id="stolen")
    moved = with_body(
        message,
        contract_signature_cert_chain=chain,
        sa_provisioning_certificate_chain=content.contract_signature_cert_chain,
    )
    assert failure_of(moved, key) is Failure.REFERENCE_UNKNOWN


def test_digests_of_another_length_are_told() -> None:
    message, key = ours(AUTHORIZATION)
    assert "3 bytes" in verify(with_reference(message, digest_value=b"abc"), key.public_key()).what
    assert failure_of(with_reference(message, digest_value=b""), key) is Failure.DIGEST


def test_an_emaid_hashed_by_its_type_is_taken() -> None:
    """It is declared with two types, and peers hash it by either grammar; the form we make is that of the relaxed grammar."""
    message, key = ours(INSTALLATION)
    emaid = message.body.body_element.emaid
    by_type = ISO2.encode_fragment_unrelaxed(emaid, "eMAID")
    assert by_type != ISO2.encode_fragment(emaid, "eMAID")
    *others, last = message.header.signature.signed_info.reference
    assert last.uri == f"#{emaid.id}"
    info = replaced(
        message.header.signature.signed_info,
        reference=[*others, replaced(last, digest_value=ECDSA_SHA256.digest(by_type))],
    )
    assert verify(signed_again(message, info, key), key.public_key()).good


def signed_again(message: Any, info: xmldsig.SignedInfo, key: Any, codec: Any = ISO2) -> Any:
    """Signed by hand, SignedInfo in the form of the message's schemas."""
    value = xmldsig.SignatureValue(value=ECDSA_SHA256.sign(key, codec.encode_fragment(info)))
    return with_signature(message, xmldsig.Signature(signed_info=info, signature_value=value))


def test_signed_info_by_the_schemas_of_the_message_is_taken_too() -> None:
    message, key = ours(AUTHORIZATION)
    again = signed_again(message, message.header.signature.signed_info, key)
    assert verify(again, key.public_key()).form is Form.MESSAGE


def test_transforms_may_be_missing() -> None:
    message, key = ours(AUTHORIZATION)
    bare = with_reference(message, transforms=None).header.signature.signed_info
    assert verify(signed_again(message, bare, key), key.public_key()).good


def test_a_message_without_signature() -> None:
    message, key = ours(AUTHORIZATION)
    assert failure_of(with_signature(message, None), key) is Failure.NO_SIGNATURE


def test_a_signed_element_has_an_id_of_its_own() -> None:
    message, key = ours(AUTHORIZATION)
    assert failure_of(with_body(message, id=None), key) is Failure.NO_ID
    installed, key = ours(INSTALLATION)
    content = installed.body.body_element
    twice = with_body(installed, emaid=replaced(content.emaid, id=content.dh_public_key.id))
    assert failure_of(twice, key) is Failure.SAME_ID
    for unsignable in (with_body(message, id=None), with_body(message, id=""), twice):
        with pytest.raises(MisuseError, match="Id"):
            sign(unsignable, P256)


def test_what_cannot_be_encoded_again_is_not_good() -> None:
    message, key = ours(AUTHORIZATION)
    wrong = with_body(message, gen_challenge=5)
    assert failure_of(wrong, key) is Failure.MALFORMED
    with pytest.raises(EncodeError):
        sign(wrong, key)


def test_messages_that_have_nothing_to_sign() -> None:
    message, key = ours(TARIFF)
    schedules = message.body.body_element.sa_schedules
    bare = replaced(
        schedules, sa_schedule_tuple=[replaced(each, sales_tariff=None) for each in schedules.sa_schedule_tuple]
    )
    for none in (with_body(message, sa_schedules=bare), with_body(message, sa_schedules=None)):
        assert failure_of(none, key) is Failure.NOTHING_TO_SIGN
    with pytest.raises(MisuseError):
        sign(with_body(message, sa_schedules=None), key)


def test_every_sales_tariff_is_signed() -> None:
    message, key = ours(TARIFF)
    schedules = message.body.body_element.sa_schedules
    first = schedules.sa_schedule_tuple[0]
    second = replaced(first, sa_schedule_tuple_id=7, sales_tariff=replaced(first.sales_tariff, id="second"))
    more = with_body(message, sa_schedules=replaced(schedules, sa_schedule_tuple=[first, second]))
    assert failure_of(more, key) is Failure.REFERENCE_MISSING
    assert verify(sign(more, key), key.public_key()).good
    nameless = replaced(second, sales_tariff=replaced(first.sales_tariff, id=None))
    less = with_body(message, sa_schedules=replaced(schedules, sa_schedule_tuple=[first, nameless]))
    assert failure_of(less, key) is Failure.NO_ID


def test_price_schedules_without_id_are_not_signed() -> None:
    message, key = ours(SCHEDULE_20)
    signed = signed_parts(message)
    assert [each.element for each in signed.parts] == ["AbsolutePriceSchedule"]
    nameless = replaced(signed.parts[0].value, id=None)
    dynamic = iso20.Dynamic_SEResControlMode(absolute_price_schedule=nameless)
    bare = replaced(message, dynamic_se_res_control_mode=dynamic, scheduled_se_res_control_mode=None)
    assert failure_of(bare, key) is Failure.NOTHING_TO_SIGN


def test_kinds_of_messages_that_are_never_signed() -> None:
    message, _ = ours(AUTHORIZATION)
    for content in (iso2.SessionStopReq(charging_session="Terminate"), None):
        other = replaced(message, body=iso2.Body(body_element=content))
        assert not is_signed_kind(other)
        for ask in (lambda it=other: verify(it, P256.public_key()), lambda it=other: sign(it, P256)):
            with pytest.raises(MisuseError, match="signed"):
                ask()


@pytest.mark.parametrize(
    "key", [P521, ED, ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)]
)
def test_a_key_is_one_of_the_algorithm(key: Any) -> None:
    message, _ = ours(AUTHORIZATION)
    assert failure_of(message, key) is Failure.KEY
    with pytest.raises(MisuseError, match="cannot sign"):
        sign(message, key)


@settings(max_examples=60, deadline=None)
@given(value=st.binary(max_size=140) | st.binary(min_size=64, max_size=64) | st.just(bytes(64)))
def test_no_bytes_pass_for_a_signature(value: bytes) -> None:
    message, key = ours(AUTHORIZATION)
    signature = replaced(message.header.signature, signature_value=xmldsig.SignatureValue(value=value))
    assert failure_of(with_signature(message, signature), key) is Failure.SIGNATURE


@pytest.mark.parametrize(("name", "step"), [("sig-002", 1), ("sig-012", 5)])
def test_no_bit_of_what_is_signed_may_change(name: str, step: int) -> None:
    """Each bit (each fifth) of the stream turned: it cannot be read, changes nothing that is signed, or is not good."""
    vector = BY_NAME[name]
    codec: Any = ISO2 if name == "sig-002" else ISO20_COMMON
    key, right = key_of(vector), told_and_signed(message_of(vector))
    stream = bytes.fromhex(vector["exi"])
    judged = 0
    for bit in range(0, 8 * len(stream), step):
        changed = bytearray(stream)
        changed[bit // 8] ^= 0x80 >> bit % 8
        try:
            message = codec.decode(bytes(changed))
        except DecodeError:
            continue
        if is_signed_kind(message) and told_and_signed(message) != right:
            judged += 1
            assert not verify(message, key).good, bit
    assert judged > 300


def told_and_signed(message: Any) -> Any:
    """What the signature is about: the signed parts, SignedInfo, the value."""
    signed = signed_parts(message)
    signature = signed.signature
    return signed.parts, signature and (signature.signed_info, signature.signature_value.value)


def test_a_key_that_stays_in_its_token_signs() -> None:
    """`pilotwire.pki.held` stands for it: who has the key is given bytes and the hash, and returns DER."""
    asked: list[Way] = []

    def token(data: bytes, way: Way) -> bytes:
        asked.append(way)
        return P256.sign(data, ec.ECDSA(hashes.SHA256()))

    key: Any = held(P256.public_key(), token)
    assert verify(sign(message_of(BY_NAME[AUTHORIZATION]), key), P256.public_key()).good
    assert asked == [Way("SHA256")]


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    """A token of its own in a folder, deleted with it."""
    util, library = shutil.which("softhsm2-util"), Path("/usr/lib/softhsm/libsofthsm2.so")
    if util is None or not library.exists():
        pytest.skip("SoftHSM is not installed (softhsm2-util): no PKCS #11 token to test with.")
    pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: pip install 'pilotwire[pkcs11]'.")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(conf))
        made = [util, "--init-token", "--free", "--label", "vehicle", "--so-pin", "123456", "--pin", "654321"]
        subprocess.run(made, check=True, capture_output=True)
        pkcs11.lib(str(library)).finalize()  # the library reads where its tokens are when it begins, once in a process
        opened = Token(TokenPlace(str(library), "vehicle", "654321"))
        yield opened
        opened.close()
        pkcs11.lib(str(library)).finalize()


@pytest.mark.parametrize(("name", "kind"), [(AUTHORIZATION, KeyKind.EC_P256), (AUTHORIZATION_20, KeyKind.EC_P521)])
def test_a_pkcs11_token_signs(token: Token, name: str, kind: KeyKind) -> None:
    key_id = token.make_key("contract", kind)
    public = token.public_key(key_id)
    key: Any = held(public, lambda data, way: token.sign(key_id, data, way.digest))
    assert verify(sign(message_of(BY_NAME[name]), key), public).good


def test_a_contract_of_others_with_its_certificates() -> None:
    """From a session of another implementation with a PKI of its own: the certificates, then the request signed with their key."""
    told = json.loads((VECTOR_FILES / "contract_session.json").read_text())
    details, authorization = (
        ISO2.decode(bytes.fromhex(told[name])) for name in ("PaymentDetailsReq", "AuthorizationReq")
    )
    content: Any = content_of(details)  # type: ignore[arg-type]
    sent = chain_of(content.contract_signature_cert_chain)
    leaf, *_, last = (x509.load_der_x509_certificate(each) for each in sent)
    now = leaf.not_valid_before_utc + timedelta(days=1)
    chain = check_contract(sent, [last], now, Edition.ISO2, emaid=content.emaid)
    assert (chain.good, chain.response_code) == (True, "OK")
    assert [each.kind for each in chain.troubles] == [Kind.CHECK_DIGIT]
    assert verify(authorization, leaf.public_key()).good  # type: ignore[arg-type]


def test_small_halves_of_a_signature_keep_their_width() -> None:
    """r and s are as long as the order of the curve whatever their size."""

    key: Any = held(P256.public_key(), lambda data, way: bytes.fromhex("3006020101020102"))
    assert ECDSA_SHA256.sign(key, b"") == (1).to_bytes(32, "big") + (2).to_bytes(32, "big")
