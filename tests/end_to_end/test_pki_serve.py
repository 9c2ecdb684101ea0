"""The authority over HTTP: OpenSSL and curl-like clients ask a running server, and a CSMS has stations' requests signed by it."""

from __future__ import annotations

import asyncio
import base64
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from pilotwire.ca import Issued, Office
from pilotwire.ca.enrolling import Wanted, issue_with_key
from pilotwire.ca.handing import write_authorities, write_bundle
from pilotwire.ca.revoking import revoke
from pilotwire.csms.app import Csms
from pilotwire.pki import Subject, check_chain, pem_of, read_certificates
from pilotwire.pki.keys import SigningKey
from pilotwire.pki.ocsp import make_request
from pilotwire.pki.requests import request_for
from pilotwire.pki.revocation import Reason
from tests.support.every_action import client_of
from tests.support.pki_world import (
    EST,
    a_key,
    a_request,
    an_office,
    openssl_meanwhile,
    pki,
    process_environment,
    program,
    same_office,
    served,
)
from tests.support.raw_station import settings, station

TOKEN = "a-token-of-the-csms"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    made = an_office(tmp_path_factory.mktemp("lab") / "ca", None, "csms,v2g")
    write_authorities(made)
    return made


def root_of(office: Office) -> Path:
    return office.folder / "certificates" / "csms-root.pem"


def a_station(office: Office, folder: Path, name: str) -> Issued:
    """A station's certificate with a plain key, in files."""
    issued, key = issue_with_key(office, Wanted("station", name), "me")
    write_bundle(office, issued, key, folder, None)
    return issued


async def test_openssl_asks_about_certificates(office: Office, tmp_path: Path) -> None:
    good, bad = (a_station(office, tmp_path, name) for name in ("SN-good", "SN-bad"))
    revoke(office, bad.serial, Reason.KEY_COMPROMISE)
    issuer = office.folder / "certificates" / "csms-ca.pem"
    async with served(office) as server:
        for name, words in (("SN-good", ": good"), ("SN-bad", ": revoked")):
            for hashed in ("-sha1", "-sha256"):
                told = await openssl_meanwhile(
                    *("ocsp", "-issuer", issuer, hashed, "-cert", tmp_path / f"{name}.pem"),
                    *(
                        "-url",
                        f"{server.url}/ocsp",
                        "-CAfile",
                        root_of(office),
                        "-no_nonce" if hashed == "-sha1" else "-nonce",
                    ),
                )
                assert told.returncode == 0, told.stdout
                assert words in told.stdout
                assert "Response verify OK" in told.stdout
        unknown = await openssl_meanwhile(
            "ocsp", "-issuer", issuer, "-serial", "1234", "-url", f"{server.url}/ocsp", "-CAfile", root_of(office)
        )
        assert "1234: unknown" in unknown.stdout
    assert office.issued(good.serial).revoked_at is None


async def test_ocsp_by_get_and_what_is_no_request(office: Office, tmp_path: Path) -> None:
    issued = a_station(office, tmp_path, "SN-get")
    request = make_request(issued.certificate, office.chain("csms-ca")[0])
    async with served(office) as server, httpx.AsyncClient(base_url=server.url) as client:
        by_post = await client.post("/ocsp", content=request, headers={"content-type": "application/ocsp-request"})
        by_get = await client.get(f"/ocsp/{quote(base64.b64encode(request).decode(), safe='')}")
        slashes = await client.get(f"/ocsp/{base64.b64encode(request).decode()}")
        for answer in (by_post, by_get, slashes):
            assert (answer.status_code, answer.headers["content-type"]) == (200, "application/ocsp-response")
            told = ocsp.load_der_ocsp_response(answer.content)
            assert told.serial_number == int(issued.serial, 16)
        for nonsense in (await client.post("/ocsp", content=b"x"), await client.get("/ocsp/not%20base64")):
            told = ocsp.load_der_ocsp_response(nonsense.content)
            assert told.response_status.name == "MALFORMED_REQUEST"
        too_long = await client.post("/ocsp", content=b"x" * 100_000)
        assert too_long.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


async def test_crls_and_certificates_of_cas_are_there_and_openssl_reads_them(office: Office) -> None:
    async with served(office) as server, httpx.AsyncClient(base_url=server.url) as client:
        crl = (await client.get("/crl/csms-ca.crl")).content
        told = await openssl_meanwhile(
            "crl", "-inform", "DER", "-noout", "-CAfile", office.folder / "certificates" / "csms-ca.pem", data=crl
        )
        assert "verify OK" in told.stdout
        issuer = await client.get("/issuers/csms-ca.cer")
        assert x509.load_der_x509_certificate(issuer.content) == office.chain("csms-ca")[0]
        for path in ("/crl/nobody.crl", "/issuers/nobody.cer", "/nothing", "/crl/..%2fca.sqlite.crl"):
            missing = await client.get(path)
            assert missing.status_code == 404
            assert missing.text.strip().endswith(".")
        assert (await client.delete("/crl/csms-ca.crl")).status_code == 405


@asynccontextmanager
async def over_tls(
    office: Office, own: tuple[Path, Path] | None = None, **more: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """The server with EST by TLS, and a client that trusts its root."""
    context = ssl.create_default_context(cafile=str(root_of(office)))
    if own is not None:
        context.load_cert_chain(*own)
    async with (
        served(office, tls=True, **EST, **more) as server,
        httpx.AsyncClient(base_url=f"{server.url}/.well-known/est", verify=context) as client,
    ):
        yield client


def base64_of(csr: str) -> bytes:
    return base64.encodebytes(x509.load_pem_x509_csr(csr.encode()).public_bytes(Encoding.DER))


ASKS = {"content-type": "application/pkcs10", "content-transfer-encoding": "base64"}
LAB = ("lab", "est-password-1")


async def test_est_gives_cas_attributes_and_certificates_that_openssl_reads(office: Office) -> None:
    async with over_tls(office, est_profiles=("station", "secc")) as client:
        cas = await client.get("/cacerts")
        assert cas.headers["content-type"].startswith("application/pkcs7-mime")
        told = await openssl_meanwhile("pkcs7", "-inform", "DER", "-print_certs", data=base64.b64decode(cas.content))
        assert set(read_certificates(told.stdout)) == set(office.chain("csms-ca"))
        attributes = await client.get("/csrattrs")
        parsed = await openssl_meanwhile("asn1parse", "-inform", "DER", data=base64.b64decode(attributes.content))
        assert "prime256v1" in parsed.stdout

        key = a_key()
        answer = await client.post(
            "/simpleenroll", content=base64_of(a_request("SN-est", key=key)), headers=ASKS, auth=LAB
        )
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-transfer-encoding"] == "base64"
        told = await openssl_meanwhile("pkcs7", "-inform", "DER", "-print_certs", data=base64.b64decode(answer.content))
        (certificate,) = read_certificates(told.stdout)
        assert certificate.public_key() == key.public_key()
        assert office.issued(f"{certificate.serial_number:x}").asked_by == "EST user lab at 127.0.0.1"
        vehicles = await client.get("/secc/cacerts")
        told = await openssl_meanwhile(
            "pkcs7", "-inform", "DER", "-print_certs", data=base64.b64decode(vehicles.content)
        )
        assert set(read_certificates(told.stdout)) == set(office.chain("cpo-sub2"))


async def test_est_renews_by_the_certificate_itself(office: Office, tmp_path: Path) -> None:
    issued = a_station(office, tmp_path, "SN-again")
    own = (tmp_path / "SN-again.pem", tmp_path / "SN-again-key.pem")
    async with over_tls(office, own) as client:
        renewed = await client.post("/simplereenroll", content=base64_of(a_request("SN-again")), headers=ASKS)
        assert renewed.status_code == 200, renewed.text
        now = office.issued(issued.serial)
        assert office.issued(now.replaced_by).asked_by == f"SN-again by its certificate {issued.serial}"
        other = await client.post("/simplereenroll", content=base64_of(a_request("SN-other")), headers=ASKS)
        assert (other.status_code, "has the subject" in other.text) == (403, True)
        label = await client.post("/station/simplereenroll", content=base64_of(a_request("SN-again")), headers=ASKS)
        assert label.status_code == 200
        revoke(office, issued.serial, Reason.KEY_COMPROMISE)
        refused = await client.post("/simplereenroll", content=base64_of(a_request("SN-again")), headers=ASKS)
        assert (refused.status_code, "is revoked" in refused.text) == (403, True)
        first = await client.post("/simpleenroll", content=base64_of(a_request("SN-again")), headers=ASKS)
        assert first.status_code == 401


async def test_est_refuses_with_the_right_status_and_a_sentence_and_signs_nothing(office: Office) -> None:
    good = base64_of(a_request("SN-refused"))
    before = len(office.book.all())
    async with over_tls(office) as client:
        signed = len(office.book.all())  # the server's own certificate
        for path, body, auth, status in (
            ("/simpleenroll", good, None, 401),
            ("/simpleenroll", good, ("lab", "wrong"), 401),
            ("/simpleenroll", good, ("somebody", LAB[1]), 401),
            ("/simpleenroll", b"nonsense!", LAB, 400),
            ("/simpleenroll", b"", LAB, 400),
            ("/simpleenroll", base64_of(a_request("10.0.0.1")), LAB, 400),
            ("/simpleenroll", b"A" * 100_000, LAB, 413),
            ("/simplereenroll", good, LAB, 403),
            ("/firmware/simpleenroll", good, LAB, 404),
            ("/fullcmc", good, LAB, 404),
        ):
            answer = await client.post(path, content=body, headers=ASKS, auth=auth)
            assert answer.status_code == status, (path, answer.text)
            assert answer.text.strip().endswith((".", ")."))
            assert ("www-authenticate" in answer.headers) is (status == 401)
        assert len(office.book.all()) == signed <= before + 1


async def test_est_is_not_spoken_in_plain_unless_a_proxy_speaks_tls(office: Office) -> None:
    for plain, status in ((False, 403), (True, 200)):
        async with served(office, **EST, est_without_tls=plain) as server, httpx.AsyncClient() as client:
            assert (await client.get(f"{server.url}/.well-known/est/cacerts")).status_code == status


async def test_too_many_requests_are_put_off(office: Office) -> None:
    async with served(office, rate=3, signer_token=TOKEN) as server, httpx.AsyncClient(base_url=server.url) as client:
        answers = [await client.post("/sign", json={}, headers={"authorization": "Bearer x"}) for _ in range(6)]
        assert [each.status_code for each in answers][:3] == [401, 401, 401]
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert (await client.get("/crl/csms-ca.crl")).status_code == 200


async def test_the_client_enrols_and_renews(office: Office, tmp_path: Path) -> None:
    async with served(office, tls=True, **EST) as server:
        asks = ("enroll", server.url, "--name", "SN-cli", "--organization", "Volta", "--out", tmp_path)
        trusting, password = ("--roots", root_of(office)), {"PILOTWIRE_EST_PASSWORD": LAB[1]}

        async def said(*more: object, **environment: str) -> tuple[int, str]:
            done = await asyncio.to_thread(pki, *asks, *more, **environment)
            return done.exit_code, done.output

        code, text = await said("--user", "lab", **password)
        assert (code, "--roots FILE" in text) == (2, True)
        code, text = await said(*trusting, "--user", "lab", PILOTWIRE_EST_PASSWORD="wrong")
        assert (code, "401" in text) == (1, True)
        code, text = await said(*trusting, "--user", "lab", **password)
        assert code == 0, text
        first = read_certificates((tmp_path / "SN-cli.pem").read_text())
        key = (tmp_path / "SN-cli-key.pem").read_bytes()
        assert check_chain(first, office.chain("csms-root"), office.clock.now())
        code, text = await said(*trusting, "--user", "lab", **password)
        assert (code, "--renew" in text) == (2, True)
        code, text = await said(*trusting, "--renew")
        assert code == 0, text
        second = read_certificates((tmp_path / "SN-cli.pem").read_text())
        assert second[0] != first[0]
        assert (tmp_path / "SN-cli-key.pem").read_bytes() == key
        assert office.issued(f"{first[0].serial_number:x}").replaced_by == f"{second[0].serial_number:x}"
    code, text = await said(*trusting, "--renew")
    assert (code, "cannot be asked" in text) == (2, True)
    assert read_certificates((tmp_path / "SN-cli.pem").read_text()) == second


def v2g_request(key: SigningKey) -> str:
    """A request for an SECC certificate: with the domain component CPO (ISO 15118-2, F.1)."""
    return request_for(Subject("DEVOLTAS1", "Volta", "", "CPO"), key)


@pytest.mark.req("A02.FR.11")
@pytest.mark.parametrize(("version", "use"), [("ocpp1.6", None), ("ocpp2.0.1", None), ("ocpp2.1", "V2GCertificate")])
async def test_a_csms_has_the_request_of_a_station_signed(office: Office, version: str, use: str | None) -> None:
    async with served(office, signer_token=TOKEN) as authority:
        said = settings(no_auth=True, signer_url=f"{authority.url}/sign", signer_token=TOKEN)
        async with Csms(said) as csms, client_of(csms) as api, station(csms, "CS-1", version) as cs:
            await cs.boot()
            key = a_key()
            request = v2g_request(key) if use else a_request("SN-1", key=key)
            more = {"certificateType": use, "requestId": 1} if use else {}
            await cs.ask("SignCertificate", {"csr": request, **more})
            call = await cs.answer({"status": "Accepted"})
            assert call[2] == "CertificateSigned"
            chain = read_certificates(call[3]["certificateChain"])
            root = office.chain("v2g-root" if use else "csms-root")
            assert check_chain(chain, root, office.clock.now())[-1] == root[-1]
            assert chain[0].public_key() == key.public_key()
            issued = office.issued(f"{chain[0].serial_number:x}")
            assert issued.asked_by == "station CS-1 by a CSMS at 127.0.0.1"
            assert (await api.get("/stations/CS-1/certificate-requests")).status_code == 200


async def test_the_signer_interface_says_why_not(office: Office) -> None:
    good = {"station": "CS-1", "certificateType": None, "csr": a_request()}
    bearer = {"authorization": f"Bearer {TOKEN}"}
    async with served(office, signer_token=TOKEN) as server, httpx.AsyncClient(base_url=server.url) as client:
        before = len(office.book.all())
        for body, headers, status in (
            (good, {}, 401),
            (good, {"authorization": "Bearer other"}, 401),
            ({"station": "CS-1"}, bearer, 400),
            ([1, 2], bearer, 400),
            (good | {"certificateType": "Another"}, bearer, 422),
            (good | {"csr": "no request"}, bearer, 422),
            (good | {"csr": a_request(organization="")}, bearer, 422),
        ):
            answer = await client.post("/sign", json=body, headers=headers)
            assert answer.status_code == status, answer.text
            assert answer.json()["detail"].endswith(".")
        assert len(office.book.all()) == before
        twice = [await client.post("/sign", json=good, headers=bearer) for _ in range(2)]
        assert [each.status_code for each in twice] == [200, 200]
        assert twice[0].json() == twice[1].json()
        assert len(office.book.all()) == before + 1
    async with served(office) as server, httpx.AsyncClient(base_url=server.url) as client:
        off = await client.post("/sign", json=good, headers=bearer)
        assert (off.status_code, "signer_token" in off.json()["detail"]) == (503, True)


async def test_the_program_serves_renews_and_ends(tmp_path: Path) -> None:
    """As a process: what it says, a wrong port, TLS with its own certificate, the folder it delivers to, and its end."""
    with an_office(tmp_path / "ca") as office:
        issue_with_key(office, Wanted("csms-server", "csms.example.org"), "me", keep_as="csms.example.org")
        write_authorities(office)
    serve = program(
        *(
            "serve",
            "--dir",
            tmp_path / "ca",
            "--port",
            0,
            "--tls",
            "--renew-days",
            30,
            "--deliver",
            tmp_path / "deliver",
        )
    )
    process = await asyncio.create_subprocess_exec(
        *serve, env=process_environment(), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        assert process.stdout is not None
        told = ""
        async with asyncio.timeout(60):
            while "Ctrl-C" not in told:
                line = await process.stdout.readline()
                assert line, told
                told += line.decode()
        url = told.split()[1].removesuffix("/ocsp")
        context = ssl.create_default_context(cafile=str(root_of(same_office(tmp_path / "ca"))))
        async with httpx.AsyncClient(verify=context) as client:
            assert (await client.get(f"{url}/issuers/csms-ca.cer")).status_code == 200
        async with asyncio.timeout(60):
            while not (tmp_path / "deliver" / "csms.example.org.pem").exists():
                await asyncio.sleep(0.02)
        port = url.rpartition(":")[2]
        second = await asyncio.create_subprocess_exec(
            *program("serve", "--dir", tmp_path / "ca", "--port", port),
            env=process_environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(second.communicate(), 60)
        assert second.returncode == 2
        assert f"Port {port} on 127.0.0.1 is taken" in output.decode()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 60) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    with same_office(tmp_path / "ca") as office:
        delivered = read_certificates((tmp_path / "deliver" / "csms.example.org.pem").read_text())
        assert pem_of(delivered[0]) == office.book.named("csms.example.org")[-1].pem
