"""TLS in captures: real sessions, opened with their key log or not; alerts in words; certificates; broken handshakes."""

from __future__ import annotations

import contextlib
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.doctor.findings import Severity
from pilotwire.doctor.readers import tls_hello
from pilotwire.doctor.readers.anything import read_any
from pilotwire.doctor.readers.capture import read_capture
from pilotwire.doctor.readers.recording import Recording
from pilotwire.doctor.readers.tls_keys import KeyLog, from_secret, suite_of
from pilotwire.doctor.tls_names import ALERTS, SUITES, is_grease
from pilotwire.errors import ConfigError
from tests.support.doctor_captures import (
    BOOT,
    BOOTED,
    Talk,
    Tls,
    file_of,
    frame,
    pcap,
    pcapng,
    request,
    server_pem,
    taken,
)

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
SAID = [("station", BOOT), ("csms", BOOTED)]


def session(folder: Path, version: ssl.TLSVersion = V13, ciphers: str = "", **more: str | None) -> Tls:
    tls = Tls(Talk(backend=("192.0.2.1", 443)).open(), folder, **more)  # type: ignore[arg-type]
    tls.client.maximum_version = version
    if ciphers:
        tls.client.set_ciphers(ciphers)
        tls.server.set_ciphers(ciphers)
    return tls


def spoken(tls: Tls, host: str = "backend.test") -> Tls:
    tls.start().say(True, request(host=host)).say(False, taken())
    return tls.say(True, frame(BOOT, masked=True)).say(False, frame(BOOTED, masked=False))


def read(tls: Tls, *, keys: bool = True) -> Recording:
    key_log = tls.key_log.read_text() if keys and tls.key_log.exists() else ""
    return read_capture(file_of(pcap(tls.talk.packets)), key_log)


def said(recording: Recording) -> list[tuple[str, str]]:
    return [(each.sender, each.text) for each in recording.heard]


def found(recording: Recording) -> dict[str, str]:
    return {each.rule.id: each.what for each in recording.chart.findings}


@pytest.mark.parametrize(
    ("version", "ciphers"),
    [
        (V13, ""),
        (V12, "ECDHE-ECDSA-AES128-GCM-SHA256"),
        (V12, "ECDHE-ECDSA-AES256-GCM-SHA384"),
        (V12, "ECDHE-ECDSA-CHACHA20-POLY1305"),
        (V12, "ECDHE-ECDSA-AES128-CCM"),
        (V12, "ECDHE-ECDSA-AES256-CCM8:@SECLEVEL=0"),
    ],
)
def test_a_session_is_opened_with_its_key_log(tmp_path: Path, version: ssl.TLSVersion, ciphers: str) -> None:
    recording = read(spoken(session(tmp_path, version, ciphers)))
    assert said(recording) == SAID
    assert found(recording) == {}
    (handshake,) = recording.handshakes
    assert handshake.offer is not None
    assert handshake.offer.sni == "backend.test"
    assert handshake.complete
    assert [each.serial_number for each in handshake.server_chain] == [5]


@pytest.mark.parametrize("version", [V12, V13])
def test_without_secrets_it_is_told_that_nothing_can_be_read(tmp_path: Path, version: ssl.TLSVersion) -> None:
    tls = spoken(session(tmp_path, version))
    assert found(read(tls, keys=False)) == {
        "capture.tls-not-opened": "What was said inside TLS cannot be read: there is no key log."
    }
    other = read_capture(file_of(pcap(tls.talk.packets)), f"CLIENT_RANDOM {'00' * 32} {'00' * 48}")
    assert "no secrets for it" in found(other)["capture.tls-not-opened"]
    wrong = "\n".join(line[:-4] + "0000" for line in tls.key_log.read_text().splitlines())
    assert "do not open packet" in str(found(read_capture(file_of(pcap(tls.talk.packets)), wrong)))


def test_secrets_in_the_capture_itself_are_used(tmp_path: Path) -> None:
    tls = spoken(session(tmp_path))
    assert said(read_capture(file_of(pcapng([(1, tls.talk.packets)], key_log=tls.key_log.read_text())))) == SAID


def test_a_suite_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    tls = spoken(session(tmp_path, V12, "ECDHE-ECDSA-AES128-SHA256"))
    assert "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 cannot be opened" in found(read(tls))["capture.tls-not-opened"]


@pytest.mark.parametrize("version", [V12, V13])
def test_records_behind_a_lost_segment_are_still_opened(tmp_path: Path, version: ssl.TLSVersion) -> None:
    tls = session(tmp_path, version).start().say(True, request()).say(False, taken())
    before = len(tls.talk.packets)
    tls.say(True, frame(BOOT.replace('"1"', '"lost"'), masked=True))
    del tls.talk.packets[before]
    tls.say(True, frame(BOOT, masked=True)).say(False, frame(BOOTED, masked=False))
    recording = read(tls)
    assert said(recording) == SAID
    assert found(recording).keys() == {"capture.gap"}


def test_a_server_that_is_not_named_is_a_breach_unless_the_url_has_an_address(tmp_path: Path) -> None:
    assert found(read(spoken(session(tmp_path, name=None)))).keys() == {"capture.sni-missing"}
    assert found(read(spoken(session(tmp_path, name=None), host="192.0.2.1:443"))) == {}
    assert found(read(spoken(session(tmp_path, name=None), host="[2001:db8::1]"))) == {}


def test_a_certificate_that_is_not_taken_is_told_with_the_certificate(tmp_path: Path) -> None:
    tls = session(tmp_path, V12)
    tls.client.verify_mode = ssl.CERT_REQUIRED
    recording = read(tls.start())
    (finding,) = recording.chart.findings
    assert finding.what.startswith("The station ends TLS with the alert unknown_ca: it does not trust the authority")
    assert (finding.evidence[0], finding.weight) == (
        "certificate it was shown: CN=backend.test,O=Volta",
        Severity.FATAL,
    )
    modern = session(tmp_path, V13)
    modern.client.verify_mode = ssl.CERT_REQUIRED
    modern.start()
    assert "unknown_ca" in found(read(modern))["capture.tls-alert"]


def test_a_sealed_alert_in_place_of_the_first_answer_is_told_without_secrets(tmp_path: Path) -> None:
    tls = session(tmp_path).start()
    packets = tls.talk.packets
    finished = next(
        n for n, (_, packet) in enumerate(packets) if packet[54:].startswith(b"\x14\x03\x03\0\x01\x01\x17")
    )  # the client's
    at, packet = packets[finished]
    alert = packet[:54] + b"\x14\x03\x03\0\x01\x01\x17\x03\x03\0\x13" + bytes(19)
    tls.talk.packets = [*packets[:finished], (at, alert[:16] + (len(alert) - 14).to_bytes(2, "big") + alert[18:])]
    sealed = found(read(tls, keys=False))
    assert sealed.keys() == {"capture.tls-alert"}
    assert sealed["capture.tls-alert"].startswith("The station ends TLS right after the handshake")


@pytest.mark.parametrize(("version", "alert"), [(V12, "handshake_failure"), (V13, "certificate_required")])
def test_a_client_certificate_that_is_missing(tmp_path: Path, version: ssl.TLSVersion, alert: str) -> None:
    tls = session(tmp_path, version)
    tls.server.load_verify_locations(server_pem(tmp_path))
    tls.server.verify_mode = ssl.CERT_REQUIRED
    recording = read(tls.start())
    assert found(recording)["capture.tls-alert"].startswith(f"The backend ends TLS with the alert {alert}")
    assert recording.handshakes[0].certificate_asked
    if version is V13:
        assert found(read(tls, keys=False))["capture.tls-alert"].startswith("The backend ends TLS right after")


def test_the_chain_of_a_client_is_read(tmp_path: Path) -> None:
    tls = session(tmp_path, V12)
    tls.server.load_verify_locations(server_pem(tmp_path))
    tls.server.verify_mode = ssl.CERT_OPTIONAL
    tls.client.load_cert_chain(server_pem(tmp_path))
    (handshake,) = read(tls.start(), keys=False).handshakes
    assert [each.serial_number for each in handshake.client_chain] == [5]


def test_versions_that_are_not_shared_and_old_ones(tmp_path: Path) -> None:
    tls = session(tmp_path, V12)
    tls.server.minimum_version = V13
    assert "protocol_version" in found(read(tls.start()))["capture.tls-alert"]
    hello = b"\x03\x01" + bytes(32) + b"\0" + b"\0\x04\0\x2f\x0a\x0a" + b"\x01\0"
    record = b"\x16\x03\x01" + (len(hello) + 4).to_bytes(2, "big") + b"\x01" + len(hello).to_bytes(3, "big") + hello
    old = read_capture(file_of(pcap(Talk().open().say(True, record).wait(5).reset(False).packets)))
    what = found(old)
    assert what["capture.tls-old"] == "The station offers nothing newer than TLSv1.0."
    assert what["capture.tls-no-answer"].startswith(
        "The station's ClientHello is not answered: the backend (or a device"
    )
    assert what.keys() == {"capture.tls-old", "capture.tls-no-answer", "capture.sni-missing"}
    plain = read_capture(
        file_of(pcap(Talk().open().say(True, record).say(False, b"HTTP/1.1 400 Bad Request\r\n\r\n").packets))
    )
    assert found(plain) == {"capture.tls-mismatch": "The station speaks TLS, the backend answers without it."}


def test_a_handshake_that_stops_says_who_stopped(tmp_path: Path) -> None:
    tls = session(tmp_path, V12).start()
    shown = next(place for place, (_, packet) in enumerate(tls.talk.packets) if b"Root" in packet)
    del tls.talk.packets[shown + 1 :]
    tls.talk.end(True)
    recording = read(tls)
    assert found(recording)["capture.tls-unfinished"].startswith(
        "The TLS handshake does not come to its end: the station"
    )


def test_a_key_log_that_is_none_is_refused(tmp_path: Path) -> None:
    capture, nothing = tmp_path / "a.pcap", tmp_path / "keys"
    capture.write_bytes(pcap(Talk().open().packets))
    with pytest.raises(ConfigError, match="cannot be read"):
        read_any(str(capture), str(nothing))
    nothing.write_text("-----BEGIN PRIVATE KEY-----\n")
    with pytest.raises(ConfigError, match="is no key log"):
        read_any(str(capture), str(nothing))


def test_after_a_key_update_the_next_keys_are_used() -> None:
    secret = bytes(range(32))
    suite = suite_of(0x1301)
    assert suite is not None

    def expand(of: bytes, label: bytes, size: int) -> bytes:
        info = size.to_bytes(2, "big") + bytes([len(label) + 6]) + b"tls13 " + label + b"\0"
        return HKDFExpand(SHA256(), size, info).derive(of)

    opener = from_secret(suite, secret)
    for _ in range(2):
        key, iv = expand(secret, b"key", 16), expand(secret, b"iv", 12)
        sealed = AESGCM(key).encrypt(iv, b"hello\x17\0\0", b"\x17\x03\x03\0\x18")
        assert opener.open(23, 0x0303, sealed) == (23, b"hello")
        assert opener.open(23, 0x0303, sealed) is None
        secret = expand(secret, b"traffic upd", 32)
        opener.update()


def test_suites_are_opened_by_what_their_names_say() -> None:
    opened = {SUITES[each] for each in SUITES if suite_of(each) is not None}
    assert {each for each in SUITES.values() if "GCM" in each or "CHACHA" in each or "CCM" in each} == opened
    assert [name for name, _ in ALERTS.values()] == sorted(
        {n for n, _ in ALERTS.values()}, key=[n for n, _ in ALERTS.values()].index
    )
    assert is_grease(0x1A1A)
    assert not is_grease(0x1301)


@settings(max_examples=60)
@given(st.binary(max_size=100), st.booleans())
def test_handshake_messages_of_any_bytes_raise_value_errors_only(data: bytes, modern: bool) -> None:
    for reader in (tls_hello.read_client_hello, tls_hello.read_server_hello):
        with contextlib.suppress(ValueError):
            reader(data)
    with contextlib.suppress(ValueError):
        tls_hello.read_certificates(data, modern=modern)


@settings(max_examples=30)
@given(st.text(max_size=100))
def test_any_text_is_a_key_log_of_something_or_nothing(text: str) -> None:
    assert len(KeyLog(text)) >= 0


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    tls = spoken(session(tmp_path_factory.mktemp("tls"), V12))
    return pcap(tls.talk.packets), tls.key_log.read_text()


@settings(max_examples=30)
@given(changes=st.lists(st.tuples(st.integers(0, 10_000), st.binary(min_size=1, max_size=4)), max_size=10))
def test_a_mutated_session_never_raises(sealed: tuple[bytes, str], changes: list[tuple[int, bytes]]) -> None:
    data = bytearray(sealed[0])
    for place, change in changes:
        at = 24 + place % (len(data) - 30)
        data[at : at + len(change)] = change
    read_capture(file_of(bytes(data)), sealed[1])
