"""Credentials that were good once, or are good for something else: each is made anew, and shown where it should not open."""

from __future__ import annotations

import ssl
from datetime import timedelta
from pathlib import Path

import httpx

from pilotwire.ca.enrolling import Wanted, issue_with_key
from pilotwire.ca.handing import write_bundle
from tests.support.entrances import (
    CONTROL,
    CUT,
    PASSWORDS,
    SESSION,
    UPLOAD,
    USER,
    USER_PASSWORD,
    Knock,
    Street,
    at,
    basic,
    by_tls,
    client,
    status,
    uploaded,
)
from tests.support.pki_world import a_request


def login(name: str, password: str) -> Knock:
    """A login."""

    async def knock(it: Street) -> str:
        return status(await it.http.post("/login", json={"name": name, "password": password}))

    return knock


async def old_session(it: Street) -> str:
    """The token of a session that is over."""
    token = await it.login()
    it.clock.advance(SESSION + 1)
    return token


async def logged_out(it: Street) -> str:
    """The token of a session that was ended."""
    token = await it.login()
    assert (await it.http.post("/logout", headers={"Authorization": f"Bearer {token}"})).status_code == 204
    return token


async def replaced(it: Street) -> str:
    """The token of a session that has another one now."""
    token = await it.login()
    answer = await it.http.post("/session/refresh", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    return token


async def revoked_key(it: Street) -> str:
    """The secret of an API key that is no more."""
    secret = await it.key("revoked", scopes=["admin"])
    await it.manage("DELETE", "/keys/revoked")
    return secret


async def old_key(it: Street) -> str:
    """The secret of an API key whose time is over."""
    ends = it.clock.now().timestamp() + 60
    secret = await it.key(f"old-{ends:.0f}", scopes=["read"], expiresAt=iso(it, 60))
    it.clock.advance(61)
    return secret


def iso(it: Street, seconds: float) -> str:
    """The time in so many seconds."""
    return (it.clock.now() + timedelta(seconds=seconds)).isoformat()


async def new_key(it: Street, scope: str, *sites: str) -> str:
    """The secret of a new API key with a scope, for all stations or those of sites."""
    name = f"{scope}-{'-'.join(sites)}-{it.clock.now().timestamp():.0f}"
    it.clock.advance(1)
    return await it.key(name, scopes=[scope], sites=list(sites))


async def admin_key(it: Street) -> str:
    """The secret of the first API key."""
    return it.admin


async def locked(it: Street) -> str:
    """The right password after too many wrong ones: not yet."""
    for _ in range(6):
        await login(USER, "a password of nobody")(it)
    return await login(USER, USER_PASSWORD)(it)


async def after_a_while(it: Street) -> str:
    """The right password when the waiting is over."""
    it.clock.advance(1000)
    return await login(USER, USER_PASSWORD)(it)


async def digest_on_record(it: Street) -> str:
    """What is on record of the first key: it must not do for the key."""
    return (await it.csms.store.api_keys())[0].digest


async def too_late(it: Street, protocol: str) -> str:
    """An upload after its time."""
    url = await it.upload(protocol)
    it.clock.advance(UPLOAD + 1)
    return await uploaded(url)


async def of_http_at(it: Street, protocol: str) -> str:
    """The secret of an upload by HTTP, shown to another server."""
    secret = httpx.URL(await it.upload("http")).path.split("/")[2]
    other = httpx.URL(await it.upload(protocol))
    return await uploaded(str(other.copy_with(password=secret)))


async def of_another(it: Street, protocol: str) -> str:
    """One upload's user with the password of another."""
    one, two = httpx.URL(await it.upload(protocol)), httpx.URL(await it.upload(protocol))
    return await uploaded(str(one.copy_with(password=two.password)))


async def no_password(it: Street, protocol: str) -> str:
    """An upload with the user's name alone."""
    return await uploaded(str(httpx.URL(await it.upload(protocol)).copy_with(password="")))


async def of_ftp_at_http(it: Street) -> str:
    """An upload by HTTP with user and password of one by FTP."""
    secret = httpx.URL(await it.upload("ftp"))
    path = f"/uploads/{secret.username}:{secret.password}/"
    return await uploaded(str(httpx.URL(await it.upload("http")).copy_with(path=path)))


async def in_time(it: Street, protocol: str) -> str:
    """An upload as it should be."""
    return await uploaded(await it.upload(protocol))


async def firmware(it: Street, wanted: str) -> str:
    """A download of firmware by the `right` link, by a `guess`, or without a token (`none`)."""
    image = await it.http.put(
        "/firmware/one.bin", params={"version": "1"}, content=b"image", headers={"X-API-Key": it.admin}
    )
    assert image.status_code in (200, 201), image.text
    link = httpx.URL((await it.given("update-firmware", image="one.bin"))["firmware"]["location"])
    _, _, token, name = link.path.split("/")
    path = {"right": link.path, "guess": f"/firmware/{'A' * len(token)}/{name}", "none": f"/firmware//{name}"}[wanted]
    async with client() as http:
        return status(await http.get(link.copy_with(path=path)))


async def cookie_after_logout(it: Street) -> str:
    """The control port, with the cookie of a login that was ended."""
    async with client(it.control) as http:
        assert (await http.post("/login", json={"password": CONTROL})).status_code == 204
        cookie = f"pilotwire_station={http.cookies['pilotwire_station']}"
        assert (await http.get("/status")).status_code == 200
        await http.post("/logout")
    return await at("control", "GET", "/status", cookie=cookie)(it)


async def guessing(it: Street) -> str:
    """The control port, with the right password right after five wrong ones."""
    for _ in range(5):
        await at("control", "POST", "/login", {"password": "guess"})(it)
    told = await at("control", "GET", "/status", Authorization=basic("", CONTROL))(it)
    it.clock.advance(61)
    return told


def renewal(paper: str = "", *, profile: str = "station") -> Knock:
    """A renewal by EST with a certificate of `Papers`, or with one of the authority itself of this profile."""

    async def knock(it: Street) -> str:
        name = "SN-1"
        if paper:
            context = it.papers.trusting(it.office, paper)
        else:
            hosts = ("csms.example.org",) if profile == "csms-server" else ()
            issued, key = issue_with_key(it.office, Wanted(profile, hosts[0] if hosts else name, hosts), "me")
            folder = Path(it.office.folder) / profile
            folder.mkdir(exist_ok=True)
            write_bundle(it.office, issued, key, folder, None)
            context = it.papers.trusting(it.office)
            context.load_cert_chain(folder / f"{issued.name}.pem", folder / f"{issued.name}-key.pem")
        headers = {"Content-Type": "application/pkcs10"}
        try:
            async with client(it.authority, verify=context) as http:
                path = "/.well-known/est/simplereenroll"
                return status(await http.post(path, content=request_in_base64(name), headers=headers))
        except (httpx.TransportError, ssl.SSLError):  # an alert after the handshake (TLS 1.3)
            return CUT

    return knock


def request_in_base64(name: str) -> bytes:
    """A certificate request as EST has it."""
    return "".join(a_request(name).strip().splitlines()[1:-1]).encode()


async def revoked(it: Street) -> str:
    """A station's own certificate, revoked by an operator."""
    told = await it.manage("POST", "/stations/CS-CERT/revoked-certificates", certificate=it.papers.pem("to-be-revoked"))
    assert told.status_code == 201
    return await by_tls("CS-CERT", "to-be-revoked", PASSWORDS["CS-CERT"])(it)
