"""Pattern 4, the TLS handshake: a server that is not certainly ours hears nothing; one that is works; what was wrong is told."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from pilotwire.clock import SystemClock
from pilotwire.csms.gateway.lab_certificates import (
    Authority,
    Key,
    new_authority,
    new_certificate,
    pem_of,
    pem_of_key,
)
from pilotwire.station.core.logs_memory import SecurityLogMemory
from pilotwire.station.storage import MemoryStorage
from tests.support.scripted_csms import scripted_csms
from tests.support.secure_scene import PASSWORD, STATION, TOO_OLD, SecureScene, alerting, of_type
from tests.support.station_lab import VERSIONS, Lab, lab

pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
each_version = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SecureScene:
    return SecureScene(tmp_path_factory.mktemp("pki"))


# --- chains ---------------------------------------------------------------------------------------------------------------


class Chains:
    """Server certificates of a lab's CA and of its sub CA, right and wrong, as contexts of a server."""

    def __init__(self, scene: SecureScene) -> None:
        self._folder = scene.folder
        self._root = scene.pki._authority()
        self._now = SystemClock().now()
        self._sub = self._below(self._root, "Lab sub CA", days=100)

    def _below(self, above: Authority, name: str, *, days: int, ca: bool = True) -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        made = new_authority(name, self._now, days=days)
        if not ca:
            return Authority(new_certificate(above, name, key, self._now), key)
        return Authority(_signed_by(above, made, self._now, days), made.key)

    def server(self, kind: str) -> ssl.SSLContext:
        """A context by what it shows."""
        chain, key = getattr(self, kind.replace("-", "_"))()
        path = self._folder / f"chain-{kind}"
        path.with_suffix(".pem").write_bytes(b"".join(pem_of(each) for each in chain))
        path.with_suffix(".key").write_bytes(pem_of_key(key))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path.with_suffix(".pem"), path.with_suffix(".key"))
        return context

    def _leaf(
        self, above: Authority, key: Key | None = None, *, since: datetime | None = None, host: str = "localhost"
    ) -> Any:
        key = key or ec.generate_private_key(ec.SECP256R1())
        return new_certificate(above, host, key, since or self._now, hosts=[host], days=10), key

    def whole_chain(self) -> Any:
        leaf, key = self._leaf(self._sub)
        return [leaf, self._sub.certificate], key

    def rsa(self) -> Any:
        leaf, key = self._leaf(self._root, rsa.generate_private_key(public_exponent=65537, key_size=2048))
        return [leaf], key

    def chain_incomplete(self) -> Any:
        leaf, key = self._leaf(self._sub)
        return [leaf], key

    def self_signed(self) -> Any:
        own = new_authority("localhost", self._now)
        return [own.certificate], own.key

    def unknown_root(self) -> Any:
        stranger = new_authority("Pilotwire lab CA", self._now)  # the same name as ours, another key
        leaf, key = self._leaf(stranger)
        return [leaf, stranger.certificate], key

    def expired(self) -> Any:
        leaf, key = self._leaf(self._root, since=self._now - timedelta(days=30))
        return [leaf], key

    def not_yet_valid(self) -> Any:
        scene_key = ec.generate_private_key(ec.SECP256R1())
        made = new_certificate(
            self._root, "localhost", scene_key, self._now + timedelta(days=30), hosts=["localhost"], days=10
        )
        return [made], scene_key

    def other_host(self) -> Any:
        leaf, key = self._leaf(self._root, host="other.example")
        return [leaf], key

    def below_a_leaf(self) -> Any:
        middle = self._below(self._root, "no CA at all", days=50, ca=False)
        leaf, key = self._leaf(middle)
        return [leaf, middle.certificate], key

    def expired_sub_ca(self) -> Any:
        made = new_authority("old sub CA", self._now)
        sub = Authority(_signed_by(self._root, made, self._now - timedelta(days=60), 30), made.key)
        leaf, key = self._leaf(sub)
        return [leaf, sub.certificate], key


def _signed_by(above: Authority, made: Authority, since: datetime, days: int) -> x509.Certificate:
    """The certificate of a CA, issued by another one."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(made.certificate.subject)
        .issuer_name(above.certificate.subject)
        .public_key(made.key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since - timedelta(days=1))
        .not_valid_after(since + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    )
    return builder.sign(above.key, hashes.SHA256())


@pytest.fixture(scope="module")
def chains(scene: SecureScene) -> Chains:
    return Chains(scene)


BAD = (
    "chain-incomplete",
    "self-signed",
    "unknown-root",
    "expired",
    "not-yet-valid",
    "other-host",
    "below-a-leaf",
    "expired-sub-ca",
)


def _logged(storage: MemoryStorage) -> list[str]:
    saved = storage.load()
    assert saved is not None
    return [event.type for event in saved.part(SecurityLogMemory).events]


@pytest.mark.req("A00.FR.308", "A00.FR.309", "A00.FR.310", "SEC16:A00.FR.309")
@pytest.mark.parametrize("kind", BAD)
@each_version
async def test_a_server_that_may_be_anybody_hears_nothing(
    chains: Chains, scene: SecureScene, version: str, kind: str
) -> None:
    """No handshake, so no password and no boot; an event in the security log; the right server is taken at the next attempt."""
    storage = MemoryStorage()
    async with scripted_csms(version, tls=chains.server(kind)) as bad:
        port = bad.port
        station = lab(bad.url, version, files=scene.files(), password=PASSWORD, storage=storage)
        one = await station.__aenter__()
        try:
            await one.until(lambda: one.station.line.trouble, "trouble")
            assert not one.station.line.is_up
            assert "certificate" in one.station.line.trouble
            assert (bad.attempts, bad.passwords, bad.frames) == (0, [], [])
        finally:
            await _closed(bad)
    try:
        async with scripted_csms(version, tls=chains.server("whole-chain"), port=port) as good:
            await one.until_accepted()
            assert good.passwords == [PASSWORD]
            assert "InvalidCsmsCertificate" in _logged(storage)
    finally:
        await station.__aexit__(None, None, None)


async def _closed(csms: Any) -> None:
    for line in csms.lines:
        line.transport.abort()


@pytest.mark.parametrize("kind", ["whole-chain", "rsa"])
@each_version
async def test_right_chains_work(chains: Chains, scene: SecureScene, version: str, kind: str) -> None:
    """A sub CA that is sent along, and the other kind of key."""
    async with (
        scripted_csms(version, tls=chains.server(kind)) as csms,
        lab(csms.url, version, files=scene.files(), password=PASSWORD) as one,
    ):
        await one.until_accepted()
        assert csms.passwords == [PASSWORD]


async def test_a_csms_may_exchange_its_certificate(scene: SecureScene) -> None:
    """Bad from now on: the connection that stands goes on, the next one is not made; good again, it is."""
    server = scene.server()
    async with (
        scripted_csms(tls=server.context) as csms,
        lab(csms.url, files=scene.files(), password=PASSWORD) as one,
    ):
        await one.until_accepted()
        server.use("expired")
        csms.drop()
        await one.until(lambda: "expired" in one.station.line.trouble, "refused")
        assert len(csms.lines) == 1
        server.use("good")
        await one.until(lambda: len(csms.lines) == 2, "back")


@each_version
async def test_the_name_of_the_server_is_sent(scene: SecureScene, version: str) -> None:
    """SNI, at every attempt: load balancers route by it."""
    server = scene.server()
    async with scripted_csms(version, tls=server.context) as csms, lab(csms.url, version, files=scene.files()) as one:
        await one.until_accepted()
        csms.drop()
        await one.until(lambda: len(csms.lines) == 2, "back")
        assert server.names == ["localhost", "localhost"]


# --- versions and suites ---------------------------------------------------------------------------------------------------------


OUT_OF_DATE: dict[str, tuple[dict[str, Any], str]] = {
    "TLS 1.1 only": (TOO_OLD, "InvalidTLSVersion"),
    "TLS 1.0 only": (
        TOO_OLD | {"minimum_version": ssl.TLSVersion.TLSv1, "maximum_version": ssl.TLSVersion.TLSv1},
        "InvalidTLSVersion",
    ),
    "CBC with SHA-1 only": (
        {"ciphers": "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0", "maximum_version": ssl.TLSVersion.TLSv1_2},
        "InvalidTLSCipherSuite",
    ),
    "no encryption": (
        {"ciphers": "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0", "maximum_version": ssl.TLSVersion.TLSv1_2},
        "InvalidTLSCipherSuite",
    ),
}


@pytest.mark.req("A00.FR.316", "A00.FR.323", "SEC16:A00.FR.315", "SEC16:A00.FR.322")
@pytest.mark.parametrize("kind", OUT_OF_DATE)
@each_version
async def test_what_is_out_of_date_is_not_spoken(scene: SecureScene, version: str, kind: str) -> None:
    """No connection; the next CSMS that does better hears of it by a security event."""
    how, event = OUT_OF_DATE[kind]
    storage = MemoryStorage()
    async with alerting(scene.server_context("good", **how)) as port:
        station = lab(f"wss://localhost:{port}", version, files=scene.files(), password=PASSWORD, storage=storage)
        one = await station.__aenter__()
        await one.until(lambda: "TLS" in one.station.line.trouble, "trouble")
    try:
        async with scripted_csms(version, port=port, tls=scene.server().context) as csms:
            await one.until_accepted()
            await one.until(lambda: event in of_type(csms.of("SecurityEventNotification")), event)
    finally:
        await station.__aexit__(None, None, None)


@pytest.mark.req("A00.FR.319", "A00.FR.320")
@pytest.mark.parametrize(
    "how",
    [
        {"maximum_version": ssl.TLSVersion.TLSv1_2, "ciphers": "ECDHE-ECDSA-AES128-GCM-SHA256"},
        {"maximum_version": ssl.TLSVersion.TLSv1_2, "ciphers": "ECDHE-ECDSA-AES256-GCM-SHA384"},
        {"minimum_version": ssl.TLSVersion.TLSv1_3},
    ],
    ids=["AES128", "AES256", "TLS 1.3"],
)
async def test_what_the_standard_names_is_spoken(scene: SecureScene, how: dict[str, Any]) -> None:
    """Each alone is enough."""
    async with (
        scripted_csms(tls=scene.server_context("good", **how)) as csms,
        lab(csms.url, files=scene.files(), password=PASSWORD) as one,
    ):
        await one.until_accepted()


# --- too slow -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["before the handshake", "within the handshake"])
async def test_a_handshake_that_takes_for_ever_is_given_up(where: str) -> None:
    """A server that takes the connection and keeps silent, or begins an answer and never ends it; then the attempt is made anew."""
    attempts: list[asyncio.StreamWriter] = []

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        attempts.append(writer)
        with suppress(ConnectionError):
            await reader.read(1)
            if where == "within the handshake":
                writer.write(b"\x16\x03\x03\x00\x7a\x02\x00")  # the head of a ServerHello
            await reader.read()

    async with await asyncio.start_server(attend, "127.0.0.1", 0) as server:
        url = f"wss://localhost:{server.sockets[0].getsockname()[1]}"
        async with lab(url, variables={"InstallerCtrlr.ConnectionTimeout": "3"}) as one:
            await one.until(lambda: len(attempts) >= 2, "another attempt")
            assert "3 s" in one.station.line.trouble
        for writer in attempts:
            writer.close()


# --- the station's own certificate ------------------------------------------------------------


def _asks_for_certificates(scene: SecureScene) -> ssl.SSLContext:
    context = scene.server_context("good")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def _wrong_own(scene: SecureScene) -> dict[str, Callable[[], Any]]:
    """What a station shows that is not its certificate."""
    now = SystemClock().now()
    key = ec.generate_private_key(ec.SECP256R1())
    return {
        "of another CA": lambda: (new_certificate(scene.pki.stranger, STATION, key, now), key),
        "expired": lambda: (
            new_certificate(scene.pki._authority(), STATION, key, now - timedelta(days=30), days=10),
            key,
        ),
        "self-signed": lambda: (lambda own: (own.certificate, own.key))(new_authority(STATION, now)),
    }


@pytest.mark.req("A00.FR.401", "A00.FR.402")
@pytest.mark.parametrize("kind", ["of another CA", "expired", "self-signed"])
@each_version
async def test_a_wrong_client_certificate(scene: SecureScene, version: str, kind: str) -> None:
    """The CSMS does not take it: the station says why there is no connection, goes on trying, and the right one works."""
    files = scene.files()
    certificate, key = _wrong_own(scene)[kind]()
    files.write("tls/installer-chain.pem", pem_of(certificate))
    files.write("tls/installer-key.pem", pem_of_key(key))
    async with (
        scripted_csms(version, tls=_asks_for_certificates(scene)) as csms,
        lab(csms.url, version, files=files, security_profile=3) as one,
    ):
        await one.until(lambda: one.station.line.trouble, "trouble")
        assert csms.frames == []
        scene.install(files, certificate=True)
        await _by_and_by(one)
        assert csms.passwords[-1] is None


async def _by_and_by(one: Lab) -> None:
    one.station.line.hurry()
    await one.until_accepted()


@each_version
async def test_without_the_key_of_its_certificate(scene: SecureScene, version: str) -> None:
    """A certificate and somebody else's key: no connection, a sentence, and no other harm."""
    files = scene.files(certificate=True)
    files.write("tls/installer-key.pem", pem_of_key(ec.generate_private_key(ec.SECP256R1())))
    async with (
        scripted_csms(version, tls=_asks_for_certificates(scene)) as csms,
        lab(csms.url, version, files=files, security_profile=3) as one,
    ):
        await one.until(lambda: one.station.line.trouble, "trouble")
        assert csms.frames == []
        scene.install(files, certificate=True)
        await _by_and_by(one)
