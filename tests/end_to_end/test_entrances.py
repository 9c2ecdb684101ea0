"""No login, TLS or API entrance lets a wrong credential in: one row an entrance and a wrong credential, over real sockets.

Each row first knocks with the wrong credential, then with the right one, so that a door that is simply shut would be noticed.

What is tried one by one elsewhere, and not here again: tokens of OpenID Connect (`test_access.py`, fifteen that are not good); the scope of every
operation (`test_csms_api_access.py`); uploads with wrong and used secrets (`test_log_uploads.py`); downloads of firmware that are over
(`test_firmware.py`); certificates on CRLs (`test_csms_gateway_revocation.py`); old versions and suites of TLS (`test_csms_tls.py`); growing waits
(`test_csms_certificate_inventory.py`, `test_csms_api_users.py`); pages of other origins (`test_least_privilege.py`).
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.support.entrances import (
    CONTROL,
    CUT,
    IN,
    PASSWORDS,
    SESSION,
    SIGNER,
    UPLOAD,
    USER,
    USER_PASSWORD,
    Knock,
    Street,
    at,
    basic,
    by_tls,
    client,
    plain,
    rest,
    soap,
    status,
    street,
    uploaded,
)
from tests.support.eventually import eventually
from tests.support.pki_world import EST, a_request, an_office

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Row:
    """An entrance and a wrong credential: what becomes of it, and who gets in there. `why` stands in a finding."""

    name: str
    wrong: Knock
    told: str
    right: Knock
    why: str = ""


ONE, TWO, TLS, CERT = PASSWORDS["CS001"], PASSWORDS["CS002"], PASSWORDS["CS-TLS"], PASSWORDS["CS-CERT"]
RIGHT = plain("CS001", basic("CS001", ONE))


def _password(name: str, authorization: str | None, told: str = "401") -> Row:
    return Row(f"ocpp-j, {name}", plain("CS001", authorization), told, RIGHT)


PASSWORDS_OF_STATIONS = (
    _password("no password", None),
    _password("a wrong password", basic("CS001", "a-password-of-nobody")),
    _password("an empty password", basic("CS001", "")),
    _password("the password and a space", basic("CS001", f"{ONE} ")),
    _password("the password in capitals", basic("CS001", ONE.upper())),
    _password("another's password", basic("CS001", TWO)),
    _password("another's name and password", basic("CS002", TWO)),
    _password("the password under another's name", basic("CS002", ONE)),
    _password("the password under no name", basic("", ONE)),
    _password("the password under its name in lower case", basic("cs001", ONE)),
    _password("the password as a bearer token", f"Bearer {ONE}"),
    Row("ocpp-j, an identity nobody registered", plain("CS999", basic("CS999", ONE)), "404", RIGHT),
    Row(
        "ocpp-j, the password without the TLS it needs",
        plain("CS-TLS", basic("CS-TLS", TLS)),
        "403",
        by_tls("CS-TLS", password=TLS),
    ),
    Row("tls, no password", by_tls("CS-TLS"), "401", by_tls("CS-TLS", password=TLS)),
    Row("tls, a wrong password", by_tls("CS-TLS", password=TWO), "401", by_tls("CS-TLS", password=TLS)),
    Row(
        "tls, a wrong password with another's certificate",
        by_tls("CS-TLS", "another's", TWO),
        "401",
        by_tls("CS-TLS", password=TLS),
    ),
    Row("soap, no password", soap("CS001"), "401", soap("CS001", ("CS001", ONE))),
    Row("soap, a wrong password", soap("CS001", ("CS001", "a-password-of-nobody")), "401", soap("CS001", ("CS001", ONE))),
    Row("soap, another's name and password", soap("CS001", ("CS002", TWO)), "401", soap("CS001", ("CS001", ONE))),
    Row("soap, the password without TLS", soap("CS-TLS", ("CS-TLS", TLS)), "403", soap("CS001", ("CS001", ONE))),
    Row("soap, nobody's identity", soap("CS999", ("CS999", ONE)), "404", soap("CS001", ("CS001", ONE))),
)


def _paper(paper: str, told: str, why: str, **changes: Any) -> Row:
    version = {"maximum_version": ssl.TLSVersion.TLSv1_2} if changes else {}
    wrong = by_tls("CS-CERT", paper, CERT, **version)
    return Row(f"tls, {paper or 'no certificate'}{' (1.2)' * bool(changes)}", wrong, told, by_tls("CS-CERT", "own", **version), why)


CERTIFICATES = (
    _paper("", "403", "it showed no client certificate"),
    _paper("another's", "403", "is for 'CS002'"),
    _paper("in lower case", "403", "is for 'cs-cert'"),
    _paper("no name", "403", "no single commonName"),
    _paper("two names", "403", "no single commonName"),
    _paper("name beside", "403", "is for 'CS002'"),
    _paper("of another owner", "403", "its owner is 'Ampere' and not 'Volta'"),
    _paper("server", CUT, "unsuitable certificate purpose"),
    _paper("for servers", CUT, "unsuitable certificate purpose"),
    _paper("foreign", CUT, "self-signed certificate in certificate chain"),
    _paper("of a CA of the same name", CUT, "certificate signature failure"),
    _paper("by a station", CUT, "invalid CA certificate"),
    _paper("self-signed", CUT, "self-signed certificate"),
    _paper("expired", CUT, "certificate has expired"),
    _paper("future", CUT, "certificate is not yet valid"),
    _paper("foreign", CUT, "self-signed certificate in certificate chain", old=True),
    _paper("expired", CUT, "certificate has expired", old=True),
    _paper("", "403", "it showed no client certificate", old=True),
)


async def _old_session(it: Street) -> str:
    token = await it.login()
    it.clock.advance(SESSION + 1)
    return token


async def _logged_out(it: Street) -> str:
    token = await it.login()
    assert (await it.http.post("/logout", headers={"Authorization": f"Bearer {token}"})).status_code == 204
    return token


async def _replaced(it: Street) -> str:
    token = await it.login()
    answer = await it.http.post("/session/refresh", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    return token


async def _revoked_key(it: Street) -> str:
    secret = await it.key("revoked", scopes=["admin"])
    await it.manage("DELETE", "/keys/revoked")
    return secret


async def _old_key(it: Street) -> str:
    ends = it.clock.now().timestamp() + 60
    secret = await it.key(f"old-{ends:.0f}", scopes=["read"], expiresAt=_iso(it, 60))
    it.clock.advance(61)
    return secret


def _iso(it: Street, seconds: float) -> str:
    return it.clock.now().fromtimestamp(it.clock.now().timestamp() + seconds, it.clock.now().tzinfo).isoformat()


async def _key(it: Street, scope: str, *sites: str) -> str:
    name = f"{scope}-{'-'.join(sites)}-{it.clock.now().timestamp():.0f}"
    it.clock.advance(1)
    return await it.key(name, scopes=[scope], sites=list(sites))


async def _admin(it: Street) -> str:
    return it.admin


def _secret(name: str, secret: Any, told: str = "401", path: str = "/stations", method: str = "GET") -> Row:
    right = Street.login if method == "GET" and path == "/stations" else _admin
    return Row(f"rest, {name}", rest(secret, path, method), told, rest(right, path, method))


def _login(name: str, password: str) -> Knock:
    async def knock(it: Street) -> str:
        return status(await it.http.post("/login", json={"name": name, "password": password}))

    return knock


async def _locked(it: Street) -> str:
    """The right password after too many wrong ones: not yet."""
    for _ in range(6):
        await _login(USER, "a password of nobody")(it)
    return await _login(USER, USER_PASSWORD)(it)


async def _after_a_while(it: Street) -> str:
    it.clock.advance(1000)
    return await _login(USER, USER_PASSWORD)(it)


LOGIN = _login(USER, USER_PASSWORD)
API = (
    _secret("no key", ""),
    _secret("a guessed key", "pw_" + "A" * 43),
    _secret("the digest of a key", lambda it: _digest(it)),
    _secret("a station's password", ONE),
    _secret("the user's password", USER_PASSWORD),
    _secret("a revoked key", _revoked_key),
    _secret("a key whose time is over", _old_key),
    _secret("a session that is over", _old_session),
    _secret("a session after its logout", _logged_out),
    _secret("a session after its refresh", _replaced),
    _secret("something like a JWT", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIn0."),
    _secret("no key for live events", "", "401", "/me"),
    _secret("a viewer for a write", lambda it: _key(it, "read"), "403", "/stations/CS001", "PUT"),
    _secret("a viewer's login for a write", Street.login, "403", "/stations/CS001", "PUT"),
    _secret("an operator for a write", lambda it: _key(it, "command"), "403", "/stations/CS001", "PUT"),
    _secret("a manager for users", lambda it: _key(it, "write"), "403", "/users"),
    _secret("another site's station", lambda it: _key(it, "admin", "harbour"), "403", "/stations/CS002"),
    _secret("another site's station, to write", lambda it: _key(it, "admin", "harbour"), "403", "/stations/CS002", "PUT"),
    _secret("keys of all from one site", lambda it: _key(it, "admin", "harbour"), "403", "/keys"),
    Row("login, a wrong password", _login(USER, "a password of nobody"), "401", LOGIN),
    Row("login, the password in capitals", _login(USER, USER_PASSWORD.upper()), "401", LOGIN),
    Row("login, nobody's name", _login("nobody", USER_PASSWORD), "401", LOGIN),
    Row("login, a key as the password", lambda it: _login("admin", it.admin)(it), "401", LOGIN),
    Row("login, after too many wrong passwords", _locked, "429", _after_a_while),
)


async def _digest(it: Street) -> str:
    """What is on record of the first key: it must not do for the key."""
    return (await it.csms.store.api_keys())[0].digest


# --- uploads and downloads: each makes a new secret, or link ----------------------------------------------------------------


async def _too_late(it: Street, protocol: str) -> str:
    url = await it.upload(protocol)
    it.clock.advance(UPLOAD + 1)
    return await uploaded(url)


async def _of_http_at(it: Street, protocol: str) -> str:
    """The secret of an upload by HTTP, shown to another server."""
    secret = httpx.URL(await it.upload("http")).path.split("/")[2]
    other = httpx.URL(await it.upload(protocol))
    return await uploaded(str(other.copy_with(password=secret)))


async def _of_another(it: Street, protocol: str) -> str:
    """One upload's user with the password of another."""
    one, two = httpx.URL(await it.upload(protocol)), httpx.URL(await it.upload(protocol))
    return await uploaded(str(one.copy_with(password=two.password)))


async def _no_password(it: Street, protocol: str) -> str:
    return await uploaded(str(httpx.URL(await it.upload(protocol)).copy_with(password="")))


async def _of_ftp_at_http(it: Street) -> str:
    secret = httpx.URL(await it.upload("ftp"))
    path = f"/uploads/{secret.username}:{secret.password}/"
    return await uploaded(str(httpx.URL(await it.upload("http")).copy_with(path=path)))


async def _in_time(it: Street, protocol: str) -> str:
    return await uploaded(await it.upload(protocol))


def _each(name: str, wrong: Any, codes: dict[str, str]) -> list[Row]:
    return [
        Row(f"{protocol}, {name}", lambda it, p=protocol: wrong(it, p), told, lambda it, p=protocol: _in_time(it, p))  # type: ignore[misc]
        for protocol, told in codes.items()
    ]


async def _firmware(it: Street, wanted: str) -> str:
    image = await it.http.put(
        "/firmware/one.bin", params={"version": "1"}, content=b"image", headers={"X-API-Key": it.admin}
    )
    assert image.status_code in (200, 201), image.text
    link = httpx.URL((await it.given("update-firmware", image="one.bin"))["firmware"]["location"])
    _, _, token, name = link.path.split("/")
    path = {"right": link.path, "guess": f"/firmware/{'A' * len(token)}/{name}", "none": f"/firmware//{name}"}[wanted]
    async with client() as http:
        return status(await http.get(link.copy_with(path=path)))


FILES = (
    *_each("a secret whose time is over", _too_late, {"http": "404", "ftp": "530", "sftp": CUT}),
    *_each("the secret of another protocol", _of_http_at, {"ftp": "530", "sftp": CUT}),
    *_each("the secret of another upload", _of_another, {"ftp": "530", "sftp": CUT}),
    *_each("no password", _no_password, {"ftp": "530", "sftp": CUT}),
    Row("http, the secret of ftp", _of_ftp_at_http, "404", lambda it: _in_time(it, "http")),
    Row("firmware, a guessed link", lambda it: _firmware(it, "guess"), "404", lambda it: _firmware(it, "right")),
    Row("firmware, no token", lambda it: _firmware(it, "none"), "404", lambda it: _firmware(it, "right")),
)

# --- the control port of a station, and the authority ------------------------------------------------------------------------


async def _cookie_after_logout(it: Street) -> str:
    async with client(it.control) as http:
        assert (await http.post("/login", json={"password": CONTROL})).status_code == 204
        cookie = f"pilotwire_station={http.cookies['pilotwire_station']}"
        assert (await http.get("/status")).status_code == 200
        await http.post("/logout")
    return await at("control", "GET", "/status", cookie=cookie)(it)


async def _guessing(it: Street) -> str:
    for _ in range(5):
        await at("control", "POST", "/login", {"password": "guess"})(it)
    told = await at("control", "GET", "/status", Authorization=basic("", CONTROL))(it)
    it.clock.advance(61)
    return told


SEEN = at("control", "GET", "/status", Authorization=basic("installer", CONTROL))
CONTROL_PORT = (
    Row("control, no password", at("control", "GET", "/status"), "401", SEEN),
    Row("control, a wrong password", at("control", "GET", "/status", Authorization=basic("", "guess")), "401", SEEN),
    Row("control, a bearer token", at("control", "GET", "/status", Authorization=f"Bearer {CONTROL}"), "401", SEEN),
    Row("control, a guessed cookie", at("control", "GET", "/status", cookie="pilotwire_station=A"), "401", SEEN),
    Row("control, a cookie after its logout", _cookie_after_logout, "401", SEEN),
    Row("control, a wrong login", at("control", "POST", "/login", {"password": ""}), "401", SEEN),
    Row("control, the password after five guesses", _guessing, "401", SEEN),
    Row("control, to press a button", at("control", "POST", "/tap", {"idToken": "04AA"}), "401", SEEN),
)


def _sign(token: str | None) -> Knock:
    question = {"station": "SN-1", "csr": a_request("SN-1")}
    headers = {} if token is None else {"Authorization": token}
    return at("authority", "POST", "/sign", question, **headers)


def _est(path: str, authorization: str | None = None) -> Knock:
    csr = "".join(a_request("SN-1").strip().splitlines()[1:-1]).encode()
    said = {"Content-Type": "application/pkcs10"} | ({"Authorization": authorization} if authorization else {})
    return at("authority", "POST", f"/.well-known/est/{path}", csr, **said)


SIGNED, ENROLLED = _sign(f"Bearer {SIGNER}"), _est("simpleenroll", basic(EST["est_user"], EST["est_password"]))
AUTHORITY = (
    Row("sign, no token", _sign(None), "401", SIGNED),
    Row("sign, a wrong token", _sign("Bearer a-token-of-nobody"), "401", SIGNED),
    Row("sign, an empty token", _sign("Bearer "), "401", SIGNED),
    Row("sign, the beginning of the token", _sign(f"Bearer {SIGNER[:-1]}"), "401", SIGNED),
    Row("sign, the token as a password", _sign(basic("", SIGNER)), "401", SIGNED),
    Row("sign, the password of EST", _sign(basic(EST["est_user"], EST["est_password"])), "401", SIGNED),
    Row("est, no password", _est("simpleenroll"), "401", ENROLLED),
    Row("est, a wrong password", _est("simpleenroll", basic(EST["est_user"], "guess")), "401", ENROLLED),
    Row("est, an empty password", _est("simpleenroll", basic(EST["est_user"], "")), "401", ENROLLED),
    Row("est, another user", _est("simpleenroll", basic("somebody", EST["est_password"])), "401", ENROLLED),
    Row("est, no user and no password", _est("simpleenroll", basic("", "")), "401", ENROLLED),
    Row("est, the token of the signer", _est("simpleenroll", f"Bearer {SIGNER}"), "401", ENROLLED),
    Row("est, a renewal without anything", _est("simplereenroll"), "401", ENROLLED),
)

TABLE = (*PASSWORDS_OF_STATIONS, *CERTIFICATES, *API, *FILES, *CONTROL_PORT, *AUTHORITY)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def it(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Street]:
    """All entrances, open."""
    folder = tmp_path_factory.mktemp("street")
    async with street(folder, an_office(folder / "ca")) as one:
        yield one


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
async def test_a_wrong_credential_does_not_come_in(it: Street, row: Row) -> None:
    """And the right one does, after it."""
    assert await row.wrong(it) == row.told
    if row.why:
        await eventually(lambda: it.found(row.why), what=f"a finding with {row.why!r}")
    assert await row.right(it) == IN
