"""Contracts for a vehicle over a real socket: all there are with ISO 15118-20 on 2.1, one on versions that know no more (M01, M02)."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.domain.certificates import CertificateAction, EvCertificateAsked, EvCertificateVerdict
from pilotwire.station.core.certificate_status import EvCertificateWanted
from tests.support.scripted_csms import ScriptedCsms, accepting, scripted_csms
from tests.support.station_lab import Lab, lab

OF_2 = "urn:iso:15118:2:2013:MsgDef"
OF_20 = "urn:iso:std:iso:15118:-20:CommonMessages"
ACTION = "Get15118EVCertificate"


def counting(csms: ScriptedCsms, contracts: int) -> None:
    """Have it count down the contracts it has."""

    def reply(action: str, payload: Any) -> Any:
        if action != ACTION:
            return accepting(action, payload)
        answer = {"status": "Accepted", "exiResponse": f"contract {len(csms.of(ACTION))}"}
        many = "maximumContractCertificateChains" in payload
        return answer | ({"remainingContracts": contracts - len(csms.of(ACTION))} if many else {})

    csms.reply = reply


async def asks(here: Lab, schema: str, answers: int) -> list[tuple[str, int | None]]:
    """The vehicle wants its contracts: what it gets, until so many answers are there."""
    got: list[Any] = []
    here.station.hear("car", got.append)
    wanted = EvCertificateAsked(
        schema_version=schema,
        action=CertificateAction.UPDATE,
        exi_request="gBA=",
        max_chains=3,
        prioritized_emaids=("NLTNMC0000001X1",),
    )
    here.plug()
    here.station.feed(EvCertificateWanted("car", wanted, 1))
    await here.until(lambda: len(got) >= answers, f"{answers} answers")
    assert all(isinstance(one, EvCertificateVerdict) and one.accepted for one in got)
    return [(one.exi_response, one.remaining) for one in got]


@pytest.mark.req("M01.FR.03", "M01.FR.05", "M01.FR.06", "M02.FR.02")
async def test_every_contract_reaches_a_vehicle_of_15118_20() -> None:
    async with scripted_csms("2.1") as csms, lab(csms.url, "2.1") as here:
        counting(csms, 3)
        await here.until_accepted()
        assert await asks(here, OF_20, 3) == [("contract 1", 2), ("contract 2", 1), ("contract 3", 0)]
        request = {
            "iso15118SchemaVersion": OF_20,
            "action": "Install",
            "exiRequest": "gBA=",
            "maximumContractCertificateChains": 3,
            "prioritizedEMAIDs": ["NLTNMC0000001X1"],
        }
        assert csms.of(ACTION) == [request] * 3


@pytest.mark.req("M01.FR.02", "M02.FR.01")
async def test_a_vehicle_of_15118_2_asks_without_the_fields_of_20() -> None:
    async with scripted_csms("2.1") as csms, lab(csms.url, "2.1") as here:
        counting(csms, 3)
        await here.until_accepted()
        assert await asks(here, OF_2, 1) == [("contract 1", None)]
        assert csms.of(ACTION) == [{"iso15118SchemaVersion": OF_2, "action": "Update", "exiRequest": "gBA="}]


async def test_on_2_0_1_a_vehicle_of_15118_20_gets_the_one_contract_that_can_be_asked_for() -> None:
    async with scripted_csms("2.0.1") as csms, lab(csms.url, "2.0.1") as here:
        counting(csms, 3)
        await here.until_accepted()
        assert await asks(here, OF_20, 1) == [("contract 1", None)]
        assert csms.of(ACTION) == [{"iso15118SchemaVersion": OF_20, "action": "Install", "exiRequest": "gBA="}]
