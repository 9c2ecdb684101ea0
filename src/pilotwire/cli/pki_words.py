"""`pilotwire pki show` and `check`: what is in files, in words, and whether a chain is good."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.ca.enrolling import Brought, breaches_of
from pilotwire.ca.files import read_bytes
from pilotwire.ca.reading import Content, read_any
from pilotwire.cli.pki_options import KEY_PASSWORD, AsJson, KeyPasswordFile, day, moment_of, secret, tell_json
from pilotwire.cli.terminal import printable
from pilotwire.errors import ConfigError
from pilotwire.pki import Certificate
from pilotwire.pki.defects import Defect, Purpose
from pilotwire.pki.describe import describe
from pilotwire.pki.explain import Explanation, Revocation, explain
from pilotwire.pki.keys import SigningKey, key_words
from pilotwire.pki.naming import short_name, words_of
from pilotwire.pki.profiles import PROFILES
from pilotwire.pki.revocation import Crl

Files = Annotated[list[Path], typer.Argument(help="PEM, DER or PKCS #12.", metavar="FILE...")]
Rows = list[tuple[str, str]]


def show(files: Files, key_password_file: KeyPasswordFile = None, as_json: AsJson = False) -> None:
    """Say what is in files: certificates, requests, CRLs and keys, in words. Private keys are never shown."""
    told = [(str(file), *part) for file in files for part in _parts(_read(file, key_password_file))]
    if as_json:
        tell_json([{"file": file, "kind": kind, **dict(rows)} for file, kind, rows in told])
        return
    for number, (file, kind, rows) in enumerate(told):
        typer.echo(f"{'' if number == 0 else chr(10)}{printable(file)}: {kind}")
        width = max(len(label) for label, _ in rows)
        for label, text in rows:
            typer.echo(f"  {label:<{width}}  {printable(text)}")


def check(
    files: Annotated[
        list[Path],
        typer.Argument(help="The chain, its own certificate first; PEM, DER or PKCS #12.", metavar="FILE..."),
    ],
    roots: Annotated[
        list[Path] | None, typer.Option(help="Roots that are trusted; self-signed ones of the chain if not said.")
    ] = None,
    more: Annotated[list[Path] | None, typer.Option(help="Sub-CAs that may complete the chain.")] = None,
    crl: Annotated[list[Path] | None, typer.Option(help="CRLs to look it up in.")] = None,
    host: Annotated[str, typer.Option(help="The host name or address clients use.")] = "",
    purpose: Annotated[Purpose, typer.Option(help="What it is to be used for.")] = Purpose.ANY,
    at: Annotated[str, typer.Option(help="The day or time that counts, as 2026-01-31; now if not said.")] = "",
    key_password_file: KeyPasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Check a chain: every fault of it with its remedy. The exit code is 1 if it is not good."""
    contents = [_read(file, key_password_file) for file in files]
    chain = [each for content in contents for each in content.certificates]
    if not chain:
        raise ConfigError(
            f"{', '.join(map(str, files))}: there is no certificate to check.", "Give the file of a chain."
        )
    trusted = _certificates(roots, key_password_file)
    revocation = Revocation(crls=[each for file in crl or [] for each in _read(file, None).crls]) if crl else None
    pool = _certificates(more, key_password_file)
    found = explain(
        chain,
        pool,
        trusted if roots else [each for each in chain if each.subject == each.issuer],
        moment_of(at),
        purpose=purpose,
        host=host,
        revocation=revocation,
    )
    problems = [*_key_problems(contents, chain[0])]
    good = found.good and not problems
    _tell_json(found, problems, good=good) if as_json else _tell(found, problems, good=good)
    if not good:
        raise typer.Exit(1)


def _tell(found: Explanation, problems: list[str], *, good: bool) -> None:
    typer.echo("The chain is good." if good else "The chain is not good.")
    for place, each in enumerate(found.path):
        root = " (trusted root)" if each == found.root else ""
        typer.echo(f"{'  ' * place}{printable(short_name(each))}, until {day(each.not_valid_after_utc)}{root}")
    for text in problems:
        typer.echo(f"- {printable(text)}")
    for defect in found.defects:
        typer.echo(f"- {'' if defect.fatal else 'Advice: '}{printable(defect.what)}")
        if defect.remedy:
            typer.echo(f"  {printable(defect.remedy)}")


def _tell_json(found: Explanation, problems: list[str], *, good: bool) -> None:
    tell_json(
        {
            "good": good,
            "path": [words_of(each.subject) for each in found.path],
            "root": words_of(found.root.subject) if found.root else None,
            "defects": [_defect(each) for each in found.defects]
            + [{"kind": "key", "what": each, "remedy": "", "certificate": None, "fatal": True} for each in problems],
        }
    )


def _defect(defect: Defect) -> dict[str, Any]:
    named = words_of(defect.certificate.subject) if defect.certificate else None
    return {
        "kind": defect.kind.value,
        "what": defect.what,
        "remedy": defect.remedy,
        "certificate": named,
        "fatal": defect.fatal,
    }


def _key_problems(contents: list[Content], first: Certificate) -> Iterable[str]:
    for content in contents:
        for key in content.keys:
            if key.public_key() != first.public_key():
                yield f"The private key is not that of the first certificate, {short_name(first)}."


def _certificates(files: list[Path] | None, password_file: Path | None) -> list[Certificate]:
    found = [each for file in files or [] for each in _read(file, password_file).certificates]
    if files and not found:
        raise ConfigError(f"{', '.join(map(str, files))}: there is no certificate in there.", "Give PEM or DER.")
    return found


def _read(file: Path, password_file: Path | None) -> Content:
    return read_any(read_bytes(file), str(file), secret(password_file, KEY_PASSWORD, f"password of {file.name}"))


def _parts(content: Content) -> Iterable[tuple[str, Rows]]:
    now = moment_of("")
    for certificate in content.certificates:
        yield "certificate", [(label, text) for label, text in describe(certificate, now).rows()]
    for request in content.requests:
        yield "request", _request(request)
    for crl in content.crls:
        yield "CRL", _crl(crl)
    for key in content.keys:
        yield "private key", _key(key, content.certificates)


def _request(request: x509.CertificateSigningRequest) -> Rows:
    pem = request.public_bytes(Encoding.PEM).decode("ascii")
    rows = [("Subject", words_of(request.subject)), ("Key", key_words(request.public_key())), ("Signature", "right")]
    for name in ("station", "csms-server"):
        breaches = breaches_of(Brought(pem, name, ""), PROFILES[name])
        told = " ".join(f"{each.rule}: {each.what}" for each in breaches) if breaches else "may be signed"
        rows.append((f"As {name}", told))
    return rows


def _crl(crl: Crl) -> Rows:
    rows = [("Issuer", words_of(crl.issuer)), ("Made", f"{day(crl.last_update_utc)} UTC")]
    if crl.next_update_utc is not None:
        rows.append(("Next", f"{day(crl.next_update_utc)} UTC"))
    number = next((each.value for each in crl.extensions if isinstance(each.value, x509.CRLNumber)), None)
    if number is not None:
        rows.append(("Number", str(number.crl_number)))
    rows.append(("Revoked", str(len(crl))))
    rows += [(f"  {each.serial_number:X}", f"{day(each.revocation_date_utc)} UTC{_reason(each)}") for each in crl]
    return rows


def _reason(revoked: x509.RevokedCertificate) -> str:
    found = next((each.value for each in revoked.extensions if isinstance(each.value, x509.CRLReason)), None)
    return f", {found.reason.value}" if found is not None else ""


def _key(key: SigningKey, certificates: list[Certificate]) -> Rows:
    rows = [("Key", key_words(key.public_key()))]
    if certificates:
        fits = next((each for each in certificates if each.public_key() == key.public_key()), None)
        rows.append(("Belongs to", short_name(fits) if fits else "none of the certificates in this file"))
    return rows
