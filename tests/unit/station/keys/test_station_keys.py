"""Stores of private keys: what both hold to, and what a token does not give away. The token is SoftHSM's, where that is installed."""

from __future__ import annotations

import shutil
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.clock import SystemClock
from pilotwire.domain.certificates import CertificateSigned, CertificateSignedOutcome, SigningAsked, SigningUse
from pilotwire.domain.provisioning import TriggerMessage
from pilotwire.errors import ConfigError
from pilotwire.pki import KeyKind, Subject, make_csr, read_csr
from pilotwire.simulator import building
from pilotwire.simulator.building import build_station
from pilotwire.station.client_context import client_context
from pilotwire.station.files import FolderFiles, MemoryFiles
from pilotwire.station.keys import FileKeys, KeyMissing, KeyStore, openssl
from pilotwire.station.settings import StationProgramSettings
from tests.support.station_pki import Signer, Workshop
from tests.support.station_world import StationWorld

LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")
QUICK = [KeyKind.EC_P256, KeyKind.EC_P521, KeyKind.RSA_2048]


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyStore]:
    """A token of its own in a folder, deleted with it."""
    util = shutil.which("softhsm2-util")
    if util is None or not LIBRARY.exists():
        pytest.skip("SoftHSM is not installed (softhsm2-util): no PKCS #11 token to test with.")
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: pip install 'pilotwire[pkcs11]'.")
    from pilotwire.station.keys.token import TokenKeys, TokenPlace

    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(conf))
        made = [util, "--init-token", "--free", "--label", "station", "--so-pin", "123456", "--pin", "654321"]
        subprocess.run(made, check=True, capture_output=True)
        with pytest.raises(ConfigError, match="another"):
            TokenKeys(TokenPlace(str(LIBRARY), "another", "654321"))
        with pytest.raises(ConfigError, match="PinIncorrect"):
            TokenKeys(TokenPlace(str(LIBRARY), "station", "000000"))
        keys = TokenKeys(TokenPlace(str(LIBRARY), "station", "654321"))
        yield keys
        keys.close()


@pytest.fixture(params=["file", "token"])
def store(request: pytest.FixtureRequest) -> KeyStore:
    if request.param == "file":
        return FileKeys(MemoryFiles())
    found: KeyStore = request.getfixturevalue("token")
    return found


@pytest.mark.req("A02.FR.02", "A00.FR.502", "A00.FR.503")
@pytest.mark.parametrize("kind", QUICK)
def test_a_key_is_made_and_signs_a_request(store: KeyStore, kind: KeyKind) -> None:
    key = store.make_key("station", kind)
    public = store.public_key(key)
    assert isinstance(public, rsa.RSAPublicKey if kind.curve is None else ec.EllipticCurvePublicKey)
    assert public.key_size == kind.bits
    csr = make_csr(Subject("SN-1", "Volta"), public, lambda data: store.sign(key, data))
    assert read_csr(csr).public_key() == public


def test_each_key_is_another(store: KeyStore) -> None:
    first, second = (store.make_key("station", KeyKind.EC_P256) for _ in range(2))
    assert first != second
    assert store.public_key(first) != store.public_key(second)


def test_a_deleted_key_signs_nothing_more_and_others_do(store: KeyStore) -> None:
    gone, stays = (store.make_key("station", KeyKind.EC_P256) for _ in range(2))
    assert store.delete(gone)
    assert not store.delete(gone)
    for use in (store.public_key, lambda key: store.sign(key, b"x")):
        with pytest.raises(KeyMissing, match=gone):
            use(gone)
    assert store.sign(stays, b"x")


@pytest.mark.req("A02.FR.05")
def test_a_key_in_a_token_does_not_leave_it(token: KeyStore) -> None:
    key = token.make_key("station", KeyKind.EC_P256)
    from pkcs11 import Attribute, ObjectClass
    from pkcs11.exceptions import AttributeSensitive

    (private,) = token._session.get_objects(
        {Attribute.LABEL: f"pilotwire:{key}", Attribute.CLASS: ObjectClass.PRIVATE_KEY}
    )  # type: ignore[attr-defined]
    assert not private[Attribute.EXTRACTABLE]
    with pytest.raises(AttributeSensitive):
        private[Attribute.VALUE]


@pytest.fixture
def no_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process has not reached a token by TLS, and OpenSSL finds no provider."""
    monkeypatch.setattr(openssl, "_active", [])
    monkeypatch.setattr(openssl, "_CONFIGURATION", openssl._CONFIGURATION.replace("{module}", "module = /nowhere.so\n"))


@pytest.mark.usefixtures("no_provider")
def test_without_a_provider_a_station_with_keys_in_a_token_does_not_begin_at_profile_3(
    token: KeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the sentence says what to install; at profile 2 it begins. (A process logs into a token once: here it has.)"""
    closed: list[bool] = []
    monkeypatch.setattr(token, "close", lambda: closed.append(True))
    monkeypatch.setattr(building, "TokenKeys", lambda place: token)
    settings = StationProgramSettings(
        id="CS001",
        csms="wss://csms.example",
        security_profile=3,
        key_store="pkcs11",
        pkcs11_token="station",
        pkcs11_pin="654321",
        storage=str(tmp_path / "s.db"),
    )
    with pytest.raises(ConfigError, match="OpenSSL has no PKCS #11 provider") as told:
        build_station(settings, SystemClock())
    assert "Install pkcs11-provider" in str(told.value.remedy)
    assert closed == [True]
    assert build_station(settings.model_copy(update={"security_profile": 2}), SystemClock()).identity == "CS001"


def test_what_stands_for_a_key_in_a_token_is_no_secret_and_names_it() -> None:
    """The provider's PEM: a VisibleString of its own and the URI of RFC 7512, escaped."""
    pem = openssl.pem_of("my token; 1", "pilotwire:station-1")
    assert openssl.is_in_token(pem)
    lines = pem.decode("ascii").splitlines()
    der = b64decode("".join(lines[1:-1]))
    assert der[:2] == bytes([0x30, len(der) - 2])
    assert der[2:4] == bytes([0x1A, 25])
    assert der[29] == 0x0C
    assert der[31:] == b"pkcs11:token=my%20token%3B%201;object=pilotwire%3Astation-1;type=private"
    long = b64decode("".join(openssl.pem_of("x" * 200, "y").decode("ascii").splitlines()[1:-1]))
    assert long[:3] == bytes([0x30, 0x82, 0x01])


def test_a_process_uses_one_token_for_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    first = openssl.ProviderPlace("/lib/a.so", "1")
    monkeypatch.setattr(openssl, "_active", [first])
    openssl.activate(first)
    with pytest.raises(ConfigError, match="uses another already"):
        openssl.activate(openssl.ProviderPlace("/lib/b.so", "1"))


def test_a_key_in_a_token_that_tls_cannot_reach_is_told_as_that() -> None:
    """The context of a connection says what to see to, not only what OpenSSL said."""
    files = MemoryFiles()
    chain = Signer.root("CSMS root").certificate.public_bytes(Encoding.PEM)
    files.write("tls/station-chain.pem", chain)
    files.write("tls/station-key.pem", openssl.pem_of("nowhere", "pilotwire:gone"))
    with pytest.raises(ConfigError, match="cannot be used") as told:
        client_context(files, shows_certificate=True)
    assert "pkcs11-provider" in str(told.value.remedy)


def test_only_the_owner_reads_a_key_file(tmp_path: Path) -> None:
    store = FileKeys(FolderFiles(tmp_path))
    key = store.make_key("station", KeyKind.EC_P256)
    assert (tmp_path / "keys" / f"{key}.pem").stat().st_mode & 0o077 == 0


def test_a_key_file_that_is_damaged_is_a_missing_key() -> None:
    files = MemoryFiles()
    files.write("keys/station-1.pem", b"garbage")
    with pytest.raises(KeyMissing, match="cannot be read"):
        FileKeys(files).sign("station-1", b"x")


def test_a_token_needs_the_library_of_its_maker() -> None:
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: pip install 'pilotwire[pkcs11]'.")
    from pilotwire.station.keys.token import TokenKeys, TokenPlace

    with pytest.raises(ConfigError, match="no PKCS #11 library"):
        TokenKeys(TokenPlace("/nowhere/lib.so", "station", "1"))
    assert "1234" not in repr(TokenPlace("lib.so", "station", "1234"))


def test_a_station_with_a_token_asks_for_certificates_with_a_key_in_it(token: KeyStore) -> None:

    world = StationWorld(variables={"SecurityCtrlr.SecurityProfile": "2"})
    shop = Workshop(world, keys=token)
    world.command(TriggerMessage(message="SignChargingStationCertificate"))
    shop.work()
    (asked,) = [fact for fact in world.csms.heard if isinstance(fact, SigningAsked)]
    chain = Signer.root("CSMS root").sign(asked.csr)
    outcome = world.command(CertificateSigned(chain=chain, use=SigningUse.CHARGING_STATION))
    assert isinstance(outcome, CertificateSignedOutcome)
    assert outcome.status == "Accepted"
    shop.work()
    assert shop.text("tls/station-chain.pem") == chain
    assert shop.files.names("keys") == []


@pytest.mark.usefixtures("no_provider")
def test_at_profile_3_no_certificate_is_asked_for_that_tls_could_not_use(token: KeyStore) -> None:
    world = StationWorld(variables={"SecurityCtrlr.SecurityProfile": "3"})
    shop = Workshop(world, keys=token)
    world.command(TriggerMessage(message="SignChargingStationCertificate"))
    shop.work()
    assert not [fact for fact in world.csms.heard if isinstance(fact, SigningAsked)]
    assert any("OpenSSL has no PKCS #11 provider" in note for note in world.notes)
    world.command(TriggerMessage(message="SignV2GCertificate"))
    shop.work()
    assert [fact for fact in world.csms.heard if isinstance(fact, SigningAsked)]
