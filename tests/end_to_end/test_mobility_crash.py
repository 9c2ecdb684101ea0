"""`kill -9` while contracts are added and renewed: each that was told is there with its key and its events, and vehicles get it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pilotwire.clock import SystemClock
from pilotwire.iso15118.emaid import read_emaid
from pilotwire.mobility import Pool, Provisioning, Question
from pilotwire.mobility.notices import Endpoint
from tests.support.mobility_scene import a_car, an_operator
from tests.support.pki_world import PASSWORD, process_environment, same_office

ADDING = """
import sys
from pathlib import Path
from pilotwire.ca import Office
from pilotwire.ca.safe import told
from pilotwire.clock import SystemClock
from pilotwire.mobility import Pool

pool = Pool(Office.open(Path(sys.argv[1]), told(sys.argv[2]), SystemClock()))
for number in range(1000):
    emaid = f"DE8AAC{sys.argv[3]}{number:06}"
    current = pool.add(emaid, [f"WMIV12345{sys.argv[3]}{number:07}"], "me")
    print(emaid, current.issued.serial, flush=True)
    current = pool.renew(current.contract, "me")
    print(emaid, current.issued.serial, flush=True)
"""


def killed_after(folder: Path, lines: int, name: str) -> dict[str, str]:
    """The newest certificate of each contract that was told, by a program that was killed in the middle of the next."""
    process = subprocess.Popen(
        [sys.executable, "-c", ADDING, str(folder), PASSWORD, name],
        env=process_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(lines)]
    process.kill()
    told += process.stdout.read().splitlines()
    process.wait()
    whole = [line.split() for line in told if len(line.split()) == 2]
    assert len(whole) >= lines - 1, "the program ended by itself"
    return {emaid: serial for emaid, serial in whole if len(serial) > 30}


@pytest.mark.parametrize("lines", [3, 6])
def test_a_contract_that_was_told_is_there_after_a_kill(tmp_path: Path, lines: int) -> None:
    with an_operator(tmp_path / "ca") as office, Pool(office) as pool:
        wanted = ("oem.contract.created", "oem.contract.updated")
        pool.notices.keep(Endpoint("1", "root", "https://root.example", wanted, "a-secret", office.clock.now()))
    told: dict[str, str] = {}
    for name in ("AA", "BB"):
        told |= killed_after(tmp_path / "ca", lines, name)
    with same_office(tmp_path / "ca") as office, Pool(office) as pool:
        kept = {each.emaid: each for each in pool.register.contracts()}
        assert set(told) <= set(kept)
        for emaid, contract in kept.items():
            current = pool.current(contract)
            held = [each.serial for each in pool.register.holdings(emaid[:14])]
            assert emaid not in told or told[emaid] in held
            assert pool.holder(current).key.public_key() == current.issued.certificate.public_key()
            assert len(contract.vehicles) == 1
            events = pool.register.read(
                "select type from event where emaid = ? order by number", str(read_emaid(emaid))
            )
            assert [each for (each,) in events] == [wanted[0], *[wanted[1]] * (len(held) - 1)]
        emaid = next(iter(told))
        car = a_car(office, kept[emaid].vehicles[0])
        answer = Provisioning(pool).next_answer(Question(car.asks(), car.schema))
        assert car.takes(answer.exi, SystemClock().now()).emaid == emaid
