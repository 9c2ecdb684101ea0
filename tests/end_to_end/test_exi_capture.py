"""`pilotwire exi` as a program of its own: a capture of a charging session goes in, every message comes out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from pilotwire.iso15118.v2gtp import frame
from tests.support.doctor_captures import Talk, pcap

VECTORS = Path(__file__).parents[1] / "vectors/iso15118/exi/sessions.jsonl"


def _exi(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from pilotwire.cli import main; main()", "exi", *words]
    return subprocess.run(command, input=given, capture_output=True, text=True, timeout=60, check=False)


def test_a_whole_session_is_read_from_a_capture_and_written_again(tmp_path: Path) -> None:
    """A direct-current session of -20: three schema sets in one connection, cut into segments as TCP likes."""
    rows = [json.loads(line) for line in VECTORS.read_text(encoding="utf-8").splitlines()]
    session = next(row["session"] for row in rows if row["codec"] == "ISO20_DC")
    rows = [row for row in rows if row["session"] == session and not row.get("fragment")]
    talk = Talk(("fe80::1", 50_001), ("fe80::2", 50_002), size=100).open()
    for row in rows:
        talk.say(row["sender"] == "EV", frame(int(row["payload_type"], 0), bytes.fromhex(row["exi"])))
    file = tmp_path / "session.pcap"
    file.write_bytes(pcap(talk.end(True).packets))

    read = _exi("decode", str(file), "--json")
    assert (read.returncode, read.stderr) == (0, "")
    lines = [json.loads(line) for line in read.stdout.splitlines()]
    assert [line["message"] for line in lines] == [row["tree"] for row in rows]
    assert {line["protocol"] for line in lines} >= {
        "SupportedAppProtocol",
        "ISO 15118-20 CommonMessages",
        "ISO 15118-20 DC",
    }

    last = json.dumps(lines[-1]["message"])
    assert _exi("encode", "--protocol", "iso20", given=last).stdout.strip() == rows[-1]["exi"]
