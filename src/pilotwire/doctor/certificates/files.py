"""Judgement of the files in which a station has its certificate and its key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pilotwire.doctor.certificates.content import Content, Holding, public_key_of, read_content
from pilotwire.doctor.findings import Finding
from pilotwire.doctor.rules import station_certificates as rules
from pilotwire.pki import Certificate, key_words, words_of

_READABLE_BY_ALL: Final = 0o004
_TOKENS: Final = {"pkcs11:": "a PKCS#11 token", "tpm2:": "a TPM", "handle:": "a TPM", "engine:": "an engine of OpenSSL"}


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was found: its name, its bytes, its permission bits (0: unknown), or why it cannot be read."""

    name: str
    raw: bytes = b""
    mode: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A station's certificates and where its key is. `usable`: TLS can be spoken with these files."""

    chain: tuple[Certificate, ...]
    findings: tuple[Finding, ...]
    key_place: str
    usable: bool


def token_of(key: str) -> str:
    """In what kind of store a key lies that is named by a URI, "" for a file."""
    return next((words for start, words in _TOKENS.items() if key.lower().startswith(start)), "")


def judge_files(certificate: File, key: File | None, *, token: str = "", secure_element: bool = False) -> Bundle:
    """Hold a certificate's file and a key's against the rules. `key` None: there is no file of its own; `token` names its store then.

    `secure_element`: the key must not be in a file at all.
    """
    content = read_content(certificate.raw)
    findings = list(_of_certificate(certificate, content))
    chain = content.certificates
    if token:
        return Bundle(chain, tuple(findings), token, usable=False)
    holder, held = (certificate, content) if key is None else (key, read_content(key.raw))
    findings += _of_key(holder, held, chain[:1], alone=key is not None)
    if held.holding is not Holding.TPM_KEY:
        findings += _of_place(holder, held, secure_element=secure_element)
    place = "a file, wrapped by a TPM" if held.holding is Holding.TPM_KEY else "a file"
    usable = held.key is not None and content.holding is Holding.CERTIFICATES
    return Bundle(chain, tuple(findings), place, usable and not any(each.rule in _UNUSABLE for each in findings))


_UNUSABLE: Final = (rules.KEY_OTHER, rules.NO_KEY, rules.KEY_ENCRYPTED, rules.DAMAGED, rules.NO_PEM)


def _of_certificate(file: File, content: Content) -> Iterator[Finding]:
    if file.error:
        what = f"The file of the station's certificate, {file.name}, cannot be read: {file.error}."
        yield Finding(rules.FILE_UNREADABLE, what)
    elif content.holding is Holding.DAMAGED and not content.certificates:
        what = f"{file.name} is damaged: {content.why.removeprefix('The certificate cannot be read: ').rstrip('.')}."
        yield Finding(rules.DAMAGED, what, _labels(content))
    elif content.holding in _CONVERT:
        what = f"{file.name} should hold the station's certificate in PEM, and holds {content.holding}."
        yield Finding(rules.NO_PEM, what, remedy=_CONVERT[content.holding].replace("FILE", file.name))
    elif content.holding is not Holding.CERTIFICATES:
        what = f"{file.name} should hold the station's certificate, and holds {content.holding}."
        remedy = _INSTEAD.get(content.holding, "").replace("FILE", file.name)
        yield Finding(rules.NO_CERTIFICATE, what, _labels(content), remedy=remedy)


def _labels(content: Content) -> tuple[str, ...]:
    return (f"its blocks: {', '.join(content.labels)}",) if content.labels else ()


_CONVERT: Final = {
    Holding.DER_CERTIFICATE: "Convert it: `openssl x509 -inform DER -in FILE -out FILE.pem`.",
    Holding.PKCS12: "Take it apart: `openssl pkcs12 -in FILE -nodes -out FILE.pem` writes key and certificates as PEM.",
    Holding.PKCS7: "Convert it: `openssl pkcs7 -print_certs -in FILE -out FILE.pem` (with `-inform DER` if it is binary).",
    Holding.BARE_BASE64: "Put `-----BEGIN CERTIFICATE-----` before it and `-----END CERTIFICATE-----` after it, each on a line of its own.",
    Holding.UTF16: "Save it as plain ASCII or UTF-8: `iconv -f UTF-16 -t ASCII FILE > FILE.pem`.",
}
_INSTEAD: Final = {
    Holding.REQUEST: "A request is what goes to the authority: give the certificate that it sends back.",
    Holding.DER_REQUEST: "A request is what goes to the authority: give the certificate that it sends back.",
    Holding.KEY: "This is the private key: are certificate and key exchanged? Send it to nobody.",
    Holding.ENCRYPTED_KEY: "This is the private key: are certificate and key exchanged? Send it to nobody.",
    Holding.DER_KEY: "This is the private key: are certificate and key exchanged? Send it to nobody.",
}


def _of_key(file: File, content: Content, own: tuple[Certificate, ...], *, alone: bool) -> Iterator[Finding]:
    if file.error:
        if alone:
            yield Finding(
                rules.FILE_UNREADABLE, f"The file of the private key, {file.name}, cannot be read: {file.error}."
            )
        return
    if content.key is not None and content.holding is not Holding.DER_KEY:
        yield from _belonging(file, content, own)
        return
    if content.holding is Holding.TPM_KEY:
        return
    if _is_encrypted(file, content):
        what = f"The private key in {file.name} is encrypted with a password."
        yield Finding(
            rules.KEY_ENCRYPTED, what, _labels(content), remedy=rules.KEY_ENCRYPTED.remedy.replace("FILE", file.name)
        )
    elif content.holding is Holding.DER_KEY:
        remedy = f"Convert it: `openssl pkey -inform DER -in {file.name} -out {file.name}.pem`."
        yield Finding(rules.NO_PEM, f"The private key in {file.name} is DER, not PEM.", remedy=remedy)
    elif content.holding is Holding.DAMAGED and alone:
        what = f"The private key in {file.name} cannot be read: {content.why or 'it is damaged'}."
        remedy = rules.DAMAGED.remedy.replace(
            "openssl x509 -in FILE -noout -text", f"openssl pkey -in {file.name} -noout -text"
        )
        yield Finding(rules.DAMAGED, what, _labels(content), remedy=remedy)
    elif alone or content.holding is Holding.CERTIFICATES:
        holds = (
            f", it holds {content.holding}" if alone else " beside the certificate, and no other file is given for it"
        )
        yield Finding(rules.NO_KEY, f"There is no private key in {file.name}{holds}.", _labels(content))


def _is_encrypted(file: File, content: Content) -> bool:
    return content.holding is Holding.ENCRYPTED_KEY or (
        content.key is None and (b"ENCRYPTED PRIVATE KEY" in file.raw or b"Proc-Type: 4,ENCRYPTED" in file.raw)
    )


def _belonging(file: File, content: Content, own: tuple[Certificate, ...]) -> Iterator[Finding]:
    for each in own:
        if content.public_key != public_key_of(each):
            what = f"The private key in {file.name} does not belong to the certificate of {words_of(each.subject)}."
            kinds = f"certificate: {key_words(each.public_key())}; private key: {key_words(content.key.public_key())}"
            yield Finding(rules.KEY_OTHER, what, (kinds,))


def _of_place(file: File, content: Content, *, secure_element: bool) -> Iterator[Finding]:
    if file.error or (content.key is None and not _is_encrypted(file, content)):
        return
    if file.mode & _READABLE_BY_ALL:
        what = f"Everybody on the machine may read the private key in {file.name} (mode {file.mode & 0o777:o})."
        yield Finding(rules.KEY_OPEN, what, remedy=rules.KEY_OPEN.remedy.replace("FILE", file.name))
    if secure_element:
        what = f"The private key lies in a file, {file.name}; the platform wants it in a secure element."
        yield Finding(rules.KEY_IN_FILE, what)
