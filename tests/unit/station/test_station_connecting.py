"""What a way means in versions, passwords, proxies and TLS, and what a failed attempt means."""

from __future__ import annotations

import ssl
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from pilotwire.clock import SystemClock
from pilotwire.csms.gateway.lab_certificates import pem_of
from pilotwire.errors import ConfigError
from pilotwire.ocpp.net.client import ConnectError
from pilotwire.ocpp.version import OcppVersion
from pilotwire.station.client_context import (
    client_context,
    delete_installers,
    has_valid,
    leaf_is_valid,
    own_in,
    roots_in,
)
from pilotwire.station.connecting import event_of, offered, proxy_url, secret_of
from pilotwire.station.core.network_ways import Carrier, Way
from pilotwire.station.files import MemoryFiles
from pilotwire.station.refit import with_credentials, write_credentials
from tests.support.secure_scene import SecureScene

V201, V21, V16 = OcppVersion.V201, OcppVersion.V21, OcppVersion.V16


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SecureScene:
    return SecureScene(tmp_path_factory.mktemp("pki"))


def _way(version: str | None) -> Way:
    return Way(1, "ws://csms.example", 0, Carrier.ETHERNET, 30, ocpp_version=version)


@pytest.mark.parametrize(
    ("named", "own", "others", "offers"),
    [
        (None, V201, (), (V201,)),
        (None, V21, (V201,), (V21, V201)),
        ("OCPP20", V21, (V201,), (V201, V21)),
        ("OCPP201", V21, (V201,), (V201, V21)),
        ("OCPP21", V21, (V201,), (V21, V201)),
        ("OCPP21", V201, (), (V201,)),
    ],
)
def test_the_version_a_profile_names_is_offered_first(
    named: str | None, own: OcppVersion, others: tuple[OcppVersion, ...], offers: tuple[OcppVersion, ...]
) -> None:
    assert offered(_way(named), own, others) == offers


@pytest.mark.parametrize(
    ("password", "version", "shown"),
    [
        ("4F43415F4F4354545F61646D696E5F74657374", V16, b"OCA_OCTT_admin_test"),
        ("4F43415F4F4354545F61646D696E5F74657374", V201, "4F43415F4F4354545F61646D696E5F74657374"),
        ("00112233445566778899aabbccddeeff", V16, bytes.fromhex("00112233445566778899aabbccddeeff")),
        ("00112233445566778899aabbccddee", V16, "00112233445566778899aabbccddee"),
        ("the-password-of-today", V16, "the-password-of-today"),
        (None, V16, None),
    ],
)
def test_a_hexadecimal_key_of_1_6_stands_for_bytes(
    password: str | None, version: OcppVersion, shown: bytes | str | None
) -> None:
    assert secret_of(password, version) == shown


@pytest.mark.parametrize(
    ("proxy", "url"), [("proxy.example", "http://proxy.example:80"), ("10.0.0.1:3128", "http://10.0.0.1:3128")]
)
def test_a_proxy_without_a_port_has_80(proxy: str, url: str) -> None:
    assert proxy_url(proxy) == url


def _failed(reason: str) -> ConnectError:
    error = ConnectError("tls", "no TLS")
    cause = ssl.SSLError(1, reason)
    cause.reason = reason
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (_failed("TLSV1_ALERT_PROTOCOL_VERSION"), "InvalidTLSVersion"),
        (_failed("UNSUPPORTED_PROTOCOL"), "InvalidTLSVersion"),
        (_failed("SSLV3_ALERT_HANDSHAKE_FAILURE"), "InvalidTLSCipherSuite"),
        (_failed("WRONG_VERSION_NUMBER"), None),
        (ConnectError("http", "no", status=401), "FailedToAuthenticateAtCsms"),
        (ConnectError("http", "no", status=503), None),
        (ConnectError("refused", "no"), None),
    ],
    ids=["alert-version", "version", "suites", "no-tls", "401", "503", "refused"],
)
def test_what_a_failed_attempt_means(error: ConnectError, event: str | None) -> None:
    assert event_of(error) == event


# --- TLS ------------------------------------------------------------------------------------------------------------

NEEDED = {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"}
NO_SECRECY = {"AES128-GCM-SHA256", "AES256-GCM-SHA384"}


def _suites(context: ssl.SSLContext) -> set[str]:
    return {suite["name"] for suite in context.get_ciphers()}


@pytest.mark.req("A00.FR.313", "A00.FR.319", "A00.FR.321", "A00.FR.416", "A00.FR.422")
@pytest.mark.req("SEC16:A00.FR.318", "SEC16:A00.FR.422", "SEC16:A00.FR.501", "SEC16:A00.FR.502", "SEC16:A00.FR.503")
def test_the_suites_that_must_be_are_offered(scene: SecureScene) -> None:
    """Strictly: none without forward secrecy."""
    usual = client_context(scene.files(), shows_certificate=False)
    strict = client_context(scene.files(), shows_certificate=False, only_strong_ciphers=True)
    assert _suites(usual) >= NEEDED | NO_SECRECY
    assert _suites(strict) >= NEEDED
    assert not _suites(strict) & NO_SECRECY
    for context in (usual, strict):
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
        assert context.options & ssl.OP_NO_COMPRESSION
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.security_level >= 2, "112 bits, however OpenSSL was built"
        assert not any("CBC3" in suite or "RC4" in suite or "NULL" in suite for suite in _suites(context))


def test_the_host_name_is_checked_unless_that_is_switched_off(scene: SecureScene) -> None:
    files = scene.files()
    assert client_context(files, shows_certificate=False).check_hostname
    lenient = client_context(files, shows_certificate=False, checks_host_name=False)
    assert (lenient.check_hostname, lenient.verify_mode) == (False, ssl.CERT_REQUIRED)


def _handshake(client: ssl.SSLContext, server: ssl.SSLContext, host: str) -> None:
    """Both ends in memory; raises what the client has against it."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    mine = client.wrap_bio(to_client, to_server, server_hostname=host)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for end in (mine, theirs, mine, theirs):
        with suppress(ssl.SSLWantReadError):
            end.do_handshake()


@pytest.mark.req("A00.FR.309", "A00.FR.412")
@pytest.mark.parametrize("allowed", [False, True])
def test_a_name_with_a_wildcard_is_taken_only_where_that_is_wanted(scene: SecureScene, allowed: bool) -> None:
    """SecurityCtrlr.AllowCSMSTLSWildcards."""
    client = client_context(scene.files(), shows_certificate=False, takes_wildcards=allowed)
    _handshake(client, scene.server_context("good"), "localhost")
    server = scene.server_context("wildcard")
    if allowed:
        _handshake(client, server, "one.csms.example")
    else:
        with pytest.raises(ssl.SSLCertVerificationError, match=r"one\.csms\.example"):
            _handshake(client, server, "one.csms.example")


def test_a_station_of_profile_3_has_a_certificate(scene: SecureScene) -> None:
    with pytest.raises(ConfigError, match="there is none"):
        client_context(scene.files(), shows_certificate=True)
    files = scene.files(certificate=True)
    assert client_context(files, shows_certificate=True)
    files.write("tls/installer-key.pem", (scene.folder / "server-rsa-key.pem").read_bytes())
    with pytest.raises(ConfigError, match="cannot be used"):
        client_context(files, shows_certificate=True)
    files = scene.files()
    files.write("tls/installer-roots.pem", b"no certificate")
    with pytest.raises(ConfigError, match="cannot be used"):
        client_context(files, shows_certificate=False)


def test_what_was_installed_over_ocpp_goes_before_what_was_set_up(scene: SecureScene) -> None:
    """Its own certificate; roots are trusted together."""
    files = scene.files(certificate=True)
    files.write("tls/station-chain.pem", b"chain")
    assert (own_in(files) or (b"", b""))[0] != b"chain", "without its key it is none"
    files.write("tls/station-key.pem", b"key")
    assert own_in(files) == (b"chain", b"key")
    files.write("tls/csms-roots.pem", b"another root")
    assert roots_in(files).count(b"another root") == 1
    assert b"BEGIN CERTIFICATE" in roots_in(files)
    assert roots_in(files, one_root=True) == b"another root", (
        "with AdditionalRootCertificateCheck there is one root (M05.FR.09)"
    )
    assert b"BEGIN CERTIFICATE" in roots_in(scene.files(), one_root=True)
    assert (roots_in(MemoryFiles()), own_in(MemoryFiles())) == (b"", None)


@pytest.mark.req("SEC16:M04.FR.02")
def test_a_root_of_the_setup_that_was_deleted_counts_when_it_is_given_by_hand_again(scene: SecureScene) -> None:
    """Not when a program gives it at its start; others of the setup count as before."""
    files, one = scene.files(), (scene.folder / "ca.pem").read_bytes()
    other = pem_of(scene.pki.stranger.certificate)
    files.write("tls/installer-roots.pem", one + other)
    delete_installers(files, one.decode("ascii"))
    assert roots_in(files) == other
    delete_installers(files, (one + other).decode("ascii"))
    files.write("tls/installer-roots.pem", one)
    assert roots_in(files) == b""
    given = {"tls/installer-roots.pem": one}
    assert roots_in(with_credentials(files, given)) == one
    write_credentials(files, given)
    assert roots_in(files) == one


def test_what_is_valid_now(scene: SecureScene, tmp_path: Path) -> None:
    now = SystemClock().now()
    pem = (scene.folder / "ca.pem").read_bytes()
    later = now + timedelta(days=365 * 100)
    assert [has_valid(one, now) for one in (pem, b"", b"rubbish")] == [True, False, False]
    assert [leaf_is_valid(one, now) for one in (pem, b"", b"rubbish")] == [True, False, False]
    assert (has_valid(pem, later), leaf_is_valid(pem, later)) == (False, False)
