"""An OpenID Connect issuer: bearer tokens that it signed are taken here.

Its keys are found by its discovery document (OpenID Connect Discovery 1.0) and kept; an unknown key id makes them be fetched again, at most
once a minute. Only asymmetric signatures are taken: whoever can read the issuer's public keys must not be able to sign.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import httpx
import jwt
import msgspec

from pilotwire.clock import Clock
from pilotwire.csms.partners.ports import PartnerFailed
from pilotwire.csms.settings import CsmsSettings
from pilotwire.domain.kinds import Value
from pilotwire.errors import PilotwireError

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
LEEWAY: Final = 60.0
"""Seconds that the clocks of issuer and CSMS may differ."""
BETWEEN_FETCHES: Final = 60.0
_FRESH: Final = 3600.0
"""Seconds after which keys are fetched again in any case, so that one the issuer has withdrawn opens nothing for long."""
_AFTER_FAILURE: Final = 5.0
_TIMEOUT: Final = 5.0
_MOST_BYTES: Final = 1_000_000
_FAR: Final = 1e12
"""A time in seconds that no token has a reason to name."""


_SIGNS: Final = {
    ("RSA", ""): ("RS256", "PS256"),
    ("EC", "P-256"): ("ES256",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
"""What a key signs with, by its type and curve."""


class _Key(NamedTuple):
    public: Any
    algorithms: tuple[str, ...]


class TokenRefused(PilotwireError):
    """A token that opens nothing; the sentence says why."""


class Claims(Value):
    """What a good token says: whose it is, their roles, their sites (None: it does not speak of sites), and when it ends (POSIX)."""

    subject: str
    roles: tuple[str, ...]
    sites: tuple[str, ...] | None
    expires_at: float


class OidcIssuer:
    """The issuer the settings name; `transport` stands in for the network in tests."""

    def __init__(self, settings: CsmsSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._transport = transport
        self._keys: dict[str, _Key] = {}
        self._fetched_at = self._tried_at = -_FRESH
        self._fetching = asyncio.Lock()

    async def claims(self, token: str) -> Claims:
        """What a token says. Raises TokenRefused, or PartnerFailed if the keys of the issuer cannot be had."""
        header = _header(token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise TokenRefused(f"Tokens are taken if they are signed with {', '.join(ALGORITHMS)}.")
        key = await self._key(header.get("kid"), str(algorithm))
        try:
            said = jwt.decode(
                token,
                key.public,
                algorithms=[str(algorithm)],
                audience=self._settings.oidc_audience,
                issuer=self._settings.oidc_issuer,
                options={
                    "require": ["exp", "iss", "aud", "sub"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise TokenRefused(f"This token is not good here: {_why(error)}.") from None
        self._check_times(said)
        return self._claims(said)

    def _check_times(self, said: Mapping[str, Any]) -> None:
        now = self._clock.now().timestamp()
        expires_at, begins_at = _time(said, "exp", now), _time(said, "nbf", now)
        if expires_at + LEEWAY <= now:
            raise TokenRefused("This token has expired.")
        if begins_at - LEEWAY > now:
            raise TokenRefused("This token is not valid yet.")

    def _claims(self, said: Mapping[str, Any]) -> Claims:
        settings = self._settings
        sites = None
        if settings.oidc_sites_claim:
            sites = _texts(said.get(settings.oidc_sites_claim))
        return Claims(
            subject=str(said["sub"])[:200],
            roles=_texts(_at(said, settings.oidc_role_claim)),
            sites=sites,
            expires_at=float(said["exp"]),
        )

    async def _key(self, kid: object, algorithm: str) -> _Key:
        found = self._known(kid, algorithm)
        now = self._clock.monotonic()
        if found is None or now - self._fetched_at >= _FRESH:
            await self._fetch()
            found = self._known(kid, algorithm)
        if found is None:
            raise TokenRefused("This token is signed with a key that its issuer does not have.")
        return found

    def _known(self, kid: object, algorithm: str) -> _Key | None:
        alone = next(iter(self._keys.values())) if len(self._keys) == 1 else None
        key = self._keys.get(kid) if isinstance(kid, str) else alone
        return key if key is not None and algorithm in key.algorithms else None

    async def _fetch(self) -> None:
        """Fetch the keys, unless that was tried just now: then what is known must do."""
        async with self._fetching:
            pause = BETWEEN_FETCHES if self._keys else _AFTER_FAILURE
            if self._clock.monotonic() - self._tried_at < pause:
                return
            self._tried_at = self._clock.monotonic()
            try:
                async with asyncio.timeout(_TIMEOUT):
                    self._keys = await self._fetched()
                self._fetched_at = self._clock.monotonic()
            except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, ValueError, msgspec.MsgspecError) as error:
                if not self._keys:
                    what = f"The keys of {self._settings.oidc_issuer} cannot be had: {type(error).__name__}."
                    raise PartnerFailed(what, "See that the issuer can be reached from the CSMS.") from None

    async def _fetched(self) -> dict[str, _Key]:
        issuer = self._settings.oidc_issuer
        async with httpx.AsyncClient(timeout=_TIMEOUT, transport=self._transport) as client:
            found = await _json(client, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != issuer or not isinstance(found.get("jwks_uri"), str):
                raise ValueError("the discovery document is of another issuer")
            keys = (await _json(client, found["jwks_uri"])).get("keys")
        if not isinstance(keys, list):
            raise ValueError("there are no keys")
        usable = {}
        for number, each in enumerate(keys):
            key = _usable(each)
            if key is not None:
                usable[str(each.get("kid", f"#{number}"))] = key
        return usable


def _usable(described: object) -> _Key | None:
    """The key of a JWK; None for one that signs nothing here: secret, for encryption, of a kind nobody knows."""
    if not isinstance(described, dict) or described.get("use", "sig") != "sig":
        return None
    signs = _SIGNS.get((str(described.get("kty")), str(described.get("crv", ""))), ())
    algorithms = tuple(each for each in signs if described.get("alg", each) == each)
    if not algorithms:
        return None
    try:
        return _Key(jwt.PyJWK(described, algorithms[0]).key, algorithms)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None


def _header(token: str) -> Mapping[str, Any]:
    try:
        header: Mapping[str, Any] = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise TokenRefused("This is no token.") from None
    return header


def _why(error: Exception) -> str:
    if isinstance(error, jwt.InvalidAudienceError):
        return "it is for another audience"
    if isinstance(error, jwt.InvalidIssuerError):
        return "it is of another issuer"
    if isinstance(error, jwt.MissingRequiredClaimError):
        return f"it does not say its {error.claim}"
    return "its signature or form is wrong"


def _at(said: Mapping[str, Any], path: str) -> object:
    """A claim by its name; `realm_access.roles` is the member `roles` of the claim `realm_access`, unless a claim is called so."""
    if path in said:
        return said[path]
    found: object = said
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _texts(claim: object) -> tuple[str, ...]:
    """The entries of a claim: a list of texts, or one text with spaces between (like `scope`)."""
    if isinstance(claim, str):
        return tuple(claim.split())
    return tuple(each for each in claim if isinstance(each, str)) if isinstance(claim, Sequence) else ()


def _time(said: Mapping[str, Any], name: str, missing: float) -> float:
    """A time of a token as seconds since 1970."""
    value = said.get(name, missing)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _FAR:
        raise TokenRefused("This token is not good here: its times are no times.")
    return float(value)


async def _json(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    async with client.stream("GET", url) as response:
        response.raise_for_status()
        if response.status_code != httpx.codes.OK:
            raise ValueError(f"HTTP {response.status_code}")
        body = b""
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > _MOST_BYTES:
                raise ValueError("the answer is too long")
    found = msgspec.json.decode(body)
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found


def oidc_issuer(settings: CsmsSettings, clock: Clock) -> OidcIssuer | None:
    """The issuer the settings name, if they name one."""
    return OidcIssuer(settings, clock) if settings.oidc_issuer else None
