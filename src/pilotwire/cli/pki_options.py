"""What the verbs of `pilotwire pki` have in common: which folder, what opens its keys, how certificates are shown."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pilotwire.ca import Issued, Office, Secrets
from pilotwire.ca.files import read_bytes
from pilotwire.clock import Clock, SystemClock
from pilotwire.errors import ConfigError

PASSWORD = "PILOTWIRE_PKI_PASSWORD"
PIN = "PILOTWIRE_PKI_PIN"
KEY_PASSWORD = "PILOTWIRE_PKI_KEY_PASSWORD"
LEAST_PASSWORD = 8

Folder = Annotated[
    Path, typer.Option("--dir", envvar="PILOTWIRE_PKI_DIR", help="The folder of the authority.", metavar="DIR")
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        envvar=f"{PASSWORD}_FILE", help=f"A file with the password of the keys; else ${PASSWORD}, else asked."
    ),
]
PinFile = Annotated[
    Path | None, typer.Option(envvar=f"{PIN}_FILE", help=f"A file with the PIN of the token; else ${PIN}, else asked.")
]
KeyPasswordFile = Annotated[
    Path | None,
    typer.Option(envvar=f"{KEY_PASSWORD}_FILE", help=f"A file with the password of the key; else ${KEY_PASSWORD}."),
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
DEFAULT_FOLDER = Path("pki")


def secret(file: Path | None, variable: str, called: str, *, confirm: bool = False) -> Callable[[], str]:
    """What asks for a secret once: in its file, in its variable of the environment, at the terminal. Raises ConfigError if nobody tells."""
    known: list[str] = []

    def tell() -> str:
        if not known:
            known.append(_asked(file, variable, called, confirm=confirm))
        return known[0]

    return tell


def told_secret(file: Path | None, variable: str) -> str | None:
    """A secret from its file or variable, None if neither has it. Raises ConfigError for an empty file."""
    if file is not None:
        lines = read_bytes(file).decode("utf-8", "replace").splitlines()
        if not lines or not lines[0]:
            raise ConfigError(f"{file} holds no password.", "Write it into the first line.")
        return lines[0]
    return os.environ.get(variable) or None


def _asked(file: Path | None, variable: str, called: str, *, confirm: bool) -> str:
    found = told_secret(file, variable)
    if found is not None:
        return found
    if not sys.stdin.isatty():
        raise ConfigError(
            f"The {called} is needed, and there is no terminal to ask for it.",
            f"Put it into the environment variable {variable}, or into a file: {variable}_FILE.",
        )
    return str(typer.prompt(called.capitalize(), hide_input=True, confirmation_prompt=confirm, err=True))


def secrets_of(password_file: Path | None, pin_file: Path | None) -> Secrets:
    """What opens the keys."""
    return Secrets(secret(password_file, PASSWORD, "password of the keys"), secret(pin_file, PIN, "PIN of the token"))


@contextmanager
def opened(
    folder: Path, password_file: Path | None = None, pin_file: Path | None = None, clock: Clock | None = None
) -> Iterator[Office]:
    """The office of a folder."""
    with Office.open(folder, secrets_of(password_file, pin_file), clock or SystemClock()) as office:
        yield office


def me() -> str:
    """Who asks, for the register."""
    try:
        return f"{getpass.getuser()} at the command line"
    except (KeyError, OSError):
        return "somebody at the command line"


def data_of(issued: Issued, now: datetime) -> dict[str, Any]:
    """A certificate of the register for programs."""
    return {
        "serial": issued.serial,
        "name": issued.name,
        "profile": issued.profile,
        "authority": issued.authority,
        "subject": issued.subject,
        "hosts": list(issued.hosts),
        "since": issued.since.isoformat(),
        "until": issued.until.isoformat(),
        "status": issued.status(now).value,
        "askedBy": issued.asked_by,
        "note": issued.note,
        "keyKept": bool(issued.key),
        "revokedAt": issued.revoked_at.isoformat() if issued.revoked_at else None,
        "reason": issued.reason or None,
        "replacedBy": issued.replaced_by or None,
        "certificate": issued.pem,
    }


def tell_json(data: Any) -> None:
    """Print data as JSON."""
    typer.echo(json.dumps(data, indent=2, ensure_ascii=False))


def moment_of(text: str) -> datetime:
    """A day or a time somebody wrote, in UTC unless it says otherwise; "" is now. Raises ConfigError."""
    if not text:
        return SystemClock().now()
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is no day or time.", "Write 2026-01-31 or 2026-01-31T12:00.") from None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def day(moment: datetime) -> str:
    """A time for people, to the minute."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
