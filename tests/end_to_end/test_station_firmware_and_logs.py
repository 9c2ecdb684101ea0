"""Our station and our CSMS over real sockets: firmware that is fetched, checked and rebooted into, and logs that arrive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pilotwire.station.files import MemoryFiles
from pilotwire.station.hardware.image import write_image
from pilotwire.station.jobs.firmware import MANUFACTURER_ROOTS
from tests.support.eventually import eventually
from tests.support.log_uploads import Yard, yard
from tests.support.signed_firmware import root, signer
from tests.support.station_lab import VERSIONS, lab

IMAGE = write_image("2.4.0", bytes(range(256)) * 2000)
NAME = "firmware/update-1.image"


class CountingFiles(MemoryFiles):
    """Counts what is added to files."""

    def __init__(self) -> None:
        super().__init__()
        self.added: dict[str, int] = {}

    def append(self, name: str, content: bytes) -> None:
        """Count and add."""
        self.added[name] = self.added.get(name, 0) + len(content)
        super().append(name, content)


async def _command(it: Yard, name: str, **body: Any) -> Any:
    response = await it.api.post(f"/stations/CS001/commands/{name}", json=body)
    assert response.status_code == 200, response.text
    return response.json()


async def _statuses(it: Yard) -> list[str]:
    items = (await it.api.get("/stations/CS001/firmware-updates")).json()["items"]
    return [step["status"] for step in items[0]["history"]] if items else []


@pytest.mark.req("L01.FR.01", "L01.FR.04", "L01.FR.28", "SEC16:L01.FR.01")
@pytest.mark.parametrize("version", VERSIONS)
async def test_signed_firmware_is_fetched_from_where_it_broke_off_and_runs(version: str, tmp_path: Path) -> None:
    """Half of the image is there from a try before: only the rest is fetched, and the CSMS finds nothing wrong."""
    made, files = signer(), CountingFiles()
    files.write(MANUFACTURER_ROOTS, root().pem.encode())
    half = len(IMAGE) // 2
    files.write(NAME, IMAGE[:half])
    async with yard(firmware_dir=str(tmp_path)) as it, lab(it.csms.urls.ocpp, version, files=files) as one:
        await one.until_accepted()
        said = {"signature": made.sign(IMAGE), "certificate": made.pem, "version": "2.4.0"}
        assert (await it.api.put("/firmware/a.bin", params=said, content=IMAGE)).status_code == 201
        assert (await _command(it, "update-firmware", image="a.bin"))["status"] == "Accepted"
        statuses = await eventually(lambda: _ended(it), what="the end of the update")
        assert statuses == [
            "Downloading",
            "Downloaded",
            "SignatureVerified",
            "Installing",
            "InstallRebooting",
            "Installed",
        ]
        assert files.added[NAME] == len(IMAGE) - half
        record = (await it.api.get("/stations/CS001")).json()
        assert "2.4.0" in str(record)
        assert [rule for rule in await it.findings() if "irmware" in rule or rule.startswith("L0")] == []


async def _ended(it: Yard) -> list[str]:
    statuses = await _statuses(it)
    return statuses if statuses and statuses[-1] in ("Installed", "InstallationFailed", "DownloadFailed") else []


@pytest.mark.req("N01.FR.02", "N01.FR.03", "N01.FR.04", "N01.FR.09")
@pytest.mark.parametrize(("version", "protocol"), [("1.6", "ftp"), ("2.0.1", "sftp"), ("2.1", "http")])
async def test_a_log_of_our_station_arrives(version: str, protocol: str, tmp_path: Path) -> None:
    """The diagnostics log by each protocol; it tells of the command that asked for it."""
    async with yard(uploads_dir=str(tmp_path)) as it, lab(it.csms.urls.ocpp, version) as one:
        await one.until_accepted()
        answer = await _command(it, "get-log", protocol=protocol, retries=0)
        assert answer["status"] == "Accepted"
        path = f"/stations/CS001/logs/{answer['requestId']}"
        record = await eventually(lambda: _closed(it, path), what="the end of the upload")
        assert [each["status"] for each in record["statuses"]] == ["Uploading", "Uploaded"]
        (file,) = record["files"]
        assert file["name"] == answer["filename"]
        text = (await it.api.get(f"{path}/files/{file['name']}")).text
        assert "< GetLog" in text
        assert "StationBooted" in text


async def _closed(it: Yard, path: str) -> Any:
    record = (await it.api.get(path)).json()
    return None if record["open"] else record
