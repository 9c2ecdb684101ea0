"""OCSP responses (RFC 6960) as a station keeps them for its own certificates: which certificate, what status, until when."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import datetime

from cryptography.x509 import ocsp

from pilotwire.pki.certificates import PkiFault


@dataclass(frozen=True, slots=True)
class OcspAnswer:
    """What a response says of one certificate. `next_update` None: newer information is there at any time."""

    serial_number: int
    status: str
    next_update: datetime | None


def read_ocsp(text: str) -> OcspAnswer:
    """A response, DER in Base64, that speaks of one certificate. Raises PkiFault for anything else."""
    try:
        response = ocsp.load_der_ocsp_response(b64decode(text, validate=True))
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise PkiFault(f"The OCSP responder could not tell: {response.response_status.name}.")
        return OcspAnswer(response.serial_number, response.certificate_status.name, response.next_update_utc)
    except (ValueError, NotBase64) as error:
        raise PkiFault(f"The OCSP response cannot be read: {error}.") from None
