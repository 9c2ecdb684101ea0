"""No login, TLS or API entrance lets a wrong credential in: one row an entrance and a wrong credential, over real sockets.

Each row first knocks with the wrong credential, then with the right one, so that a door that is simply shut would be noticed.

What is tried one by one elsewhere, and not here again: tokens of OpenID Connect (`test_access.py`, fifteen that are not good); the scope of
every operation (`test_csms_api_access.py`); uploads with wrong and used secrets (`test_log_uploads.py`); downloads of firmware that are
over (`test_firmware.py`); certificates on CRLs (`test_csms_gateway_revocation.py`); old versions and suites of TLS (`test_csms_tls.py`);
growing waits (`test_csms_certificate_inventory.py`, `test_csms_api_users.py`); pages of other origins (`test_least_privilege.py`).
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from tests.support.entrance_secrets import (
    admin_key,
    after_a_while,
    cookie_after_logout,
    digest_on_record,
    firmware,
    guessing,
    in_time,
    locked,
    logged_out,
    login,
    new_key,
    no_password,
    of_another,
    of_ftp_at_http,
    of_http_at,
    old_key,
    old_session,
    renewal,
    replaced,
    request_in_base64,
    revoked,
    revoked_key,
    too_late,
)
from tests.support.entrances import (
    CONTROL,
    CONTROL_TOKEN,
    CUT,
    IN,
    PASSWORDS,
    SIGNER,
    USER,
    USER_PASSWORD,
    Knock,
    Street,
    at,
    basic,
    by_tls,
    plain,
    rest,
    soap,
    street,
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
    Row(
        "soap, a wrong password", soap("CS001", ("CS001", "a-password-of-nobody")), "401", soap("CS001", ("CS001", ONE))
    ),
    Row("soap, another's name and password", soap("CS001", ("CS002", TWO)), "401", soap("CS001", ("CS001", ONE))),
    Row("soap, the password without TLS", soap("CS-TLS", ("CS-TLS", TLS)), "403", soap("CS001", ("CS001", ONE))),
    Row("soap, nobody's identity", soap("CS999", ("CS999", ONE)), "404", soap("CS001", ("CS001", ONE))),
)


def _paper(paper: str, told: str, why: str, **changes: Any) -> Row:
    version = {"maximum_version": ssl.TLSVersion.TLSv1_2} if changes else {}
    wrong = by_tls("CS-CERT", paper, CERT, **version)
    return Row(
        f"tls, {paper or 'no certificate'}{' (1.2)' * bool(changes)}",
        wrong,
        told,
        by_tls("CS-CERT", "own", **version),
        why,
    )


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
    _paper("of a CA of the same name", CUT, "self-signed certificate in certificate chain"),
    _paper("by a station", CUT, "invalid CA certificate"),
    _paper("self-signed", CUT, "self-signed certificate"),
    _paper("expired", CUT, "certificate has expired"),
    _paper("future", CUT, "certificate is not yet valid"),
    _paper("foreign", CUT, "self-signed certificate in certificate chain", old=True),
    _paper("expired", CUT, "certificate has expired", old=True),
    _paper("", "403", "it showed no client certificate", old=True),
)


def _secret(name: str, secret: Any, told: str = "401", path: str = "/stations", method: str = "GET") -> Row:
    return Row(f"rest, {name}", rest(secret, path, method), told, rest(admin_key, path, method))


LOGIN = login(USER, USER_PASSWORD)
REVOKED = Row(
    "tls, revoked by an operator",
    revoked,
    "403",
    by_tls("CS-CERT", "own-again"),
    "an operator of this CSMS revoked it",
)
API = (
    _secret("no key", ""),
    _secret("a guessed key", "pw_" + "A" * 43),
    _secret("the digest of a key", digest_on_record),
    _secret("a station's password", ONE),
    _secret("the user's password", USER_PASSWORD),
    _secret("a revoked key", revoked_key),
    _secret("a key whose time is over", old_key),
    _secret("a session that is over", old_session),
    _secret("a session after its logout", logged_out),
    _secret("a session after its refresh", replaced),
    _secret("something like a JWT", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIn0."),
    _secret("no key for live events", "", "401", "/me"),
    _secret("a viewer for a write", lambda it: new_key(it, "read"), "403", "/stations/CS001", "PUT"),
    _secret("a viewer's login for a write", Street.login, "403", "/stations/CS001", "PUT"),
    _secret("an operator for a write", lambda it: new_key(it, "command"), "403", "/stations/CS001", "PUT"),
    _secret("a manager for users", lambda it: new_key(it, "write"), "403", "/users"),
    _secret("another site's station", lambda it: new_key(it, "admin", "harbour"), "403", "/stations/CS002"),
    _secret(
        "another site's station, to write", lambda it: new_key(it, "admin", "harbour"), "403", "/stations/CS002", "PUT"
    ),
    _secret("keys of all from one site", lambda it: new_key(it, "admin", "harbour"), "403", "/keys"),
    Row("login, a wrong password", login(USER, "a password of nobody"), "401", LOGIN),
    Row("login, the password in capitals", login(USER, USER_PASSWORD.upper()), "401", LOGIN),
    Row("login, nobody's name", login("nobody", USER_PASSWORD), "401", LOGIN),
    Row("login, a key as the password", lambda it: login("admin", it.admin)(it), "401", LOGIN),
    Row("login, after too many wrong passwords", locked, "429", after_a_while),
)


# --- uploads and downloads: each makes a new secret, or link ----------------------------------------------------------------


def _each(name: str, wrong: Any, codes: dict[str, str]) -> list[Row]:
    return [
        Row(f"{protocol}, {name}", lambda it, p=protocol: wrong(it, p), told, lambda it, p=protocol: in_time(it, p))  # type: ignore[misc]
        for protocol, told in codes.items()
    ]


FILES = (
    *_each("a secret whose time is over", too_late, {"http": "404", "ftp": "530", "sftp": CUT}),
    *_each("the secret of another protocol", of_http_at, {"ftp": "530", "sftp": CUT}),
    *_each("the secret of another upload", of_another, {"ftp": "530", "sftp": CUT}),
    *_each("no password", no_password, {"ftp": "530", "sftp": CUT}),
    Row("http, the secret of ftp", of_ftp_at_http, "404", lambda it: in_time(it, "http")),
    Row("firmware, a guessed link", lambda it: firmware(it, "guess"), "404", lambda it: firmware(it, "right")),
    Row("firmware, no token", lambda it: firmware(it, "none"), "404", lambda it: firmware(it, "right")),
)

# --- the control port of a station, and the authority ------------------------------------------------------------------------


SEEN = at("control", "GET", "/status", Authorization=basic("installer", CONTROL))
BY_TOKEN = at("control", "GET", "/status", Authorization=f"Bearer {CONTROL_TOKEN}")
LINKED = at("control", "GET", f"/status?token={CONTROL_TOKEN}")
BENT = {"Host": "evil.example", "Authorization": f"Bearer {CONTROL_TOKEN}"}
CONTROL_PORT = (
    Row("control, no password", at("control", "GET", "/status"), "401", SEEN),
    Row("control, a wrong password", at("control", "GET", "/status", Authorization=basic("", "guess")), "401", SEEN),
    Row("control, a bearer token", at("control", "GET", "/status", Authorization=f"Bearer {CONTROL}"), "401", SEEN),
    Row("control, a guessed cookie", at("control", "GET", "/status", cookie="pilotwire_station=A"), "401", SEEN),
    Row("control, a cookie after its logout", cookie_after_logout, "401", SEEN),
    Row("control, a wrong login", at("control", "POST", "/login", {"password": ""}), "401", SEEN),
    Row("control, the password after five guesses", guessing, "401", SEEN),
    Row("control, a wrong token", at("control", "GET", "/status", Authorization="Bearer guess"), "401", BY_TOKEN),
    Row("control, no token", at("control", "GET", "/status", Authorization="Bearer"), "401", BY_TOKEN),
    Row("control, a link with a wrong token", at("control", "GET", "/status?token=guess"), "401", LINKED),
    Row("control, the password in a link", at("control", "GET", f"/status?token={CONTROL}"), "401", LINKED),
    Row("control, by a name of somebody else", at("control", "GET", "/status", **BENT), "403", BY_TOKEN),
    Row("control, to press a button", at("control", "POST", "/tap", {"idToken": "04AA"}), "401", SEEN),
)


def _sign(token: str | None) -> Knock:
    question = {"station": "SN-1", "csr": a_request("SN-1")}
    headers = {} if token is None else {"Authorization": token}
    return at("authority", "POST", "/sign", question, **headers)


def _est(path: str, authorization: str | None = None) -> Knock:
    said = {"Content-Type": "application/pkcs10"} | ({"Authorization": authorization} if authorization else {})
    return at("authority", "POST", f"/.well-known/est/{path}", request_in_base64("SN-1"), **said)


SIGNED, ENROLLED = _sign(f"Bearer {SIGNER}"), _est("simpleenroll", basic(EST["est_user"], EST["est_password"]))
AUTHORITY = (
    Row("sign, no token", _sign(None), "401", SIGNED),
    Row("sign, a wrong token", _sign("Bearer a-token-of-nobody"), "401", SIGNED),
    Row("sign, an empty token", _sign("Bearer"), "401", SIGNED),
    Row("sign, the beginning of the token", _sign(f"Bearer {SIGNER[:-1]}"), "401", SIGNED),
    Row("sign, the token as a password", _sign(basic("", SIGNER)), "401", SIGNED),
    Row("sign, the password of EST", _sign(basic(EST["est_user"], EST["est_password"])), "401", SIGNED),
    Row("est, no password", _est("simpleenroll"), "401", ENROLLED),
    Row("est, a wrong password", _est("simpleenroll", basic(EST["est_user"], "guess")), "401", ENROLLED),
    Row("est, an empty password", _est("simpleenroll", basic(EST["est_user"], "")), "401", ENROLLED),
    Row("est, another user", _est("simpleenroll", basic("somebody", EST["est_password"])), "401", ENROLLED),
    Row("est, no user and no password", _est("simpleenroll", basic("", "")), "401", ENROLLED),
    Row("est, the token of the signer", _est("simpleenroll", f"Bearer {SIGNER}"), "401", ENROLLED),
    Row("est, a renewal without anything", _est("simplereenroll"), "401", renewal()),
    Row("est, a renewal with a certificate of another authority", renewal("own"), CUT, renewal()),
    Row("est, a renewal with a server's certificate", renewal(profile="csms-server"), "403", renewal()),
)

TABLE = (*PASSWORDS_OF_STATIONS, *CERTIFICATES, REVOKED, *API, *FILES, *CONTROL_PORT, *AUTHORITY)


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
