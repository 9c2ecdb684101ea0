"""The package a lab is handed: one archive of all five artefacts, with a manifest; made only while nothing is missing or contradictory.

The same dossier makes the same bytes. Of the PKI material certificates and CRLs go in and no private key: the lab is to have roots,
intermediates and client certificates, and who has the key of a CA, of a device or of who signs firmware can pass for them.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

import msgspec

from pilotwire.conformance.catalogue import catalogue
from pilotwire.conformance.certify.dossier import PICS, PKI, SCOPE, Dossier
from pilotwire.conformance.certify.freeze import FREEZE, RUNS
from pilotwire.conformance.certify.mock import MOCK
from pilotwire.conformance.certify.reasons import Reason, profiles_of, reasons_against
from pilotwire.conformance.certify.snapshot_record import FOLDER as SNAPSHOT
from pilotwire.conformance.report.pages import write_report
from pilotwire.conformance.verdict import CaseResult
from pilotwire.errors import ConfigError

MANIFEST: Final = "manifest.json"
REPORTS: Final = "reports"
_FORMAT: Final = 1
_KEY: Final = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
NO_KEYS: Final = (
    "No private key and no password of the PKI material is in this package: a lab is handed roots, intermediates and client certificates. "
    "Who has the key of a CA, of a device or of who signs firmware can pass for them. Keys the lab needs to play its own side (its "
    "server, its stations) are handed over apart from this package, encrypted."
)


class Refused(ConfigError):
    """A package that cannot be made, or is not right; `reasons` say why."""

    def __init__(self, what: str, reasons: list[Reason]) -> None:
        super().__init__(what, "Each reason says what to do.")
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class _Content:
    """A file of the package: where it lies there, what it is, and what is in it."""

    path: str
    what: str
    data: bytes


# --- making ------------------------------------------------------------------------------------------------------------------------


def make_package(dossier: Dossier, file: Path, now: datetime) -> Mapping[str, Any]:
    """Write the package of a dossier; gives its manifest. Raises Refused with each reason why it cannot be handed in."""
    found = reasons_against(dossier, now)
    if found:
        raise Refused(f"The dossier {dossier.folder} cannot be handed in: {_number(found)}.", found)
    contents = sorted(_contents(dossier), key=lambda one: one.path)
    with_key = [one.path for one in contents if _KEY.search(one.data)]
    if with_key:
        told = [Reason("files", f"{one} has a private key in it.", "Take the key out of it.") for one in with_key]
        raise Refused(f"The dossier {dossier.folder} cannot be handed in: {_number(told)}.", told)
    manifest = _manifest(dossier, contents)
    text = (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()
    _write(file, _archive([_Content(MANIFEST, "", text), *contents]))
    return manifest


def _number(found: list[Reason]) -> str:
    return f"{len(found)} reason{'' if len(found) == 1 else 's'}"


def _contents(dossier: Dossier) -> Iterator[_Content]:
    """What goes in, in no order. Raises ConfigError for a file that cannot be read."""
    folder = dossier.folder
    for path, what in _LONE:
        if (folder / path).is_file():
            yield _Content(path, what, _read(folder / path))
    for place in _files(folder / PKI):
        if not _withheld(place):
            yield _Content(f"{PKI}/{place.relative_to(folder / PKI).as_posix()}", _pki_words(place), _read(place))
    for run in dossier.runs:
        for place in _files(folder / RUNS / run):
            path = f"{RUNS}/{run}/{place.relative_to(folder / RUNS / run).as_posix()}"
            if place.parent == folder / RUNS / run / "cases" and place.suffix == ".json":
                yield _Content(path, f"result of {place.stem} with all frames", _read(place))
            elif place.parent == folder / RUNS / run and place.stem == MOCK:
                yield _Content(path, "report of the mock session", _read(place))
    yield from _reports(dossier)


_LONE: Final = (
    *((f"{PICS}/pics.{end}", f"PICS {words}") for end, words in (("md", "for people"), ("html", "for people"))),
    (f"{PICS}/pics.json", "PICS for programs"),
    (f"{PICS}/pics.toml", "PICS as the plan that selects the cases"),
    (f"{SNAPSHOT}/snapshot.json", "configuration snapshot for programs"),
    (f"{SNAPSHOT}/snapshot.md", "configuration snapshot for people"),
    (f"{SNAPSHOT}/snapshot.html", "configuration snapshot for people"),
    (FREEZE, "record of the firmware freeze: each look at the build, with its SHA-256"),
    (SCOPE, "which cases are agreed on with the lab, and why not all"),
)


def _files(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*") if one.is_file()) if folder.is_dir() else []


_SECRET_ENDS: Final = (".p12", ".pfx", ".key", ".jks", ".p8")


def _withheld(place: Path) -> str:
    """Why a file of the PKI material does not go in; "" if it does."""
    if place.suffix.lower() in _SECRET_ENDS:
        return "it holds a private key"
    if place.name == "passwords.txt":
        return "it holds passwords"
    return "it holds a private key" if _KEY.search(_read(place)) else ""


def _pki_words(place: Path) -> str:
    kinds = {"pem": "certificate and its sub-CAs, PEM", "der": "certificate, DER", "crl": "certificate revocation list"}
    names = {"kit.json": "PKI material for programs", "README.md": "PKI material: what each certificate is for"}
    return names.get(place.name) or kinds.get(place.parent.name) or "PKI material"


def _reports(dossier: Dossier) -> Iterator[_Content]:
    """A report of each declared profile, written anew from the results."""
    declared = dossier.declared
    assert declared is not None, "a dossier without a PICS is refused before"
    for profile, cases in profiles_of(dossier).items():
        results = [_latest(dossier, case) for case in sorted(cases)]
        name = _slug(profile)
        with tempfile.TemporaryDirectory(prefix="pilotwire-package-") as place:
            about = f"{declared.product}, OCPP {declared.version}, profile {profile}"
            write_report(Path(place), results, about=about)
            for one in _files(Path(place)):
                what = f"report of the profile {profile}"
                yield _Content(f"{REPORTS}/{name}/{one.name}", what, _read(one))


def _latest(dossier: Dossier, case: str) -> CaseResult:
    """The result a report is of: the last, in the order of time, then of the runs' names."""
    played = sorted(
        dossier.played(case), key=lambda one: (one[1].started.timestamp() if one[1].started else 0.0, one[0])
    )
    return played[-1][1]


def _slug(profile: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", profile.lower()).strip("-")


def _manifest(dossier: Dossier, contents: list[_Content]) -> dict[str, Any]:
    declared, freeze, scope = dossier.declared, dossier.freeze, dossier.scope
    assert declared is not None, "a dossier without a PICS is refused before"
    assert freeze is not None, "a dossier without a freeze is refused before"
    frozen = freeze.frozen
    withheld = [
        (place.relative_to(dossier.folder).as_posix(), _withheld(place)) for place in _files(dossier.folder / PKI)
    ]
    return {
        "format": _FORMAT,
        "product": declared.product,
        "role": declared.role,
        "ocpp": str(declared.version),
        "firmware": {
            "file": frozen.file,
            "version": frozen.version,
            "sha256": frozen.sha256,
            "size": frozen.size,
            "frozen": frozen.at.isoformat(),
        },
        "scope": None
        if scope is None
        else {"why": scope.why, "cases": len(scope.cases), "of": len(dossier.pics.cases)},
        "profiles": {profile: len(cases) for profile, cases in profiles_of(dossier).items()},
        "profiles_out_of_scope": [one for one in _declared_profiles(dossier) if one not in profiles_of(dossier)],
        "private_keys": NO_KEYS,
        "withheld": [{"path": path, "why": why} for path, why in withheld if why],
        "files": [
            {"path": one.path, "what": one.what, "size": len(one.data), "sha256": hashlib.sha256(one.data).hexdigest()}
            for one in contents
        ],
    }


def _declared_profiles(dossier: Dossier) -> list[str]:
    """The declared profiles that have cases among those that apply."""
    assert dossier.declared is not None, "a dossier without a PICS is refused before"
    found = {one: None for case in dossier.pics.cases for one in catalogue()[case].profiles}
    return sorted(one for one in found if dossier.declared.claims.has(one))


def _archive(contents: list[_Content]) -> bytes:
    """The archive: no time and no order but that of the names, so that the same files make the same bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for one in contents:
            entry = zipfile.ZipInfo(one.path)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(entry, one.data, compresslevel=9)
    return held.getvalue()


def _read(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except OSError as error:
        raise ConfigError(f"{place} cannot be read: {error.strerror}.", "Make it readable.") from None


def _write(file: Path, data: bytes) -> None:
    part = file.with_name(f"{file.name}.part")
    try:
        part.write_bytes(data)
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ConfigError(f"The package {file} cannot be written: {error.strerror}.", "Name another file.") from None


# --- checking ----------------------------------------------------------------------------------------------------------------------

_LARGEST: Final = 4 * 1024**3
"""The most a package may unpack to, in bytes."""


class _Firmware(msgspec.Struct):
    file: str
    version: str
    sha256: str


class _Scope(msgspec.Struct):
    why: str
    cases: int
    of: int


class _File(msgspec.Struct):
    path: str
    sha256: str


class _Manifest(msgspec.Struct):
    """What is read of a manifest."""

    format: int
    product: str
    role: str
    ocpp: str
    firmware: _Firmware
    scope: _Scope | None
    profiles: dict[str, int]
    profiles_out_of_scope: list[str]
    files: list[_File]


def check_package(file: Path, now: datetime) -> Mapping[str, Any]:
    """Open a package and hold it against its manifest and, as a dossier, against all that a package is refused for; gives the manifest.

    Raises ConfigError for a file that is none, and Refused with each reason.
    """
    with tempfile.TemporaryDirectory(prefix="pilotwire-package-") as place:
        folder = Path(place)
        manifest, found = _opened(file, folder)
        if not found:
            dossier = Dossier(folder)
            found = [*reasons_against(dossier, now), *_against_contents(manifest, dossier)]
    if found:
        raise Refused(f"The package {file} is not right: {_number(found)}.", found)
    return manifest


def _opened(file: Path, folder: Path) -> tuple[Mapping[str, Any], list[Reason]]:
    """The manifest, and how the files are not what it says; they are unpacked into the folder."""
    again = "Make it again: pilotwire certify package."
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            names = [one.filename for one in entries]
            if sum(one.file_size for one in entries) > _LARGEST:
                raise ConfigError(f"The file {file} unpacks to more than {_LARGEST} bytes.", again)
            strange = [one for one in names if not _inside(one)]
            if strange or len(set(names)) < len(names):
                raise ConfigError(
                    f"The file {file} has names no package has: {', '.join(strange) or 'the same twice'}.", again
                )
            if MANIFEST not in names:
                raise ConfigError(
                    f"The file {file} has no {MANIFEST}.", "Name a package of `pilotwire certify package`."
                )
            manifest = json.loads(archive.read(MANIFEST))
            told = msgspec.convert(manifest, type=_Manifest)
            if told.format != _FORMAT:
                raise ConfigError(f"The manifest of {file} is of format {told.format}, and {_FORMAT} is known.", again)
            listed = {one.path: one.sha256 for one in told.files}
            found = [Reason("files", f"{one} is missing.", again) for one in sorted(set(listed) - set(names))]
            for name in sorted(set(names) - {MANIFEST}):
                found += [Reason("files", what, again) for what in _wrong(name, listed.get(name), archive, folder)]
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(
            f"The file {file} cannot be opened as a package: {why}.", "Name an archive of `pilotwire certify package`."
        ) from None
    except (ValueError, msgspec.MsgspecError, zlib.error) as error:
        raise ConfigError(f"The file {file} cannot be read as a package: {error}.", again) from None
    return manifest, found


def _inside(name: str) -> bool:
    path = PurePosixPath(name)
    return (
        not path.is_absolute()
        and ".." not in path.parts
        and "\\" not in name
        and ":" not in name
        and not name.endswith("/")
    )


def _wrong(name: str, wanted: str | None, archive: zipfile.ZipFile, folder: Path) -> Iterator[str]:
    data = archive.read(name)
    if wanted is None:
        yield f"{name} is not in the manifest."
    elif hashlib.sha256(data).hexdigest() != wanted:
        yield f"{name} is not what the manifest says: its SHA-256 is another."
    if _KEY.search(data) or PurePosixPath(name).suffix.lower() in _SECRET_ENDS:
        yield f"{name} has a private key in it."
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)


def _against_contents(manifest: Mapping[str, Any], dossier: Dossier) -> Iterator[Reason]:
    """Whether manifest and reports say what PICS, freeze and results say."""
    again = "Make it again: pilotwire certify package."
    declared, freeze = dossier.declared, dossier.freeze
    if declared is None or freeze is None:
        return  # told by their own parts
    said = (manifest["product"], manifest["role"], manifest["ocpp"])
    if said != (declared.product, declared.role, str(declared.version)):
        yield Reason("manifest", f"The manifest is of {' / '.join(map(str, said))}, and the PICS is not.", again)
    if manifest["firmware"]["sha256"] != freeze.frozen.sha256:
        yield Reason("manifest", "The manifest names another build than the one that is frozen.", again)
    for profile, cases in profiles_of(dossier).items():
        told = _verdicts(dossier.folder / REPORTS / _slug(profile) / "report.json")
        if told != {case: str(_latest(dossier, case).outcome) for case in cases if any(dossier.played(case))}:
            yield Reason(
                REPORTS, f"The report of the profile {profile} is missing, or does not say what the results say.", again
            )


def _verdicts(place: Path) -> dict[str, str]:
    try:
        return {one["id"]: one["outcome"] for one in json.loads(place.read_text(encoding="utf-8"))["cases"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
