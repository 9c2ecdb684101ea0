"""The README of a PKI kit: what each file is for, which test cases use it, and how the kit is put to use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from pilotwire.conformance.certify.pki_kit_words import Asked, Entry, Group

_HEAD = """\
# PKI kit of {day}

Certificates for certification by OCPP 1.6 and 2.0.1: security profiles 2 and 3, secure firmware update{pnc}.
For a lab only: the keys of all CAs lie here, not encrypted. Whoever has this folder can be any of these.

| | |
|---|---|
| The CSMS is reached as | {hosts} |
| Stations (serial numbers) | {stations} |
| Charging station operator | {owner} |
| Manufacturer | {maker} |
| Valid from, until | {since}, {until} (CAs longer) |
| OCSP responder, CRLs | {url}/ocsp, {url}/crl/ |

## Files

| | |
|---|---|
| `pem/NAME.pem` | the certificate and the sub-CAs above it, without the root (A00.FR.507) |
| `pem/NAME-key.pem` | its key, PKCS #8, not encrypted |
| `der/NAME.cer` | the certificate alone, DER |
| `p12/NAME.p12` | certificate, sub-CAs and key, PKCS #12; the password is in `passwords.txt` |
| `crl/NAME.crl`, `crl/NAME.pem` | what the CA of this name has revoked, DER and PEM |
| `pem/trusted-by-the-csms.pem` | the roots a CSMS trusts for client certificates: csms-root, csms-root-rsa, station-root |
| `passwords.txt` | the password of the PKCS #12 files, and one for HTTP Basic authentication of each station (A00.FR.205) |
| `kit.json` | all of this for programs |

## Who gets what

| security profile | the station | the CSMS |
|---|---|---|
| 1 | its password | its password |
| 2 | its password, `csms-root` (or `csms-root-rsa`) as CSMSRootCertificate | its password, `server` and `server-rsa` with their keys |
| 3 | `station-SERIAL` (or `station-SERIAL-rsa`) with its key, the root as above | `server`, `server-rsa`, `trusted-by-the-csms.pem` |

A station of the RSA suites only (A00.FR.319) takes the files that end in `-rsa` throughout. Secure firmware update: the station
has `manufacturer-root` as ManufacturerRootCertificate, and the firmware is signed with the key of `firmware-signer`.{for_pnc}

Before a run: `pilotwire certify pki serve FOLDER` answers for OCSP and CRLs at {url}.
With the bench: `certificates = "FOLDER/pem"` in the settings of the plan; it looks for these names.

Weak keys are refused by many TLS libraries before anything is sent: OpenSSL loads them with `DEFAULT:@SECLEVEL=0`.
"""

_FOR_PNC = """ Plug & Charge: the station has
`v2g-root` as V2GRootCertificate, `mo-root` as MORootCertificate and `secc` as its V2G certificate; the vehicle has `oem-{pcid}` and
`contract-{emaid}`. These have keys on P-256, as ISO 15118-2 wants."""


_NOTES = {
    Group.SERVERS_REFUSED: """\
TC_A_05_CS names three kinds: unknown, expired, wrong name; the others go beyond it. The station ends the handshake and reports
InvalidCsmsCertificate (A00.FR.310, A00.FR.311). Stations need not ask whether a server is revoked (A00.FR.701): `server-revoked`
is for those that do.""",
    Group.STATIONS_REFUSED: """\
TC_A_08_CSMS names three kinds: unknown, expired, wrong name; the others go beyond it. The CSMS ends the connection (A00.FR.407).
That of a revoked one it learns online (A00.FR.702).""",
}


def readme_of(asked: Asked, entries: Sequence[tuple[Entry, str]]) -> str:
    """The README of a kit in Markdown; each entry with its key in words."""
    head = _HEAD.format(
        day=asked.day,
        pnc=", Plug & Charge" if asked.plug_and_charge else "",
        for_pnc=_FOR_PNC.format(pcid=asked.pcid, emaid=asked.emaid) if asked.plug_and_charge else "",
        hosts=", ".join(asked.hosts),
        stations=", ".join(asked.stations),
        owner=_cell(asked.owner),
        maker=_cell(asked.maker),
        since=asked.day - timedelta(days=1),
        until=asked.day + timedelta(days=asked.days),
        url=asked.url.rstrip("/"),
    )
    return head + "".join(_chapter(group, entries, asked) for group in Group)


def _chapter(group: Group, entries: Sequence[tuple[Entry, str]], asked: Asked) -> str:
    rows = list(_rows([one for one in entries if one[0].group is group], asked))
    if not rows:
        return ""
    head = "| name | what it is | signed by | key | valid | test cases |\n|---|---|---|---|---|---|\n"
    note = f"{_NOTES[group]}\n\n" if group in _NOTES else ""
    return f"\n## {group}\n\n{note}{head}{''.join(rows)}"


def _rows(entries: Sequence[tuple[Entry, str]], asked: Asked) -> Iterator[str]:
    for one, key in entries:
        times = " to ".join((asked.day + timedelta(days=days)).isoformat() for days in (one.since, one.until))
        cells = (f"`{one.name}`", _what(one), f"`{one.by}`" if one.by else "itself", key, times, ", ".join(one.cases))
        yield f"| {' | '.join(cells)} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _what(one: Entry) -> str:
    return f"**{one.fault}**: {one.what}" if one.fault else one.what
