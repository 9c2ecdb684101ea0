"""`pilotwire pki enroll`: get a certificate by EST, and renew it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilotwire.ca import est
from pilotwire.ca.est_client import EstClient, EstServer
from pilotwire.ca.files import file_name, make_folder, read_bytes, write_whole
from pilotwire.cli.pki_options import KEY_PASSWORD, KeyPasswordFile, day, secret, told_secret
from pilotwire.errors import ConfigError
from pilotwire.pki import Certificate, KeyKind, Subject, in_order, pem_of, read_certificates
from pilotwire.pki.keys import SigningKey, new_key, read_key, write_key
from pilotwire.pki.naming import hosts_of
from pilotwire.pki.requests import request_for

_PASSWORD = "PILOTWIRE_EST_PASSWORD"


def enroll(
    url: Annotated[str, typer.Argument(help="Of the EST server: https://ca.example.org:8443")],
    name: Annotated[str, typer.Option(help="The common name, and the name of the files.")],
    renew: Annotated[bool, typer.Option("--renew", help="Renew the certificate that is there; its key stays.")] = False,
    label: Annotated[str, typer.Option(help="The kind of certificate, where the server knows several.")] = "",
    organization: Annotated[str, typer.Option(help="Whose it is (A00.FR.509).")] = "",
    host: Annotated[list[str] | None, typer.Option(help="A host name or address of a server; may be repeated.")] = None,
    key: Annotated[KeyKind | None, typer.Option(help="The kind of key; what the server wants if not said.")] = None,
    roots: Annotated[
        Path | None, typer.Option(help="The roots of the server; those of the system if not said.")
    ] = None,
    user: Annotated[str, typer.Option(help=f"The user; the password is in ${_PASSWORD}, or is asked.")] = "",
    user_password_file: Annotated[
        Path | None, typer.Option(envvar=f"{_PASSWORD}_FILE", help="A file with the password of the user.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where NAME.pem and NAME-key.pem are.", metavar="FOLDER")] = Path(),
    key_password_file: KeyPasswordFile = None,
) -> None:
    """Get a certificate by EST (RFC 7030), with a key that is made here; or renew it, with the certificate itself as proof."""
    chain_file, key_file = out / f"{file_name(name)}.pem", out / f"{file_name(name)}-key.pem"
    key_password = told_secret(key_password_file, KEY_PASSWORD) or ""
    if renew != chain_file.exists():
        remedy = (
            "Enrol first, without --renew." if renew else "Renew it with --renew, or name another folder with --out."
        )
        raise ConfigError(f"{chain_file} is {'not there' if renew else 'there already'}.", remedy)
    server = EstServer(
        url,
        label,
        str(roots or ""),
        user,
        secret(user_password_file, _PASSWORD, f"password of {user}")() if user else "",
        (chain_file, key_file) if renew else None,
        key_password,
    )
    make_folder(out)
    with EstClient(server) as client:
        if renew:
            csr = _again(chain_file, key_file, key_password)
            certificate = client.renew(csr)
        else:
            own = _key(key_file, key or _wanted(client), key_password)
            csr = request_for(Subject(name, organization), own, tuple(host or ()))
            certificate = client.enrol(csr)
        chain = _with_authorities(certificate, client.authorities())
    write_whole(chain_file, pem_of(*chain).encode(), mode=0o644)
    typer.echo(f"{chain_file}: {len(chain)} certificates, until {day(certificate.not_valid_after_utc)} UTC")
    typer.echo(f"{key_file}: its key")


def _again(chain_file: Path, key_file: Path, password: str) -> str:
    """The request for the same subject, names and key."""
    old = read_certificates(read_bytes(chain_file).decode("ascii", "replace"))[0]
    own = read_key(read_bytes(key_file), password.encode() or None)
    return request_for(old.subject, own, hosts_of(old))


def _key(file: Path, kind: KeyKind, password: str) -> SigningKey:
    """The key, on disk before anybody is asked: an answer that comes late is not lost. One that is there is used."""
    if file.exists():
        return read_key(read_bytes(file), password.encode() or None)
    made = new_key(kind)
    write_whole(file, write_key(made, password.encode() or None))
    return made


def _wanted(client: EstClient) -> KeyKind:
    """The kind of key the server asks for, else EC-P256."""
    attributes = client.attributes()
    curve = est.wanted_curve(attributes) if attributes else None
    named = curve.name if curve is not None else ""
    return next((kind for kind in KeyKind if kind.curve is not None and kind.curve.name == named), KeyKind.EC_P256)


def _with_authorities(certificate: Certificate, above: list[Certificate]) -> tuple[Certificate, ...]:
    """The chain without its root."""
    path = in_order((certificate, *above))
    return tuple(each for each in path if each is certificate or each.subject != each.issuer)
