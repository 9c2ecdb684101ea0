"""Makers of what a firmware update needs: where the image is, who has signed it, and the signature."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any, Final

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from pilotwire.conformance.runner.makers import maker
from pilotwire.conformance.values import Unresolved
from pilotwire.conformance.wire.pki import PrivateKey

_PAYLOAD: Final = b"Pilotwire bench firmware\n" * 1024
_NOT_FOUND: Final = 404
_FETCHED_WITHIN: Final = 5.0
_PREFIXES: Final = {"good": "", "damaged": "damaged_"}


@maker("firmware location")
def firmware_location(
    scene: Any, *, kind: str = "good", held: bool = False, slow: float = 0.0, missing: bool = False, cut: int = 0
) -> str:
    """Where the image is: at the plan's own server, or at the tester's.

    That serves it, after `slow` seconds, or (`held`) never gets to; `missing`: there is nothing; `cut`: the first download breaks off after
    so many bytes. A `damaged` image fails its verification.
    """
    url = str(scene.setting(f"{_PREFIXES[kind]}firmware_url"))
    if url:
        return f"{url}_does_not_exist" if missing else url
    status = _NOT_FOUND if missing else 200
    return str(
        scene.files.offers(
            "firmware.bin", _image(scene, kind), status=status, held=held, slow=float(slow), cut_after=cut
        )
    )


@maker("firmware checksum")
def firmware_checksum(scene: Any) -> str:
    """The MD5 of the image, in hexadecimal (L03.FR.02)."""
    if scene.setting("firmware_url") and not scene.setting("firmware_file"):
        raise Unresolved("the plan has a firmware_url, and no firmware_file")
    return hashlib.md5(_image(scene, "good"), usedforsecurity=False).hexdigest()


@maker("checksum at")
def checksum_at(_: Any, location: str) -> str:
    """The MD5 of the file at a URL, in hexadecimal; "" where there is none to be had by HTTP."""
    try:
        answer = httpx.get(location, timeout=_FETCHED_WITHIN, trust_env=False, verify=False)
    except (httpx.HTTPError, httpx.InvalidURL):
        return ""
    return hashlib.md5(answer.content, usedforsecurity=False).hexdigest() if answer.is_success else ""


@maker("firmware signer")
def firmware_signer(scene: Any, kind: str = "valid") -> str:
    """The certificate of who signs firmware, as PEM; other than valid: one of the tester that must not be taken."""
    planned = str(scene.setting("firmware_certificate"))
    return planned if planned and kind == "valid" else str(scene.authority.firmware_signer(kind).chain_pem)


@maker("firmware signature")
def firmware_signature(scene: Any, kind: str = "good") -> str:
    """The signature of an image, Base64; `wrong`: a real one, of another image."""
    name = "wrong_firmware_signature" if kind == "wrong" else f"{_PREFIXES[kind]}firmware_signature"
    planned = str(scene.setting(name))
    if planned:
        return planned
    if scene.setting("firmware_url"):
        raise Unresolved(f"the plan has a firmware_url, and no {name}")
    image = b"another image" if kind == "wrong" else _image(scene, kind)
    return base64.b64encode(_signed(scene.authority.firmware_signer().signing_key, image)).decode("ascii")


def _signed(key: PrivateKey, image: bytes) -> bytes:
    """By RSA-PSS or ECDSA, over the SHA-256 of the whole file (L01.FR.04)."""
    sha256 = hashes.SHA256()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(image, ec.ECDSA(sha256))
    return key.sign(image, padding.PSS(padding.MGF1(sha256), padding.PSS.DIGEST_LENGTH), sha256)


def _image(scene: Any, kind: str) -> bytes:
    """The image of the plan's file, or one for the simulated hardware of Pilotwire's station: two lines of text, and the payload."""
    name = f"{_PREFIXES[kind]}firmware_file"
    if scene.setting(name):
        try:
            return Path(scene.setting(name)).read_bytes()
        except OSError as error:
            raise Unresolved(f"the {name} of the plan cannot be read: {error.strerror}") from None
    digest = hashlib.sha256(_PAYLOAD if kind == "good" else b"").hexdigest()
    header = json.dumps({"version": "bench-2", "sha256": digest})
    return f"PILOTWIRE-IMAGE 1\n{header}\n".encode() + _PAYLOAD
