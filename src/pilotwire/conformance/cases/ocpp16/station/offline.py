"""Charge Point under test: there is no connection for a while (test document 2.14)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

from pilotwire.conformance.checks import Check, Judgement, equals, moment_of, near
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import (
    Acts,
    Answers,
    Case16,
    Configures,
    Happened,
    Judges,
    OnlyIf,
    Receives,
    Step,
    Waits,
)
from pilotwire.conformance.states.offline201 import line_back, line_down
from pilotwire.conformance.states.station16 import (
    begins_to_charge,
    charging,
    ends_charging,
    id_tag_cached,
    id_tag_in_local_list,
    plug_in,
    present_id_tag,
    starts,
    status,
    stops,
)
from pilotwire.conformance.values import Kept, Known, configured, plus, times, written

Steps = tuple[Step, ...]

# --- the line is down while somebody charges -----------------------------------------------------------------------------------

_SAMPLES = 3
"""So many meter values at least are to be taken without a connection."""
_ROUNDING = 1.0
"""How many s an interval may be off: each timestamp may be rounded to whole seconds."""


def _sampled(everything: Any, known: Known) -> Iterator[datetime]:
    """When the periodic values of the transaction were taken, in the order they were told."""
    for one in everything["messages"]:
        payload = one["payload"]
        if one["action"] != "MeterValues" or payload.get("transactionId") != known.kept["transaction_id"]:
            continue
        for value in payload["meterValue"]:
            at = moment_of(value["timestamp"])
            periodic = value["sampledValue"][0].get("context", "Sample.Periodic") == "Sample.Periodic"
            if periodic and at is not None:
                yield at


def _chronological(everything: Any, known: Known) -> Judgement:
    at = list(_sampled(everything, known))
    return Judgement(bool(at) and at == sorted(at), f"{len(at)} meter values")


def _apart(everything: Any, known: Known) -> Judgement:
    at = sorted(set(_sampled(everything, known)))
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(at)]
    wanted = float(known.setting("sampled_interval"))
    right = bool(gaps) and all(abs(gap - wanted) <= _ROUNDING for gap in gaps)
    return Judgement(right, ", ".join(f"{gap:g} s" for gap in gaps))


def _kept(everything: Any, known: Known) -> Judgement:
    down, back = (moment_of(known.kept[name]) for name in ("line_down", "line_back"))
    assert down is not None, "the tester has written it"
    assert back is not None
    at = {one for one in _sampled(everything, known) if down < one < back}
    return Judgement(len(at) >= _SAMPLES, f"{len(at)}")


_JUDGED = (
    Check(f"at least {_SAMPLES} meter values were taken without a connection", _kept),
    Check("all meter values of the transaction are told in the order they were taken", _chronological),
    Check("the meter values are MeterValueSampleInterval apart", _apart),
)

TC_036_CS = Case16(
    id="TC_036_CS",
    title="The connection is lost during a transaction",
    purpose="Meter values taken without a connection are told when there is one, in their order and before newer ones.",
    before=(
        Configures(variable="MeterValueSampleInterval", value=written(configured.sampled_interval)),
        *charging(),
    ),
    main=(
        *line_down(),
        Waits(seconds=times(_SAMPLES + 1.5, configured.sampled_interval), why="meter values are taken meanwhile"),
        *line_back(),
        Receives(
            number="1", action="MeterValues", checks=(equals("transactionId", Kept("transaction_id")).of("1.6:4.7"),)
        ),
        Waits(seconds=times(1.5, configured.sampled_interval), why="the rest comes, and a new one"),
        Judges(number="1", checks=_JUDGED),
    ),
    requirements=("1.6:3.7", "1.6:4.7"),
)

# --- somebody comes, or leaves, while the line is down ---------------------------------------------------------------------------


def _known_offline(token: str = "valid_token") -> Steps:
    """The Charge Point lets this idTag charge by itself, in every way it has."""
    return (
        Configures(variable="LocalAuthorizeOffline", value="true"),
        Configures(variable="LocalAuthListEnabled", value="true", if_implemented=True),
        Configures(variable="AuthorizationCacheEnabled", value="true", if_implemented=True),
        Configures(variable="AllowOfflineTxForUnknownId", value="true", if_implemented=True),
        OnlyIf(condition=feature("Q-4"), steps=id_tag_cached(token)),
        OnlyIf(condition=feature("Q-13"), steps=id_tag_in_local_list(token)),
    )


def _once_accepted(*steps: Step) -> Steps:
    """The Central System accepts the configured invalid idTag for the time of these steps."""
    about = ("Authorize", "StartTransaction", "StopTransaction")
    accepted = {"idTagInfo": {"status": "Accepted"}}
    return (
        *(Answers(action=action, payload=accepted) for action in about),
        *steps,
        *(Answers(action=action) for action in about),
    )


def _begins_offline(token: str = "valid_token") -> Steps:
    """The line is down, somebody plugs in and presents an idTag."""
    return (
        *line_down(),
        *plug_in(),
        present_id_tag(token),
        Waits(seconds=configured.transaction_duration, why="energy flows for a while"),
    )


_THEN = near("timestamp", Kept("line_down"), plus(configured.time_deviation, configured.transaction_duration))
_CHARGES = Happened(facts={"authorized": True, "energy": True})
_OVER = Happened(facts={"authorized": False, "energy": False})

TC_037_1_CS = Case16(
    id="TC_037_1_CS",
    title="A transaction starts without a connection",
    purpose="A transaction that starts without a connection is told when there is one, and goes on.",
    before=_known_offline(),
    main=(*_begins_offline(), *line_back(), begins_to_charge("1", "3", _THEN), _CHARGES),
    requirements=("1.6:3.5", "1.6:3.5.4", "1.6:4.8"),
    remark="That StartTransaction.req has the time of the start is judged as well.",
)


def _invalid_offline(*, stops_then: bool) -> Steps:
    return (
        Configures(variable="StopTransactionOnInvalidId", value=stops_then),
        Configures(variable="MaxEnergyOnInvalidId", value="0", if_implemented=True),
        *_once_accepted(*_known_offline("invalid_token")),
    )


def _refused_afterwards() -> Steps:
    return (
        *_begins_offline("invalid_token"),
        *line_back(),
        begins_to_charge("1", "3", token="invalid_token", answer={"idTagInfo": {"status": "Invalid"}}),
        _CHARGES,
    )


TC_037_2_CS = Case16(
    id="TC_037_2_CS",
    title="A transaction of an invalid idTag starts without a connection, and is suspended",
    purpose="Where StopTransactionOnInvalidId is false, no energy flows any more once the Central System has called the idTag Invalid.",
    before=_invalid_offline(stops_then=False),
    main=(*_refused_afterwards(), status("5", "SuspendedEVSE")),
    requirements=("1.6:3.5.4", "1.6:4.8"),
)

TC_037_3_CS = Case16(
    id="TC_037_3_CS",
    title="A transaction of an invalid idTag starts without a connection, and is stopped",
    purpose="Where StopTransactionOnInvalidId is true, the transaction stops once the Central System has called the idTag Invalid.",
    before=_invalid_offline(stops_then=True),
    main=(*_refused_afterwards(), ends_charging("5", "7", "DeAuthorized"), _OVER),
    requirements=("1.6:3.5.4", "1.6:4.8", "1.6:4.10"),
)

TC_038_CS = Case16(
    id="TC_038_CS",
    title="A transaction stops without a connection",
    purpose="A transaction that was stopped without a connection is told to be so when there is one.",
    before=charging(),
    main=(
        *line_down(),
        present_id_tag(),
        Waits(seconds=configured.transaction_duration, why="there is no connection for a while"),
        *line_back(),
        ends_charging("1", "3", "Local", _THEN),
        _OVER,
    ),
    requirements=("1.6:3.7", "1.6:4.10"),
    remark="That StopTransaction.req has the time of the stop is judged as well.",
)

TC_039_CS = Case16(
    id="TC_039_CS",
    title="A whole transaction without a connection",
    purpose="A transaction that began and ended without a connection is told when there is one, from its start to its end.",
    before=_known_offline(),
    main=(
        *_begins_offline(),
        present_id_tag(),
        Acts(act="unplug"),
        Happened(facts={"ev_connected": False}),
        *line_back(),
        starts("1", _THEN),
        stops("3", "Local", _THEN),
        _OVER,
    ),
    requirements=("1.6:3.5.4", "1.6:3.7", "1.6:4.8", "1.6:4.10"),
    remark="That both messages have the times of what they tell is judged as well.",
)
