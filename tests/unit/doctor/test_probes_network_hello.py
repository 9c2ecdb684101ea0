"""Hellos of TLS made and read by hand, against OpenSSL at the other end, and against bytes that are wrong."""

from __future__ import annotations

import contextlib
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.doctor.probes.hello import (
    CERTIFICATE_REQUEST,
    Answer,
    Garbled,
    Listener,
    Offer,
    client_hello,
    read_message,
    read_server_hello,
)
from pilotwire.doctor.probes.tls_names import (
    SSL3,
    SUITES,
    SUITES_13,
    TLS12,
    TLS13,
    VERSIONS,
    alert_words,
    is_weak,
    suite_name,
)
from tests.support.doctor_servers import (
    Shop,
    alert,
    hello_version,
    offers_compression,
    record,
    server_hello,
)

_RANDOM = bytes(range(32))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("hello")).made()


def answered(context: ssl.SSLContext, hello: bytes) -> bytes:
    """What OpenSSL says to a hello."""
    came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(came, goes, server_side=True)
    came.write(hello)
    with contextlib.suppress(ssl.SSLError):
        tls.do_handshake()
    return goes.read()


def offer(version: int, suites: tuple[int, ...] = (), **more: object) -> bytes:
    """A hello."""
    share = X25519PrivateKey.generate().public_key().public_bytes_raw()
    usual = tuple(SUITES_13) if version >= TLS13 else tuple(SUITES)
    return client_hello(Offer(version, suites or usual, _RANDOM, "localhost", share=share, **more))  # type: ignore[arg-type]


def test_openssl_answers_to_a_hello_of_tls_1_2_with_all_there_is_in_the_open(shop: Shop) -> None:
    context = shop.context(client_ca="root")
    answer = Listener().hear(answered(context, offer(TLS12, (0xC02B,))))
    assert answer.hello is not None
    assert (answer.hello.version, suite_name(answer.hello.suite)) == (TLS12, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
    assert (answer.hello.compression, answer.hello.secure_renegotiation) == (0, True)
    leaf = x509.load_der_x509_certificate(answer.certificates[0])
    assert leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "localhost"
    assert answer.authorities == ()
    assert answer.done


def test_openssl_answers_to_a_hello_of_tls_1_3(shop: Shop) -> None:
    answer = Listener().hear(answered(shop.context(), offer(TLS13, (0x1302,))))
    assert answer.hello is not None
    assert (answer.hello.version, answer.hello.suite, answer.done) == (TLS13, 0x1302, True)
    assert answer.hello.secure_renegotiation


@pytest.mark.parametrize("version", [each for each in VERSIONS if SSL3 < each < TLS12])
def test_openssl_refuses_old_versions_by_an_alert(shop: Shop, version: int) -> None:
    answer = Listener().hear(answered(shop.context(), offer(version)))
    assert answer.hello is None
    assert alert_words(answer.alert or 0).startswith("protocol_version: it does not speak a version")


def test_a_suite_that_is_not_shared_is_a_handshake_failure(shop: Shop) -> None:
    answer = Listener().hear(answered(shop.context(), offer(TLS12, (0x0005,))))
    assert answer.alert == 40


def test_a_hello_of_ssl_3_has_no_extensions() -> None:
    hello = offer(SSL3, (0x0035,))
    assert (hello[1:3], hello_version(hello)) == (b"\x03\x00", SSL3)
    assert hello[5 + 4 + 2 + 32 :] == b"\x00" + b"\x00\x02\x00\x35" + b"\x01\x00"


def test_compression_is_offered_where_it_is_to_be() -> None:
    assert offers_compression(offer(TLS12, compression=(1, 0)))
    assert not offers_compression(offer(TLS12))


def test_an_answer_is_heard_in_pieces_of_any_size() -> None:
    data = server_hello(TLS12, 0xC02B, compression=1, renegotiation=False)
    listener = Listener()
    for at in range(len(data)):
        listener.hear(data[at : at + 1])
    hello = listener.answer.hello
    assert hello is not None
    assert (hello.compression, hello.secure_renegotiation, listener.answer.done) == (1, False, True)


def test_a_warning_does_not_end_an_answer() -> None:
    listener = Listener()
    listener.hear(record(21, TLS12, b"\x01\x70"))
    assert (listener.answer.alert, listener.answer.done) == (None, False)
    assert listener.hear(alert(112)).alert == 112


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"SSH-2.0-x\r\n",
        b"\x16\x02\x00\x00\x01\x00",
        server_hello(TLS12, 0xC02B, cut=10),
        record(22, TLS12, b"\x0b\x00\x00\x03\x00\x00\x09"),
    ],
    ids=["HTTP", "SSH", "no version", "ServerHello cut short", "list of certificates cut short"],
)
def test_what_is_no_tls_is_garbled(data: bytes) -> None:
    with pytest.raises(Garbled):
        Listener().hear(data)


@given(st.binary(max_size=80), st.sampled_from([2, 11, 13, 14]))
def test_any_message_is_read_or_garbled(body: bytes, kind: int) -> None:
    with contextlib.suppress(Garbled):
        read_message(Answer(), kind, body)


@given(st.binary(max_size=200))
def test_any_bytes_are_heard_or_garbled(data: bytes) -> None:
    with contextlib.suppress(Garbled):
        Listener().hear(b"\x16\x03\x03" + data)


def _names_of(*common: str) -> bytes:
    ders = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]).public_bytes() for each in common]
    return b"".join(len(der).to_bytes(2, "big") + der for der in ders)


def _listed(content: bytes) -> bytes:
    return len(content).to_bytes(2, "big") + content


@pytest.mark.parametrize("names", [(), ("Root of Volta",), ("A", "B" * 60)])
def test_the_names_of_authorities_are_read_in_tls_1_2_and_1_3(names: tuple[str, ...]) -> None:
    wanted = tuple(f"CN={each}" for each in names)
    old = Answer(read_server_hello(server_hello(TLS12, 0xC02B)[9:55]))
    read_message(old, CERTIFICATE_REQUEST, b"\x02\x01\x40" + _listed(b"\x04\x03") + _listed(_names_of(*names)))
    supported = b"\x00\x06\x00\x2b\x00\x02\x03\x04"
    new = Answer(read_server_hello(b"\x03\x03" + bytes(32) + b"\x00\x13\x01\x00" + supported))
    extension = b"\x00\x2f" + _listed(_listed(_names_of(*names))) if names else b""
    read_message(new, CERTIFICATE_REQUEST, b"\x00" + _listed(b"\x00\x0d\x00\x04\x00\x02\x04\x03" + extension))
    assert (old.authorities, new.authorities) == (wanted, wanted)


def test_a_name_that_cannot_be_read_is_shown_as_it_is() -> None:
    answer = Answer(read_server_hello(server_hello(TLS12, 0xC02B)[9:55]))
    read_message(answer, CERTIFICATE_REQUEST, b"\x00" + _listed(b"") + _listed(_listed(b"\x30\x03abc")))
    assert answer.authorities == ("3003616263",)


@pytest.mark.req("A00.FR.320", "A00.FR.423")
def test_weak_suites_are_told_from_the_others() -> None:
    weak = {name for name in SUITES.values() if is_weak(name)}
    assert {"TLS_RSA_WITH_RC4_128_MD5", "TLS_RSA_WITH_NULL_SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"} <= weak
    assert not any(is_weak(name) for name in (*SUITES_13.values(), *list(SUITES.values())[:28]))
    assert suite_name(0xFFFF) == "0xFFFF"


def test_an_alert_nobody_knows_is_told_by_its_number() -> None:
    assert alert_words(200) == "alert 200: an alert that is not in the standard"


def test_the_files_of_the_shop_are_where_they_are_said_to_be(shop: Shop) -> None:
    assert Path(shop.file("station")).read_text().count("BEGIN") == 2
