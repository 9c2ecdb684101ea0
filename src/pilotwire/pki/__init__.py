"""Whose key is this, is this chain good? Keys, certificate requests, chains, hashes and OCSP responses; pure, `now` is an argument.

Certificates go in and out as PEM text (A00.FR.507). What comes from outside and is not what it should be raises a `PkiFault` with a
sentence; nothing here reads or writes anything, and no private key passes through: who has one signs.
"""

from pilotwire.pki.certificates import (
    Certificate,
    PkiFault,
    common_name,
    is_issued_by,
    is_self_signed,
    pem_of,
    read_certificates,
    read_one,
    responder_url,
    same_key,
)
from pilotwire.pki.chains import ChainFault, Fault, check_authority, check_chain, in_order
from pilotwire.pki.hashes import Hashes, hashes_of
from pilotwire.pki.keys import KeyKind, PublicKey, check_strength
from pilotwire.pki.ocsp import OcspAnswer, read_ocsp
from pilotwire.pki.requests import Subject, make_csr, read_csr, subject_of_csr

__all__ = [
    "Certificate",
    "ChainFault",
    "Fault",
    "Hashes",
    "KeyKind",
    "OcspAnswer",
    "PkiFault",
    "PublicKey",
    "Subject",
    "check_authority",
    "check_chain",
    "check_strength",
    "common_name",
    "hashes_of",
    "in_order",
    "is_issued_by",
    "is_self_signed",
    "make_csr",
    "pem_of",
    "read_certificates",
    "read_csr",
    "read_ocsp",
    "read_one",
    "responder_url",
    "same_key",
    "subject_of_csr",
]
