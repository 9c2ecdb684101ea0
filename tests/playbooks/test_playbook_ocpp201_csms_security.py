"""CSMS under test, 2.0.1: TLS, client certificates and security profiles (A), with real TLS on both sides."""

from __future__ import annotations

import ssl
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from pilotwire.csms.app import Csms
from tests.support.certificates import csr, key
from tests.support.csms_stage import STATION, Stage
from tests.support.csms_stage201 import ACCEPTED, booted
from tests.support.csms_stage_tls import BASIC, PASSWORD, SUITES, UP_TO_1_1, UP_TO_1_2, secured, secured_line
from tests.support.lab_pki import Pki
from tests.support.raw_station import station

OWN, OTHER = f"station-{STATION}", "station-CS002"


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """A lab with client certificates of the station and of another one."""
    return Pki.made_in(tmp_path_factory.mktemp("pki"), STATION, "CS002")


async def _boots(csms: Csms, operator: Any, context: ssl.SSLContext, headers: dict[str, str]) -> str:
    """The station connects, boots and tells its connectors; the cipher suite spoken."""
    async with secured_line(csms, context, headers) as cs:
        await booted(Stage(csms, operator, cs))
        return str(cs.line.transport.get_extra_info("cipher")[0])


async def _ended_by_tls(csms: Csms, context: ssl.SSLContext, headers: dict[str, str]) -> None:
    """TLS itself refuses the station: it does not come as far as an HTTP status."""
    with pytest.raises((OSError, EOFError, InvalidHandshake, ConnectionClosed)) as refused:
        async with secured_line(csms, context, headers) as cs:
            await cs.boot()
    assert not isinstance(refused.value, InvalidStatus)


@pytest.mark.req(
    "A00.FR.306", "A00.FR.307", "A00.FR.312", "A00.FR.318", "A00.FR.502", "A00.FR.510", versions=("2.0.1",)
)
@pytest.mark.parametrize("suite", SUITES)
async def test_tc_a_04_csms(pki: Pki, suite: str) -> None:
    """Profile 2: each of the suites, over a certificate with a serial number, a long enough key, and the name of the server."""
    async with secured(pki, 2) as (csms, operator):
        context = pki.client(**UP_TO_1_2, ciphers=suite)
        assert await _boots(csms, operator, context, BASIC) == suite
        async with secured_line(csms, context, BASIC) as cs:
            shown = x509.load_der_x509_certificate(cs.line.transport.get_extra_info("ssl_object").getpeercert(True))
        assert shown.serial_number > 0
        public: Any = shown.public_key()
        assert public.key_size >= (224 if isinstance(public, ec.EllipticCurvePublicKey) else 2048)
        assert "localhost" in shown.subject.rfc4514_string()


@pytest.mark.req("A00.FR.314", "A00.FR.315", "A00.FR.416", "A00.FR.417", "A00.FR.418", versions=("2.0.1",))
@pytest.mark.parametrize(("profile", "certificate"), [(2, None), (3, OWN)])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_tc_a_06_csms(pki: Pki, profile: int, certificate: str | None) -> None:
    """TLS 1.1 is too old; with 1.2 the same station gets in."""
    headers = BASIC if profile == 2 else {}
    async with secured(pki, profile) as (csms, operator):
        await _ended_by_tls(csms, pki.client(certificate, **UP_TO_1_1), headers)
        await _boots(csms, operator, pki.client(certificate, **UP_TO_1_2), headers)


@pytest.mark.req("A00.FR.409", "A00.FR.410", "A00.FR.415", "A00.FR.416", "A00.FR.421", versions=("2.0.1",))
@pytest.mark.parametrize("suite", SUITES)
async def test_tc_a_07_csms(pki: Pki, suite: str) -> None:
    """Profile 3: the station's certificate, and no password, with each of the suites."""
    async with secured(pki, 3) as (csms, operator):
        assert await _boots(csms, operator, pki.client(OWN, **UP_TO_1_2, ciphers=suite), {}) == suite


@pytest.mark.req("A00.FR.405", "A00.FR.407", "A00.FR.409", "A00.FR.410", versions=("2.0.1",))
@pytest.mark.parametrize("kind", ["foreign", "expired", "of another station"])
async def test_tc_a_08_csms(pki: Pki, kind: str) -> None:
    """Profile 3: a certificate of an unknown CA, an expired one, another station's; then its own."""
    async with secured(pki, 3) as (csms, operator):
        if kind == "of another station":
            with pytest.raises(InvalidStatus, match="403"):
                async with secured_line(csms, pki.client(OTHER)):
                    pass
        else:
            await _ended_by_tls(csms, pki.bad(kind, STATION), {})
        await _boots(csms, operator, pki.client(OWN), {})


@pytest.mark.req("A02.FR.11", "A02.FR.14", "F06.FR.01", versions=("2.0.1",))
async def test_tc_a_11_csms(pki: Pki) -> None:
    """The operator has the station renew its certificate; the CSMS's own lab CA signs it, and the station gets in with it."""
    signer = {"lab_ca_certificate": str(pki.folder / "ca.pem"), "lab_ca_key": str(pki.folder / "ca-key.pem")}
    async with secured(pki, 3, **signer) as (csms, operator):
        async with secured_line(csms, pki.client(OWN)) as cs:
            on = Stage(csms, operator, cs)
            await booted(on)
            message = "SignChargingStationCertificate"
            ordered = await on.order("trigger-message", ACCEPTED, requestedMessage=message)
            assert (ordered.action, ordered.sent) == ("TriggerMessage", {"requestedMessage": message})
            kind = {"certificateType": "ChargingStationCertificate"}
            assert await cs.ask("SignCertificate", {"csr": csr(STATION)} | kind) == ACCEPTED
            heard = await cs.answer(ACCEPTED)
            assert heard[2] == "CertificateSigned"
            assert heard[3] == {"certificateChain": heard[3]["certificateChain"]} | kind
        (pki.folder / "renewed.pem").write_text(heard[3]["certificateChain"])
        own = key("station").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (pki.folder / "renewed-key.pem").write_bytes(own)
        await _boots(csms, operator, pki.client("renewed"), {})


@pytest.mark.req("A05.FR.07", versions=("2.0.1",))
async def test_tc_a_19_csms(pki: Pki) -> None:
    """From profile 1 to 2: a network profile, its slot first, a reset; then by TLS, and never again without."""
    connection = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": "wss://localhost/ocpp",
        "messageTimeout": 30,
        "securityProfile": 2,
        "ocppInterface": "Wired0",
    }
    profile = {"configurationSlot": 2, "connectionData": connection}
    order = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "NetworkConfigurationPriority"}}
    async with secured(pki, 1) as (csms, operator):
        async with station(csms, STATION, "ocpp2.0.1", password=PASSWORD) as cs:
            on = Stage(csms, operator, cs)
            await booted(on)
            ordered = await on.order("set-network-profile", ACCEPTED, **profile)
            assert (ordered.action, ordered.sent) == ("SetNetworkProfile", profile)
            result = {"setVariableResult": [order | {"attributeStatus": "Accepted"}]}
            ordered = await on.order("set-network-configuration-priority", result, slots=[2, 1])
            assert ordered.sent == {"setVariableData": [order | {"attributeValue": "2,1"}]}
            assert (await on.order("reset", ACCEPTED, type="OnIdle")).action == "Reset"
        await _boots(csms, operator, pki.client(), BASIC)
        with pytest.raises(InvalidStatus, match="403"):
            async with station(csms, STATION, "ocpp2.0.1", password=PASSWORD):
                pass
