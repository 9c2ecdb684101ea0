"""`pilotwire pki init`, `issue`, `sign`, `cross-sign`: making CAs and certificates."""

from __future__ import annotations

import secrets as chance
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import Annotated, Any

import typer
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.ca import Issued, Office, Secrets
from pilotwire.ca.crossing import cross as cross_ca
from pilotwire.ca.enrolling import Brought, Wanted, issue_with_key, sign_request
from pilotwire.ca.files import check_place, read_bytes, write_whole
from pilotwire.ca.founding import Edition, Plan, edition_of, found, hierarchies_of
from pilotwire.ca.handing import write_authorities, write_bundle
from pilotwire.ca.office import KEYS, REGISTER
from pilotwire.ca.reading import read_any
from pilotwire.cli.pki_options import (
    DEFAULT_FOLDER,
    KEY_PASSWORD,
    LEAST_PASSWORD,
    PASSWORD,
    PIN,
    AsJson,
    Folder,
    KeyPasswordFile,
    PasswordFile,
    PinFile,
    data_of,
    day,
    me,
    opened,
    secret,
    secrets_of,
    tell_json,
    told_secret,
)
from pilotwire.cli.terminal import show_table
from pilotwire.clock import SystemClock
from pilotwire.errors import ConfigError
from pilotwire.pki import Certificate, KeyKind, PkiFault
from pilotwire.pki.keys import key_words

Extended = Annotated[
    bool, typer.Option("--extended", help="With the extended key usage some look for; A00.FR.514 advises against it.")
]


def init(
    folder: Annotated[
        Path, typer.Argument(help="A new folder, or an authority that gets more hierarchies.", metavar="DIR")
    ],
    hierarchy: Annotated[
        str, typer.Option(help="csms, manufacturer, v2g, mo, oem, several with commas, or all.")
    ] = "csms",
    key: Annotated[KeyKind | None, typer.Option(help="The kind of keys; where ISO 15118 forbids it, its own.")] = None,
    edition: Annotated[str, typer.Option(help="Of ISO 15118: -2 (EC-P256, if not said) or -20 (EC-P521).")] = "",
    name: Annotated[str, typer.Option(help="With what the names of the CAs begin; the organization if not said.")] = "",
    organization: Annotated[str, typer.Option(help="Whose authority it is (A00.FR.509).")] = "",
    country: Annotated[str, typer.Option(help="Two letters.")] = "",
    url: Annotated[
        str, typer.Option(help="Where `pki serve` will be reached; certificates then tell OCSP, CRL and issuer.")
    ] = "",
    token_library: Annotated[str, typer.Option(help="Keep the keys in a PKCS #11 token: its library.")] = "",
    token_label: Annotated[str, typer.Option(help="The label of the token.")] = "",
    password_file: PasswordFile = None,
    pin_file: PinFile = None,
    as_json: AsJson = False,
) -> None:
    """Make roots and sub-CAs in a new folder, or add hierarchies to an authority."""
    if bool(token_library) != bool(token_label):
        raise ConfigError("A token has a library and a label.", "Give --token-library and --token-label.")
    new = not (folder / REGISTER).exists()
    plan = Plan(hierarchies_of(hierarchy), organization or "Pilotwire lab", name, country, key, _edition(edition), url)
    _check_url(url)
    if not new and token_library:
        raise ConfigError(
            "The token is chosen when an authority is made.", "Make another authority in a folder of its own."
        )
    with _office(folder, (token_library, token_label), password_file, pin_file, new=new) as office:
        try:
            if not new:
                plan = _as_before(office, plan, organization, edition)
            made = found(office, plan, me())
        except BaseException:
            if new:  # nothing is in it: the next try begins anew
                (folder / REGISTER).unlink(missing_ok=True)
                rmtree(folder / KEYS, ignore_errors=True)
            raise
        where = write_authorities(office)
        if as_json:
            tell_json([data_of(each, office.clock.now()) for each in made])
            return
        rows = [(each.name, each.subject, key_words(each.certificate.public_key()), day(each.until)) for each in made]
        show_table(("CA", "Subject", "Key", "Valid until"), rows, nothing="No CA was made.")
        typer.echo(f"Their certificates, for those who are to trust them: {where}")


def issue(
    profile: Annotated[
        str, typer.Argument(help="The kind of certificate: csms-server, station, firmware, secc, contract ...")
    ],
    name: Annotated[str, typer.Argument(help="Its common name: a host, a serial number, an eMAID ...")],
    host: Annotated[list[str] | None, typer.Option(help="A host name or address of a server; may be repeated.")] = None,
    days: Annotated[int, typer.Option(min=0, help="How long it lives; as is usual for the kind if not said.")] = 0,
    key: Annotated[KeyKind | None, typer.Option(help="The kind of its key.")] = None,
    organization: Annotated[str, typer.Option(help="Whose it is; the authority's organization if not said.")] = "",
    ca: Annotated[str, typer.Option(help="Which CA signs.")] = "",
    out: Annotated[Path, typer.Option(help="Where the files are put.", metavar="FOLDER")] = Path(),
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep its key in the authority, so that it is renewed by itself.")
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Write the key without a password: for servers.")] = False,
    extended: Extended = False,
    key_password_file: KeyPasswordFile = None,
    folder: Folder = DEFAULT_FOLDER,
    password_file: PasswordFile = None,
    pin_file: PinFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and its certificate: as PEM, and as PKCS #12."""
    said = told_secret(key_password_file, KEY_PASSWORD)
    password = None if plain else said or chance.token_urlsafe(12)
    check_place(out)
    with opened(folder, password_file, pin_file) as office:
        wanted = Wanted(profile, name, tuple(host or ()), days, key, organization, by=ca, extended=extended)
        issued, made = issue_with_key(office, wanted, me(), keep_as=name if keep else "")
        paths = write_bundle(office, issued, made, out, password.encode() if password else None)
        generated = password if not plain and not said else None
        if as_json:
            more: dict[str, Any] = {"files": [str(each) for each in paths]}
            tell_json(data_of(issued, office.clock.now()) | more | ({"keyPassword": generated} if generated else {}))
            return
    _tell_issued(issued)
    for path in paths:
        typer.echo(str(path))
    if generated:
        typer.echo(f"Password of the key: {generated} (it is not kept and cannot be shown again)")


def sign(
    csr: Annotated[Path, typer.Argument(help="The request (PKCS #10), in PEM or DER.", metavar="CSR")],
    profile: Annotated[str, typer.Option(help="The kind of certificate.")] = "station",
    ca: Annotated[str, typer.Option(help="Which CA signs.")] = "",
    days: Annotated[int, typer.Option(min=0, help="How long it lives; as is usual for the kind if not said.")] = 0,
    force: Annotated[
        str, typer.Option(help="Sign against what is only advice; why, for the register.", metavar="REASON")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Where the chain is put; printed if not said.", metavar="FILE")
    ] = None,
    extended: Extended = False,
    folder: Folder = DEFAULT_FOLDER,
    password_file: PasswordFile = None,
    pin_file: PinFile = None,
    as_json: AsJson = False,
) -> None:
    """Sign somebody's request, if it keeps to the policy of its kind; every breach is told."""
    content = read_any(read_bytes(csr), str(csr), lambda: "")
    if len(content.requests) != 1:
        raise ConfigError(f"{csr} holds {len(content.requests)} requests, not one.", "Give the file of one request.")
    if out is not None:
        check_place(out.parent)
    pem = content.requests[0].public_bytes(Encoding.PEM).decode("ascii")
    with opened(folder, password_file, pin_file) as office:
        issued = sign_request(office, Brought(pem, profile, me(), ca, days, force=force, extended=extended))
        _hand_out(office, issued, out, as_json=as_json)


def cross_sign(
    what: Annotated[str, typer.Argument(help="The CA: its name here, or a file with its certificate.", metavar="CA")],
    by: Annotated[str, typer.Option(help="The CA here that signs it too.")],
    days: Annotated[int, typer.Option(min=0, help="How long it lives; as long as both CAs if not said.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Where it is put; printed if not said.", metavar="FILE")] = None,
    folder: Folder = DEFAULT_FOLDER,
    password_file: PasswordFile = None,
    pin_file: PinFile = None,
    as_json: AsJson = False,
) -> None:
    """Sign the certificate of a CA once more with another CA: chains then lead to either root."""
    with opened(folder, password_file, pin_file) as office:
        issued = cross_ca(office, by, _ca_certificate(office, what), me(), days)
        _hand_out(office, issued, out, as_json=as_json)


def _ca_certificate(office: Office, what: str) -> Certificate:
    if any(each.name == what for each in office.book.authorities()):
        return office.chain(what)[0]
    found = read_any(read_bytes(Path(what)), what, lambda: "").certificates
    if not found:
        raise PkiFault(f"{what} holds no certificate.")
    return found[0]


def _hand_out(office: Office, issued: Issued, out: Path | None, *, as_json: bool) -> None:
    chain = office.handed_out(issued)
    if out is not None:
        write_whole(out, chain.encode(), mode=0o644)
    if as_json:
        tell_json(data_of(issued, office.clock.now()) | {"certificateChain": chain})
    elif out is not None:
        _tell_issued(issued)
        typer.echo(str(out))
    else:
        typer.echo(chain, nl=False)


def _tell_issued(issued: Issued) -> None:
    typer.echo(
        f"{issued.profile} for {issued.name}, signed by {issued.authority}: {issued.serial}, until {day(issued.until)} UTC."
    )


def _office(
    folder: Path, token: tuple[str, str], password_file: Path | None, pin_file: Path | None, *, new: bool
) -> Office:
    if not new:
        return Office.open(folder, secrets_of(password_file, pin_file), SystemClock())
    password = secret(password_file, PASSWORD, "password of the keys", confirm=True)

    def strong() -> str:
        told = password()
        if len(told) < LEAST_PASSWORD:
            raise ConfigError(
                f"A password of the keys has {LEAST_PASSWORD} characters or more.", "Choose a longer one."
            )
        return told

    if not token[0]:
        strong()  # before anything is made
    return Office.create(folder, Secrets(strong, secret(pin_file, PIN, "PIN of the token")), SystemClock(), token)


def _as_before(office: Office, plan: Plan, organization: str, edition: str) -> Plan:
    """What is not said again stays as it was when the authority was made."""
    return replace(
        plan,
        organization=organization or office.organization,
        country=plan.country or office.book.fact("country"),
        edition=plan.edition if edition else edition_of(office),
        url=plan.url or office.url,
    )


def _edition(text: str) -> Edition:
    if text in ("", "-2", "2"):
        return "-2"
    if text in ("-20", "20"):
        return "-20"
    raise ConfigError(f"There is no edition {text!r} of ISO 15118.", "There are -2 and -20.")


def _check_url(url: str) -> None:
    if url and not url.startswith(("http://", "https://")):
        raise ConfigError(f"{url!r} is no URL.", "Such one is http://ca.example.org:8090.")
