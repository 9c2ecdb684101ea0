"""Reading what a station says in the opening handshake."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.ocpp.net.client import basic_authorization, connection_url
from pilotwire.ocpp.net.handshake import (
    Handshake,
    Unreadable,
    basic_credentials,
    choose,
    identity_in,
    no_common_version,
    offered_in,
)
from tests.support.ocpp_sockets import V16, V21, V201

identities = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=48)


@pytest.mark.req("J16:3.1.1", "J2:3.1.1")
@given(identities)
def test_every_identity_survives_the_url(identity: str) -> None:
    """What the client percent-encodes the server reads back."""
    url = connection_url("ws://csms.example.com:9000/ocpp/v2/", identity)
    assert url.startswith("ws://csms.example.com:9000/ocpp/v2/")
    assert identity_in(url.removeprefix("ws://csms.example.com:9000")) == identity


@pytest.mark.req("J16:3.1.1")
def test_the_connection_url_of_the_specification() -> None:
    """A space is percent-encoded; a query of the endpoint stays behind the identity."""
    assert connection_url("wss://csms.example.com/ocppj", "RDAM 123") == "wss://csms.example.com/ocppj/RDAM%20123"
    assert connection_url("ws://h/a?k=1", "X") == "ws://h/a/X?k=1"


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 404), ("/ocpp/", 404), ("/" + "x" * 61, 400), ("/%FF", 400), ("/a%0Ab", 400), ("/%20", 400)],
)
def test_what_can_be_no_identity_is_refused_with_a_sentence(path: str, status: int) -> None:
    """Nothing, too long, no UTF-8, unprintable."""
    with pytest.raises(Unreadable) as refusal:
        identity_in(path)
    assert refusal.value.status == status
    assert "identity" in refusal.value.what


@pytest.mark.req("A00.FR.204")
@given(identities, st.binary(max_size=40))
def test_credentials_survive_the_header(identity: str, password: bytes) -> None:
    """Any identity, any password bytes, colons included."""
    assert basic_credentials(basic_authorization(identity, password), identity) == (identity, password)


@pytest.mark.req("J16:6.2.2")
def test_the_authorization_header_of_the_specification() -> None:
    """Identity AL1000 with the 20-byte key of the example."""
    key = bytes.fromhex("0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF")
    assert basic_authorization("AL1000", key) == "Basic QUwxMDAwOgABAgMEBQYH////////////////"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_authorization_header_does_harm(header: str) -> None:
    """Either credentials or an explained refusal."""
    try:
        outcome: object = basic_credentials(header, "CS1")
    except Unreadable as refusal:
        outcome = refusal.status
    assert outcome == 401 or isinstance(outcome, tuple)


def test_a_username_other_than_the_identity_is_split_at_the_first_colon() -> None:
    """So the password may hold colons."""
    header = "Basic " + base64.b64encode(b"other:a:b").decode()
    assert basic_credentials(header, "CS1") == ("other", b"a:b")


@pytest.mark.req("A00.FR.207")
@pytest.mark.parametrize(
    ("username", "password", "secret", "fits"),
    [
        ("CS1", b"0123456789abcdef", "0123456789abcdef", True),
        ("CS1", b"0123456789abcdeF", "0123456789abcdeg", False),
        ("CS2", b"0123456789abcdef", "0123456789abcdef", False),
        ("CS1", None, "0123456789abcdef", False),
        ("CS1", bytes(range(20)), bytes(range(20)).hex(), True),
        ("CS1", bytes(range(20)).hex().upper().encode(), bytes(range(20)).hex(), True),
        ("CS1", bytes(range(20)), bytes(range(20)), True),
    ],
)
def test_identity_and_password_must_both_match(
    username: str, password: bytes | None, secret: str | bytes, fits: bool
) -> None:
    """A 1.6 AuthorizationKey counts as bytes and as its hexadecimal text."""
    handshake = Handshake("CS1", "/CS1", "", username=username, password=password, version=V16)
    assert handshake.presents(secret) is fits


def test_a_2x_password_is_text_and_nothing_else() -> None:
    """It may look hexadecimal, its bytes are not the password."""
    text = bytes(range(20)).hex()
    for password, fits in ((text.encode(), True), (bytes(range(20)), False), (text.upper().encode(), False)):
        handshake = Handshake("CS1", "/CS1", "", username="CS1", password=password, version=V201)
        assert handshake.presents(text) is fits


@pytest.mark.req("J16:3.1.2", "J2:3.1.2")
def test_our_order_of_preference_decides_and_only_exact_names_count() -> None:
    """A list over several headers is one list."""
    offered = offered_in(["ocpp1.6 , ocpp2.0.1", "soap"])
    assert offered == ("ocpp1.6", "ocpp2.0.1", "soap")
    assert choose(offered, (V21, V201, V16)) is V201
    assert choose(("OCPP1.6", "ocpp 2.0.1", "ocpp1.6j"), (V21, V201, V16)) is None


@pytest.mark.parametrize(
    ("name", "meant"),
    [("OCPP1.6", "ocpp1.6"), ("ocpp1.6j", "ocpp1.6"), ("ocpp 2.0.1", "ocpp2.0.1"), ("1.6", "ocpp1.6")],
)
def test_a_name_nearly_right_gets_a_hint(name: str, meant: str) -> None:
    """Refused all the same, but the reason tells how to write it."""
    assert f"{name!r} must be written {meant!r}" in no_common_version([name], (V201, V16))
