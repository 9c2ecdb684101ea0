"""A vehicle's ClientHello: read from what OpenSSL really says, from the extensions of ISO 15118-2 and -20, and from garbage."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.iso15118.net.hello import TLS12, TLS13, ClientHello, HelloFault, complete_hello, read_hello
from pilotwire.iso15118.net.tls import Handshake, VehicleContext, VehicleTls
from tests.support.v2g_papers import P521, clock, papers, root

ROOT = bytes(range(20))


def spoken(tls: VehicleTls) -> bytes:
    """The first flight of a vehicle."""
    connection = VehicleContext(tls).connection(Handshake())
    with contextlib.suppress(Exception):
        connection.do_handshake()
    return connection.bio_read(65_536)


def vector(size: int, content: bytes) -> bytes:
    return len(content).to_bytes(size, "big") + content


def hello(**extensions: bytes) -> bytes:
    """The body of a ClientHello; extensions as x43=b"..." by their number."""
    listed = b"".join(int(name[1:]).to_bytes(2, "big") + vector(2, data) for name, data in extensions.items())
    suites = vector(2, bytes.fromhex("c023"))
    return bytes.fromhex("0303") + bytes(32) + vector(1, b"") + suites + vector(1, b"\0") + vector(2, listed)


def records(body: bytes, size: int = 16_384) -> bytes:
    """A ClientHello in TLS records of at most `size` bytes."""
    message = b"\x01" + vector(3, body)
    return b"".join(b"\x16\x03\x01" + vector(2, message[at : at + size]) for at in range(0, len(message), size))


def test_what_openssl_says_for_a_vehicle_of_iso_15118_2() -> None:
    body = complete_hello(spoken(VehicleTls([root("v2g-root")], clock=clock())))
    assert body is not None
    said = read_hello(body)
    assert (said.versions, said.groups, said.wants_ocsp) == ((TLS12,), (23,), True)
    assert 0xC023 in said.suites
    assert not said.offers(TLS13)


def test_what_openssl_says_for_a_vehicle_of_both() -> None:
    vehicle = VehicleTls([root("v2g-root")], vehicle=papers("vehicle", P521), clock=clock())
    body = complete_hello(spoken(vehicle))
    assert body is not None
    said = read_hello(body)
    assert said.offers(TLS12)
    assert said.offers(TLS13)
    assert said.suites[:2] == (0x1302, 0x1303)


def test_the_roots_a_vehicle_of_iso_15118_2_trusts() -> None:
    identifiers = b"\x00" + b"\x01" + bytes(20) + b"\x02" + vector(2, b"name") + b"\x03" + ROOT
    assert read_hello(hello(x3=vector(2, identifiers))).trusted_roots == (ROOT,)


def test_the_authorities_a_vehicle_of_iso_15118_20_has() -> None:
    names = vector(2, b"one") + vector(2, b"two")
    assert read_hello(hello(x47=vector(2, names))).authorities == (b"one", b"two")


def test_a_hello_without_extensions() -> None:
    body = hello()[:-2]
    assert read_hello(body) == ClientHello((TLS12,), (0xC023,))


@given(size=st.integers(1, 80), cut=st.integers(0, 400))
def test_a_hello_is_whole_when_its_last_byte_is_there(size: int, cut: int) -> None:
    body = hello(x47=vector(2, vector(2, bytes(200))), x43=vector(1, bytes.fromhex("0304")))
    stream = records(body, size)
    assert complete_hello(stream + b"more") == body
    assert complete_hello(stream[: min(cut, len(stream) - 1)]) is None


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x01\xfe\x80\x01", "speaks V2GTP without TLS"),
        (b"GET / HTTP/1.1", "0x47, which is no TLS handshake"),
        (bytes.fromhex("1603010004 02000000"), "message of type 2"),
        (bytes.fromhex("1603010004 01ffffff"), "announced with 16777215 bytes"),
        (bytes.fromhex("1603010000"), "make no sense"),
        (bytes.fromhex("1603010004 01000010 15"), "interrupted by another TLS record"),
    ],
)
def test_what_is_no_hello(data: bytes, said: str) -> None:
    with pytest.raises(HelloFault, match=said):
        complete_hello(data)


@given(data=st.binary(max_size=200), begin=st.sampled_from([b"", b"\x16\x03\x01", hello(), records(hello())[:9]]))
def test_garbage_is_a_fault_or_not_yet_a_hello(data: bytes, begin: bytes) -> None:
    for read in (complete_hello, read_hello):
        with contextlib.suppress(HelloFault):
            read(begin + data)


@pytest.mark.parametrize("size", range(0, len(hello(x3=vector(2, b"\x03" + ROOT))), 7))
def test_a_hello_that_is_cut_short(size: int) -> None:
    with pytest.raises(HelloFault, match="ends in the middle of a field"):
        read_hello(hello(x3=vector(2, b"\x03" + ROOT))[:size])
