"""What Pilotwire is made of: `sbom FILE` writes it down (CycloneDX), `audit` asks whether a vulnerability is known.

Only what a user installs counts: Pilotwire and what it needs, with its extras, not the tools of its developers. The audit ends with 1
if something is known, and with 0 if the advisory database cannot be reached: then it says so.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution, requires
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

_EXTRAS = ("modbus", "pkcs11")


def parts() -> dict[str, str]:
    """The packages with their versions, by name."""
    found: dict[str, str] = {}
    waiting = [
        (each, extra) for extra in ("", *_EXTRAS) for each in requires("pilotwire") or () if _counts(each, extra)
    ]
    while waiting:
        text, _ = waiting.pop()
        needed = Requirement(text)
        try:
            here = distribution(needed.name)
        except PackageNotFoundError:
            continue  # for another platform
        name = str(here.metadata["Name"])
        if name in found or name == "pilotwire":
            continue
        found[name] = here.version
        for wanted in ("", *needed.extras):
            waiting.extend((each, wanted) for each in here.requires or () if _counts(each, wanted))
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def _counts(text: str, extra: str) -> bool:
    marker = Requirement(text).marker
    if marker is None:
        return not extra
    return marker.evaluate({"extra": extra}) and ("extra" in str(marker) or not extra)


def _requirements() -> Path:
    path = Path("build/requirements.txt")
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{name}=={version}\n" for name, version in parts().items()))
    return path


def sbom(file: str) -> int:
    """Write the bill of materials."""
    cyclonedx = [
        sys.executable,
        "-m",
        "cyclonedx_py",
        "requirements",
        str(_requirements()),
        "--pyproject",
        "pyproject.toml",
    ]
    done = subprocess.run([*cyclonedx, "--mc-type", "application", "-o", file], check=False)
    if done.returncode == 0:
        made = json.loads(Path(file).read_text())
        print(f"{file}: CycloneDX {made['specVersion']}, {len(made.get('components', ()))} components")
    return done.returncode


def audit() -> int:
    """Ask the advisory database; 1 if a vulnerability is known."""
    asked = [sys.executable, "-m", "pip_audit", "-r", str(_requirements()), "--no-deps", "--disable-pip"]
    done = subprocess.run(
        [*asked, "--format", "json", "--progress-spinner", "off"], capture_output=True, text=True, check=False
    )
    try:
        answer: Any = json.loads(done.stdout)
    except ValueError:
        print(f"The advisory database could not be asked: {(done.stderr.strip().splitlines() or ['no answer'])[-1]}")
        return 0
    packages = answer["dependencies"]
    unknown = [each["name"] for each in packages if "skip_reason" in each]
    bad = [(each, one) for each in packages for one in each.get("vulns", ())]
    for each, one in bad:
        print(
            f"{each['name']} {each['version']}: {one['id']}, mended in {', '.join(one['fix_versions']) or 'no version yet'}"
        )
    print(f"{len(packages) - len(unknown)} of {len(packages)} packages looked up, {len(bad)} vulnerabilities known")
    if unknown:
        print(f"not looked up (the advisory database does not answer here): {', '.join(unknown)}")
    return int(bool(bad))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["sbom", file]:
            raise SystemExit(sbom(file))
        case ["audit"]:
            raise SystemExit(audit())
    raise SystemExit("python tools/supply_chain.py sbom FILE | audit")
