"""Our station and the smallest and the fullest request that the official schemas allow, of every action a CSMS has: each gets its answer.

Most of them make no sense (numbers as low as can be, certificates that are none); the station says so in its answer, not by an error.
"""

from __future__ import annotations

import json
from itertools import groupby

import pytest

from pilotwire.ocpp.registry import Action
from tests.support.every_action import actions, in_json, is_valid_response, requests
from tests.support.scripted_csms import scripted_csms
from tests.support.station_lab import lab

AT_THE_END = "Reset"
BY_VERSION = [
    pytest.param([one.values[0] for one in group], id=version)
    for version, group in groupby(actions("csms"), key=lambda one: str(one.values[0].version))
]


@pytest.mark.parametrize("known", BY_VERSION)
async def test_every_request_is_answered(known: list[Action]) -> None:
    version = str(known[0].version)
    answered = [action for action in known if action.response is not None]
    async with (
        scripted_csms(version) as csms,
        lab(csms.url, version, settings={"local_controller": True}) as here,
    ):
        await here.until_accepted()
        for action in sorted(answered, key=lambda one: one.name == AT_THE_END):
            for kind, request in requests(action).items():
                answer = await csms.call(action.name, json.loads(in_json(request)))
                assert isinstance(answer, dict), (action.name, kind, answer)
                assert is_valid_response(action, answer), (action.name, kind, answer)
                if action.name == AT_THE_END:
                    break
