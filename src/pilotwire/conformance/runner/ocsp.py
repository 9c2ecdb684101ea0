"""The tester's word on certificates it has signed: OCSP responses (RFC 6960), as GetCertificateStatus asks for them (M06)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from pilotwire.conformance.runner.makers import maker
from pilotwire.conformance.wire.pki import Holder

_ALGORITHMS: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}
_GOOD_FOR: Final = timedelta(days=2)


@maker("certificate status")
def certificate_status(scene: Any, request: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer to GetCertificateStatus: good, if the tester can have signed the certificate; Failed for every other."""
    algorithm = _ALGORITHMS.get(str(request.get("hashAlgorithm")))
    named = [str(request.get(one)).lower() for one in ("issuerNameHash", "issuerKeyHash")]
    if algorithm is None:
        return {"status": "Failed"}
    for signer in scene.authority.signers():
        names = _hashes(signer.certificate, algorithm)
        if [one.hex() for one in names] == named:
            return _good(scene, signer, names, str(request.get("serialNumber")), algorithm)
    return {"status": "Failed"}


@maker("ocsp response")
def ocsp_response(_: Any, text: Any) -> Mapping[str, Any]:
    """What an ocspResult says (RFC 6960, DER in Base64): `serialNumber` in hexadecimal and `status`; `fault` for what is none."""
    try:
        response = ocsp.load_der_ocsp_response(base64.b64decode(str(text), validate=True))
        return {"serialNumber": f"{response.serial_number:x}", "status": response.certificate_status.name}
    except ValueError as error:
        return {"fault": str(error)}


def _hashes(issuer: x509.Certificate, algorithm: hashes.HashAlgorithm) -> tuple[bytes, bytes]:
    """issuerNameHash and issuerKeyHash of what this one has signed (RFC 6960, 4.1.1)."""
    key = issuer.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        bits = key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    else:
        bits = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    return _digest(issuer.subject.public_bytes(), algorithm), _digest(bits, algorithm)


def _digest(content: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    work = hashes.Hash(algorithm)
    work.update(content)
    return work.finalize()


def _good(
    scene: Any, signer: Holder, names: tuple[bytes, bytes], serial: str, algorithm: hashes.HashAlgorithm
) -> Mapping[str, Any]:
    now = scene.now()
    try:
        number = int(serial, 16)
    except ValueError:
        return {"status": "Failed"}
    response = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(*names, number, algorithm, ocsp.OCSPCertStatus.GOOD, now, now + _GOOD_FOR, None, None)
        .responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        .sign(signer.signing_key, hashes.SHA256())
    )
    told = base64.b64encode(response.public_bytes(serialization.Encoding.DER)).decode("ascii")
    return {"status": "Accepted", "ocspResult": told}
