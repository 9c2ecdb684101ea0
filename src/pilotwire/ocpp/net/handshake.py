"""What a station says in the opening handshake, read without trusting it: identity, credentials, versions (J16:3.1, J2:3.1)."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from pilotwire.ocpp.version import OcppVersion

MAX_IDENTITY: Final = 60
"""Characters of a station identity that are taken; J2:3.1.1 allows a 2.x station 48, test tools use more."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """The opening request of a station, or of whoever knocked; empty fields where it did not say.

    `offered` are the subprotocols as they were written, in the client's order; `version` is what will be spoken, None if nothing offered
    is. `password` is bytes, because a 1.6 key may be any 20
    bytes (J16:6.2.2). `headers` have lower-case names. `secure` tells that the connection uses TLS; `certificate` is the client
    certificate, DER, already verified by TLS.
    """

    identity: str
    path: str
    remote: str
    offered: tuple[str, ...] = ()
    username: str | None = None
    password: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    certificate: bytes | None = field(default=None, repr=False)
    version: OcppVersion | None = None
    secure: bool = False

    def presents(self, secret: str | bytes) -> bool:
        """Whether the credentials are this station's: username equal to the identity, password equal to `secret` (A00.FR.207).

        In 1.6, a secret that is the hexadecimal form of an `AuthorizationKey` (J16:6.2.2) fits both the bytes it stands for and, as
        many stations send it, its own text in either case; 2.x knows only the text as it is. Compared in constant time.
        """
        if self.password is None or self.username != self.identity:
            return False
        known = secret.encode() if isinstance(secret, str) else secret
        accepted = [known, *(_hex_forms(known) if self.version is OcppVersion.V16 else ())]
        matches = [
            hmac.compare_digest(self.password, form) for form in accepted
        ]  # all of them, so that time tells nothing
        return any(matches)


def _hex_forms(secret: bytes) -> list[bytes]:
    try:
        return [binascii.unhexlify(secret), secret.lower(), secret.upper()] if 32 <= len(secret) <= 40 else []
    except binascii.Error:
        return []


class Unreadable(Exception):
    """A part of the opening request makes no sense: HTTP status and a sentence for the other side."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(what)
        self.status = status
        self.what = what


def identity_in(path: str) -> str:
    """The station identity: the last segment of the request's path, percent-decoded (J16:3.1.1, J2:3.1.1).

    Raises Unreadable if there is none, or if it can be no identity.
    """
    segment = path.partition("?")[0].rpartition("/")[2]
    if not segment:
        raise Unreadable(404, "The URL names no station: put the station identity behind the last '/'.")
    try:
        identity = unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        raise Unreadable(400, "The station identity in the URL is not percent-encoded UTF-8.") from None
    if len(identity) > MAX_IDENTITY:
        what = f"The station identity in the URL has {len(identity)} characters, {MAX_IDENTITY} are allowed."
        raise Unreadable(400, what)
    if not identity.isprintable() or not identity.strip():
        raise Unreadable(400, "The station identity in the URL has characters that cannot be printed.")
    return identity


def basic_credentials(header: str | None, identity: str) -> tuple[str, bytes] | None:
    """Username and password of HTTP Basic authentication; None without the header. The password may hold ':'.

    Raises Unreadable for any other or a broken scheme.
    """
    if header is None:
        return None
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        raise Unreadable(401, "Only HTTP Basic authentication is understood here.")
    try:
        pair = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(401, "The credentials of HTTP Basic authentication are not base64.") from None
    prefix = identity.encode() + b":"  # a 1.6 identity may itself hold a colon, a MAC address for example
    user, colon, password = (
        (prefix[:-1], b":", pair[len(prefix) :]) if pair.startswith(prefix) else pair.partition(b":")
    )
    if not colon:
        raise Unreadable(401, "The credentials of HTTP Basic authentication have no ':' between username and password.")
    return user.decode("utf-8", "replace"), password


def offered_in(values: Sequence[str]) -> tuple[str, ...]:
    """The subprotocols in all `Sec-WebSocket-Protocol` headers, as written."""
    return tuple(name for value in values for part in value.split(",") if (name := part.strip()))


def choose(offered: Sequence[str], versions: Sequence[OcppVersion]) -> OcppVersion | None:
    """The first of our `versions`, in our order, that is offered; names count only exactly as registered (J2:3.1.2)."""
    return next((version for version in versions if version.subprotocol in offered), None)


def no_common_version(offered: Sequence[str], versions: Sequence[OcppVersion]) -> str:
    """A sentence on why none was chosen, with a hint for names that were nearly right."""
    ours = ", ".join(version.subprotocol for version in versions)
    if not offered:
        return f"no subprotocol offered; spoken here: {ours}"
    hints = (_nearly(name) for name in offered)
    hint = next((f"; {name!r} must be written {meant!r}" for name, meant in hints if meant), "")
    return f"no common OCPP version: spoken here {ours}{hint}; offered {', '.join(offered)}"


def _nearly(name: str) -> tuple[str, str]:
    bare = "".join(character for character in name.lower() if character.isalnum() or character == ".")
    bare = bare.removesuffix("j").replace("ocppv", "ocpp")
    version = OcppVersion.from_subprotocol(bare if bare.startswith("ocpp") else f"ocpp{bare}")
    return name, version.subprotocol if version is not None else ""
