"""The TLS of the station the tester plays: with good and bad client certificates, with one cipher suite only, too old."""

from __future__ import annotations

import ssl
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from pilotwire.conformance.wire.authority import CSMS_ROOT, STATION_ROOT, UNKNOWN_ROOT, Authority
from pilotwire.conformance.wire.pki import Holder, PrivateKey, Wanted, is_strong, make, new_key, subject
from pilotwire.errors import MisuseError

CERTIFICATES: Final = ("valid", "unknown issuer", "expired", "wrong name", "wrong owner")
"""The kinds of certificates a station shows; a CSMS must take the first only."""
_OLD: Final = "ALL:@SECLEVEL=0"
_OTHER_STATION: Final = "PW-ANOTHER-STATION"
_OTHER_OWNER: Final = "Another operator"
_DAY = timedelta(days=1)


def certificate_of(authority: Authority, name: str, kind: str, now: datetime) -> Holder:
    """A certificate of this kind for the station with the common name `name`. MisuseError for a kind that is none."""
    if kind not in CERTIFICATES:
        raise MisuseError(f"There is no station certificate {kind!r}.", f"Kinds are {', '.join(CERTIFICATES)}.")
    if kind == "valid":
        return authority.station(name)
    since, until = (now - 20 * _DAY, now - _DAY) if kind == "expired" else (now - _DAY, now + 30 * _DAY)
    signer = authority.root(UNKNOWN_ROOT if kind == "unknown issuer" else STATION_ROOT)
    named = subject(name, organization=_OTHER_OWNER) if kind == "wrong owner" else subject(name)
    return make(Wanted(subject(_OTHER_STATION) if kind == "wrong name" else named, since, until), signer)


def station_context(
    authority: Authority,
    *,
    chain: str = "",
    key: str = "",
    ciphers: str = "",
    newest: ssl.TLSVersion | None = None,
    public: bool = False,
) -> ssl.SSLContext:
    """The TLS of a station that trusts the CSMS root (`public`: the roots of this machine) and shows this chain (PEM), if there is one.

    `ciphers` are the only suites it has below TLS 1.3, `newest` is the newest version it speaks.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if public:
        context.load_default_certs()
    else:
        context.load_verify_locations(cadata=authority.root(CSMS_ROOT).pem)
    too_old = newest is not None and newest < ssl.TLSVersion.TLSv1_2
    context.minimum_version = ssl.TLSVersion.TLSv1 if too_old else ssl.TLSVersion.TLSv1_2
    if newest is not None:
        context.maximum_version = newest
    if ciphers or too_old:
        context.set_ciphers(ciphers or _OLD)
    if chain:
        _show(context, chain, key)
    return context


def _show(context: ssl.SSLContext, chain: str, key: str) -> None:
    with tempfile.TemporaryDirectory() as folder:  # the library reads keys from files only
        paths = Path(folder, "chain.pem"), Path(folder, "key.pem")
        for path, text in zip(paths, (chain, key), strict=True):
            path.write_text(text, encoding="ascii")
        context.load_cert_chain(*paths)


def new_request(name: str, country: str = "", unit: str = "") -> tuple[str, str]:
    """A certification request with a new key, and that key, as PEM (A02.FR.02)."""
    key = new_key()
    parts = list(subject(name))
    if country:
        parts.append(x509.NameAttribute(NameOID.COUNTRY_NAME, country))
    if unit:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(parts)).sign(key, hashes.SHA256())
    encoding = serialization.Encoding.PEM
    return request.public_bytes(encoding).decode("ascii"), _pem_of_key(key)


def _pem_of_key(key: PrivateKey) -> str:
    plain = serialization.NoEncryption()
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return text.decode("ascii")


def chain_fault(chain: object, csr: str, top: Holder) -> str:
    """What is wrong with a chain that should be for this request and under this root; "" if nothing is."""
    if not isinstance(chain, str):
        return "there is none"
    try:
        certificates = x509.load_pem_x509_certificates(chain.encode())
        request = x509.load_pem_x509_csr(csr.encode())
        if certificates[0].public_key() != request.public_key():
            return "its key is not that of the request"
        return "" if _leads_to(certificates, top.certificate) else "it does not lead to the root"
    except Exception as error:  # the library raises many kinds for what is no certificate
        return f"it cannot be read: {error or type(error).__name__}"


def _leads_to(certificates: list[x509.Certificate], root: x509.Certificate) -> bool:
    """Whether each certificate is issued by the one after it, the last by the root (or is the root)."""
    if certificates[-1] == root:
        certificates = certificates[:-1]
    try:
        for one, issuer in zip(certificates, [*certificates[1:], root], strict=True):
            one.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return bool(certificates)


def chain_is_strong(chain: object) -> bool:
    """Whether the chain is certificates in PEM, the first with a key long enough (A00.FR.502, A00.FR.503) and a serial number."""
    if not isinstance(chain, str):
        return False
    try:
        first = x509.load_pem_x509_certificates(chain.encode())[0]
        return is_strong(first.public_key()) and first.serial_number > 0
    except Exception:  # as above
        return False


def chain_name(chain: object) -> str:
    """The common name of a chain's own certificate; "" if there is none."""
    try:
        first = x509.load_pem_x509_certificates(str(chain).encode())[0]
        return str(first.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    except Exception:  # as above
        return ""
