"""Whose key is this, is this chain good, and what does a CA sign? Pure: no I/O, and `now` is an argument.

Keys (`keys`), kinds of certificates (`profiles`), requests and their policy (`requests`, `policy`), a CA at work (`issuing`), revocation
(`revocation`, `ocsp`), chains and every fault of them (`chains`, `explain`), certificates in words (`naming`, `describe`, `hashes`).

Certificates go in and out as PEM text (A00.FR.507). What comes from outside and is not what it should be raises a `PkiFault` with a
sentence. Nothing here reads or writes anything: a private key is an object the caller has read or made, or one that only stands for a key
in a token (`held`); it leaves in clear by `write_key` alone.
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
from pilotwire.pki.defects import Defect, Flaw, Purpose
from pilotwire.pki.describe import Description, days_left, describe, due, profiles_like
from pilotwire.pki.explain import Explanation, Revocation, explain
from pilotwire.pki.hashes import Hashes, hashes_of
from pilotwire.pki.issuing import (
    Authority,
    Order,
    cross_sign,
    digest_for,
    issue,
    padding_for,
    self_signed,
)
from pilotwire.pki.keys import (
    KeyKind,
    PublicKey,
    SigningKey,
    check_strength,
    key_words,
    kind_of,
    new_key,
    read_key,
    write_key,
)
from pilotwire.pki.naming import fingerprint, hosts_of, is_for_host, serial_words, short_name, words_of
from pilotwire.pki.ocsp import (
    OcspAnswer,
    OcspQuery,
    Refusal,
    Responder,
    Standing,
    make_refusal,
    make_request,
    make_response,
    read_ocsp,
    read_request,
)
from pilotwire.pki.ocsp_verdict import OcspFault, OcspFaultKind, OcspVerdict, check_response
from pilotwire.pki.policy import Breach, Policy, check_request, order_from, policy_for
from pilotwire.pki.profiles import PROFILES, CertificateProfile, Hierarchy, Usage
from pilotwire.pki.requests import (
    Sign,
    SignAs,
    Subject,
    Way,
    held,
    make_csr,
    read_csr,
    request_for,
    subject_of_csr,
)
from pilotwire.pki.revocation import Crl, Reason, Revoked, check_crl, crl_der, crl_pem, look_up, make_crl, read_crl

__all__ = [
    "PROFILES",
    "Authority",
    "Breach",
    "Certificate",
    "CertificateProfile",
    "ChainFault",
    "Crl",
    "Defect",
    "Description",
    "Explanation",
    "Fault",
    "Flaw",
    "Hashes",
    "Hierarchy",
    "KeyKind",
    "OcspAnswer",
    "OcspFault",
    "OcspFaultKind",
    "OcspQuery",
    "OcspVerdict",
    "Order",
    "PkiFault",
    "Policy",
    "PublicKey",
    "Purpose",
    "Reason",
    "Refusal",
    "Responder",
    "Revocation",
    "Revoked",
    "Sign",
    "SignAs",
    "SigningKey",
    "Standing",
    "Subject",
    "Usage",
    "Way",
    "check_authority",
    "check_chain",
    "check_crl",
    "check_request",
    "check_response",
    "check_strength",
    "common_name",
    "crl_der",
    "crl_pem",
    "cross_sign",
    "days_left",
    "describe",
    "digest_for",
    "due",
    "explain",
    "fingerprint",
    "hashes_of",
    "held",
    "hosts_of",
    "in_order",
    "is_for_host",
    "is_issued_by",
    "is_self_signed",
    "issue",
    "key_words",
    "kind_of",
    "look_up",
    "make_crl",
    "make_csr",
    "make_refusal",
    "make_request",
    "make_response",
    "new_key",
    "order_from",
    "padding_for",
    "pem_of",
    "policy_for",
    "profiles_like",
    "read_certificates",
    "read_crl",
    "read_csr",
    "read_key",
    "read_ocsp",
    "read_one",
    "read_request",
    "request_for",
    "responder_url",
    "same_key",
    "self_signed",
    "serial_words",
    "short_name",
    "subject_of_csr",
    "words_of",
    "write_key",
]
