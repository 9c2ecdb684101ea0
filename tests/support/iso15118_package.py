"""The PyPI package `iso15118` in an environment of its own: its old dependencies and its Java codec stay out of ours.

The environment is made once, under the folder for temporary files, and kept: parallel workers and later runs share it (a lock lets one make
it while the others wait). It needs Java at run time and the package index the first time.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WANTED = ("iso15118==0.31.2", "aiofile>=3.9,<4", "py4j==0.10.9.9")
"""`aiofile` is imported by the package, which does not say that it needs it."""
_INSTALL_SECONDS = 300
_AGAIN_AFTER_SECONDS = 600
_LEAST_JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


class PackageAbsentError(Exception):
    """The package cannot be had here; the text says why, and what would help."""


def python_with_package() -> Path:
    """The Python that has the package. Raises PackageAbsentError."""
    java()
    home = _home()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if home.stat().st_uid != os.getuid():
        raise PackageAbsentError(f"{home} belongs to somebody else: remove it.")
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "installed").exists():
            _install(home)
    return home / "environment" / "bin" / "python"


def java() -> str:
    """Where Java is. Raises PackageAbsentError."""
    found = shutil.which("java")
    if found is None:
        raise PackageAbsentError("Java is not installed: the EXI codec of the PyPI package iso15118 runs on it.")
    return found


def quick_java() -> dict[str, str]:
    """Environment variables for a Java that starts fast and is never warm: for sessions, not for measuring."""
    return {"JAVA_TOOL_OPTIONS": _LEAST_JAVA_OPTIONS}


def _home() -> Path:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return Path(tempfile.gettempdir()) / f"pilotwire-{WANTED[0].replace('==', '-')}-py{version}-{os.getuid()}"


def _install(home: Path) -> None:
    failure = home / "failure"
    if failure.exists() and time.time() - failure.stat().st_mtime < _AGAIN_AFTER_SECONDS:
        raise PackageAbsentError(failure.read_text())
    environment = home / "environment"
    shutil.rmtree(environment, ignore_errors=True)
    try:
        _run(sys.executable, "-m", "venv", str(environment))
        pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "15")
        _run(str(environment / "bin" / "python"), *pip, *WANTED)
    except (subprocess.SubprocessError, OSError) as error:
        said = getattr(error, "stderr", None) or str(error)
        last = said.strip().splitlines()[-1] if said.strip() else type(error).__name__
        failure.write_text(f"The PyPI package {WANTED[0]} could not be installed: {last}")
        raise PackageAbsentError(failure.read_text()) from None
    (home / "installed").touch()


def _run(*command: str) -> None:
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=_INSTALL_SECONDS, env=clean)
