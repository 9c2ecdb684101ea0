"""Access over real HTTP: logins, tokens of an OIDC issuer whose keys change, limited callers, the audit log, the command line."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from typer.testing import CliRunner

from pilotwire import cli
from pilotwire.clock import ManualClock
from pilotwire.csms.api import create_api, ensure_admin_key
from pilotwire.csms.app import Csms
from pilotwire.serving import WebServer
from tests.support.raw_station import settings, station

AUDIENCE = "pilotwire-test"
ROLES = ("fleet-team=operator", "fleet-admins=admin")


class Issuer:
    """An OpenID Connect issuer with one key at a time."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.url = ""
        self.fetched = 0
        self.key: Any = None
        self.kid = ""
        self.algorithm = ""
        self.rotate("first", "RS256")

    def rotate(self, kid: str, algorithm: str) -> None:
        """Sign with a new key from now on."""
        makers: dict[str, Any] = {
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
        }
        self.key = makers.get(algorithm, lambda: rsa.generate_private_key(65537, 2048))()
        self.kid, self.algorithm = kid, algorithm

    def token(self, *, algorithm: str = "", key: Any = None, kid: str | None = None, **claims: Any) -> str:
        """A token; what is not said is good."""
        now = int(self.clock.now().timestamp())
        said = {"iss": self.url, "aud": AUDIENCE, "sub": "anna", "exp": now + 300, "roles": ["fleet-team"]} | claims
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(
            said, self.key if key is None else key, algorithm or self.algorithm, headers={"kid": kid or self.kid}
        )

    async def discovery(self, _: Request) -> JSONResponse:
        return JSONResponse({"issuer": self.url, "jwks_uri": f"{self.url}/keys"})

    async def keys(self, _: Request) -> JSONResponse:
        self.fetched += 1
        described = jwt.get_algorithm_by_name(self.algorithm).to_jwk(self.key.public_key(), as_dict=True)
        return JSONResponse({"keys": [{"kty": "oct", "k": "AAAA", "kid": "shared"}, described | {"kid": self.kid}]})


def forged(token: str, secret: bytes) -> str:
    """The token as if its issuer shared a secret, which is its public key: by hand, for no library makes such a thing."""
    header = json.dumps({"alg": "HS256", "typ": "JWT", "kid": "first"}).encode()
    signed = f"{base64.urlsafe_b64encode(header).rstrip(b'=').decode()}.{token.split('.')[1]}"
    mac = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@asynccontextmanager
async def issuing(clock: ManualClock) -> AsyncIterator[Issuer]:
    """An issuer behind HTTP."""
    one = Issuer(clock)
    routes = [Route("/.well-known/openid-configuration", one.discovery), Route("/keys", one.keys)]
    async with WebServer(Starlette(routes=routes), "127.0.0.1", 0, name="issuer") as web:
        one.url = web.url
        yield one


@asynccontextmanager
async def running(clock: ManualClock | None = None, **more: Any) -> AsyncIterator[tuple[Csms, httpx.AsyncClient]]:
    """A CSMS with authentication, and a client with its first key."""
    async with Csms(settings(no_auth=False, **more), clock, http=create_api) as csms:
        secret = await ensure_admin_key(csms.journal, csms.store, csms.clock)
        headers = {"X-API-Key": str(secret)}
        async with httpx.AsyncClient(base_url=f"{csms.urls.http}/api/v1", headers=headers, timeout=60) as client:
            yield csms, client


@asynccontextmanager
async def trusting(**more: Any) -> AsyncIterator[tuple[Issuer, httpx.AsyncClient]]:
    """A CSMS that takes the tokens of an issuer, and a client without a key."""
    clock = ManualClock()
    async with (
        issuing(clock) as issuer,
        running(clock, oidc_issuer=issuer.url, oidc_audience=AUDIENCE, oidc_roles=ROLES, **more) as (_, client),
    ):
        del client.headers["x-api-key"]
        yield issuer, client


async def get(client: httpx.AsyncClient, token: str, path: str = "/me") -> httpx.Response:
    """What a token gets."""
    return await client.get(path, headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
async def test_a_token_of_the_issuer_is_taken(algorithm: str) -> None:
    """Signed in any of these ways; its greatest role counts; its keys are fetched once."""
    async with trusting() as (issuer, client):
        issuer.rotate("key", algorithm)
        me = (await get(client, issuer.token(roles=["other", "fleet-team", "fleet-admins"]))).json()
        assert (me["kind"], me["name"], me["role"], me["scopes"]) == ("oidc", "anna", "admin", ["admin"])
        assert (await get(client, issuer.token())).json()["role"] == "operator"
        assert (await get(client, issuer.token(roles=["other"]))).status_code == 403, "known, but without any role"
        assert (await get(client, issuer.token(), "/users")).status_code == 403
        assert issuer.fetched == 1


async def test_tokens_that_are_not_good() -> None:
    """Of another issuer, for another audience, late, early, without an end, unsigned, signed by somebody else or with a shared key."""
    async with trusting() as (issuer, client):
        now = int(issuer.clock.now().timestamp())
        stranger = rsa.generate_private_key(65537, 2048)
        public = issuer.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        bad = {
            "issuer": issuer.token(iss="http://other.example"),
            "audience": issuer.token(aud="somebody else"),
            "no audience": issuer.token(aud=None),
            "late": issuer.token(exp=now - 61),
            "early": issuer.token(nbf=now + 61),
            "no end": issuer.token(exp=None),
            "no subject": issuer.token(sub=None),
            "no number as its beginning": issuer.token(nbf=float("nan")),
            "far too large an end": issuer.token(exp=10**400),
            "stranger": issuer.token(key=stranger),
            "unsigned": issuer.token(key="", algorithm="none"),
            "shared": forged(issuer.token(), public),
            "shared by kid": issuer.token(key=b"\0" * 32, algorithm="HS256", kid="shared"),
            "weaker": issuer.token(algorithm="RS384"),
            "no token": "a.b.c",
        }
        got = {name: (await get(client, token)).status_code for name, token in bad.items()}
        assert set(got.values()) == {401}, got
        within = [issuer.token(exp=now - 59), issuer.token(nbf=now + 59), issuer.token(aud=["x", AUDIENCE])]
        assert [(await get(client, token)).status_code for token in within] == [200] * 3
        reason = (await get(client, bad["late"])).json()["detail"]
        assert reason == "This token has expired."


async def test_keys_change() -> None:
    """An unknown key id makes the keys be fetched again, but at most once a minute; the old key is good no more then."""
    async with trusting() as (issuer, client):
        old = issuer.token(exp=int(issuer.clock.now().timestamp()) + 3600)
        assert (await get(client, old)).status_code == 200
        issuer.rotate("second", "ES256")
        assert (await get(client, issuer.token())).status_code == 401, "fetched less than a minute ago"
        for number in range(5):
            assert (await get(client, issuer.token(kid=f"guess-{number}"))).status_code == 401
        assert issuer.fetched == 1
        issuer.clock.advance(60)
        assert (await get(client, issuer.token())).status_code == 200
        assert (await get(client, old)).status_code == 401
        assert issuer.fetched == 2


async def test_an_issuer_that_cannot_be_reached() -> None:
    """Is no reason to let anybody in; keys of the CSMS itself work on."""
    async with running(oidc_issuer="http://127.0.0.1:9", oidc_audience=AUDIENCE) as (_, client):
        issuer = Issuer(ManualClock())
        issuer.url = "http://127.0.0.1:9"
        answer = await client.get("/me", headers={"Authorization": f"Bearer {issuer.token()}"})
        assert answer.status_code == 503
        assert "127.0.0.1:9" in answer.json()["detail"]
        assert (await client.get("/me")).status_code == 200


async def test_tokens_can_be_limited_to_sites() -> None:
    """By a claim; where it is wanted and missing, nothing is seen."""
    async with trusting(oidc_sites_claim="sites") as (issuer, client):
        root = issuer.token(roles=["fleet-admins"], sites=["harbour"])
        refused = await client.put("/sites/harbour", json={}, headers={"Authorization": f"Bearer {root}"})
        assert refused.status_code == 403
        assert (await get(client, issuer.token(sites=["harbour"]))).json()["sites"] == ["harbour"]
        assert (await get(client, issuer.token())).json()["sites"] == []
        assert (await get(client, issuer.token(), "/stations/CS001")).status_code == 403


async def test_a_login_commands_a_station_of_its_site() -> None:
    """And no other one; both are in the audit log, with the name, and the refusal too."""
    async with running() as (_, client):
        await client.put("/sites/harbour", json={"prefixes": ["CS"]})
        user = {"role": "operator", "password": "correct horse battery", "sites": ["harbour"]}
        assert (await client.put("/users/anna", json=user)).status_code == 200
        login = await client.post("/login", json={"name": "anna", "password": "correct horse battery"})
        mine = {"Authorization": f"Bearer {login.json()['token']}", "X-API-Key": ""}
        for name in ("CS001", "OTHER"):
            password = "a-password-of-a-station"
            await client.put(f"/stations/{name}", json={"password": password, "registration": "Accepted"})
        shown = (await client.get("/stations", headers=mine)).json()["items"]
        assert [each["station"] for each in shown] == ["CS001"]
        absent = await client.post("/stations/CS001/commands/clear-cache", headers=mine)
        other = await client.post("/stations/OTHER/commands/clear-cache", headers=mine)
        assert (absent.status_code, other.status_code) == (409, 403)
        found = (await client.get("/audit", params={"who": "user:anna"})).json()["items"]
        assert [(each["station"], each["status"]) for each in found] == [("OTHER", 403), ("CS001", 409), (None, 200)]
        assert "correct horse" not in json.dumps((await client.get("/audit")).json())


async def test_pages_of_other_origins() -> None:
    """May use the API only where that is set."""
    ask = {"Origin": "https://console.example", "Access-Control-Request-Method": "GET"}
    for origins, status in (((), 405), (("https://console.example",), 200)):
        async with running(cors_origins=origins) as (_, client):
            answer = await client.options("/stations", headers=ask)
            assert answer.status_code == status
            assert ("access-control-allow-origin" in answer.headers) is bool(origins)


async def test_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Users, sites, limited keys and the audit log; a password comes from standard input."""
    async with running() as (csms, client):
        monkeypatch.setenv("PILOTWIRE_URL", str(csms.urls.http))
        monkeypatch.setenv("PILOTWIRE_API_KEY", client.headers["x-api-key"])

        async def run(*words: str, said: str = "") -> str:
            outcome = await asyncio.to_thread(CliRunner().invoke, cli.app, list(words), said)
            assert outcome.exit_code == 0, outcome.output
            return outcome.output

        await run("site", "put", "harbour", "--station", "CS001", "--prefix", "H-")
        assert "CS001, H-*" in await run("site", "list")
        told = await run(
            "user", "put", "anna", "--role", "operator", "--site", "harbour", said="correct horse battery\n"
        )
        assert "operator of harbour" in told
        await run("user", "password", "anna", said="another horse, same stable\n")
        login = await client.post("/login", json={"name": "anna", "password": "another horse, same stable"})
        assert login.status_code == 200
        await run("user", "put", "anna", "--role", "viewer", "--keep-password", "--no-active")
        assert "anna" in await run("user", "list")
        await run("key", "create", "board", "--site", "harbour", "--expires-at", "2100-01-01T00:00:00Z")
        keys = {each["name"]: each for each in json.loads(await run("key", "list", "--json"))}
        assert keys["board"]["sites"] == ["harbour"]
        assert keys["admin"]["lastUsedAt"] is not None
        audit = json.loads(await run("audit", "--json", "--who", "key:admin"))
        assert [each["operation"] for each in audit] == [
            "/keys",
            "/users/{name}",
            "/users/{name}/password",
            "/users/{name}",
            "/sites/{name}",
        ]
        exported = (await run("audit", "--export")).splitlines()
        assert len(exported) == 6
        assert "PUT" in await run("audit")
        await run("user", "remove", "anna")
        await run("site", "remove", "harbour")


async def test_a_station_is_commanded_and_it_is_on_record() -> None:
    """Over a real connection, accepted and refused by the station: the entry is there when the answer is."""
    async with running() as (csms, client):
        password = "a-password-of-a-station"
        await client.put("/stations/CS001", json={"password": password, "registration": "Accepted"})
        async with station(csms, password=password) as cs:
            await cs.boot()
            for answer in ([3, "", {"status": "Accepted"}], [4, "", "InternalError", "no", {}]):
                asked = asyncio.ensure_future(client.post("/stations/CS001/commands/clear-cache"))
                answer[1] = (await cs.hear())[1]
                await cs.say(answer)
                await asked
        found = (await client.get("/audit", params={"station": "CS001"})).json()["items"]
        assert [(each["operation"], each["status"]) for each in found] == [
            ("/stations/{station}/commands/clear-cache", 502),
            ("/stations/{station}/commands/clear-cache", 200),
            ("/stations/{station}", 201),
        ]
        assert "InternalError" in found[0]["reason"]
        assert password not in found[-1]["asked"]
