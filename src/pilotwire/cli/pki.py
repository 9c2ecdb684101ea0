"""`pilotwire pki`: a certificate authority for operators and labs, and contracts for vehicles."""

from __future__ import annotations

import typer

from pilotwire.cli.pki_book import crl, list_all, renew, revoke
from pilotwire.cli.pki_contract import verb as contract
from pilotwire.cli.pki_enroll import enroll
from pilotwire.cli.pki_make import cross_sign, init, issue, sign
from pilotwire.cli.pki_serve import serve
from pilotwire.cli.pki_words import check, show

verb = typer.Typer(
    help="A certificate authority: make CAs, give out certificates, renew and revoke them, answer OCSP, CRLs and EST.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _name, _command in (
    ("init", init),
    ("issue", issue),
    ("sign", sign),
    ("show", show),
    ("check", check),
    ("list", list_all),
    ("renew", renew),
    ("revoke", revoke),
    ("crl", crl),
    ("cross-sign", cross_sign),
    ("serve", serve),
    ("enroll", enroll),
):
    verb.command(_name)(_command)
verb.add_typer(contract, name="contract")
