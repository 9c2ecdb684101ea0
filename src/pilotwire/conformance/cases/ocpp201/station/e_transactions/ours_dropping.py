"""Cases of our own for block E: what a station drops that cannot keep all that happened while the line was down, or until the end."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from pilotwire.conformance.cases.ocpp201.station.e_transactions.ours_station import PART_2
from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import (
    AUTHORIZATION_ON,
    back_after,
    ev_side_disconnect,
    sampling,
    stopping_at,
)
from pilotwire.conformance.cases.ocpp201.station.j_meter_values.samples import measuring, readings
from pilotwire.conformance.checks import Check, Judgement, equals
from pilotwire.conformance.language import Acts, Case, Configures, Happened, Judges, Receives, Step, Waits
from pilotwire.conformance.states.offline201 import known_offline, line_back, line_down
from pilotwire.conformance.states.station201 import energy_transfer_started, present_token
from pilotwire.conformance.values import Known, configured, times

Steps = tuple[Step, ...]
_STARTED, _ENDED = equals("eventType", "Started"), equals("eventType", "Ended")
_PATIENCE = 1200.0
_LONG = times(configured.many_samples, configured.sampled_interval)
_NOTHING_DROPPED = "nothing was dropped"


def _in_between(there: Iterable[int], last: int) -> Judgement:
    """Of the numbers from 0 to `last` some are not there, and others between them are: they were not dropped in a row."""
    kept = sorted(set(there))
    gaps = [later - one - 1 for one, later in pairwise([-1, *kept, last + 1])]
    dropped = sum(gaps)
    found = f"{dropped} of {last + 1} dropped, at most {max(gaps)} in a row"
    if not dropped:
        return Judgement(True, _NOTHING_DROPPED, applies=False)
    return Judgement(dropped == 1 or max(gaps) < dropped, found)


def _events_thinned() -> Check:
    """The events of the transaction that are missing are of its middle: every other one, and neither its first nor its last."""

    def judge(everything: Any, known: Known) -> Judgement:
        events = [one["payload"] for one in everything["messages"] if one["action"] == "TransactionEvent"]
        own = known.kept["transaction_id"]
        told = {one["seqNo"]: one["eventType"] for one in events if one["transactionInfo"]["transactionId"] == own}
        last = max(told)
        if told.get(0) != "Started" or told[last] != "Ended":
            return Judgement(False, f"from {told.get(0, 'nothing')} to {told[last]}")
        return _in_between(told, last)

    return Check("of the events of the transaction intermediate ones were dropped", judge)


def _thinned(number: str, *requirements: str) -> Judges:
    return Judges(number=number, checks=tuple(_events_thinned().of(one) for one in requirements))


_SMALL = {"habits": {"outbox_limit": 10}}
_REMARK = (
    "How much a station keeps cannot be asked: the plan's many_samples are more than that. One that has room for all of them drops "
    "nothing, and has nothing to be judged."
)

PW_E_15_CS = Case(
    id="PW_E_15_CS",
    title="A transaction offline, more than can be kept",
    purpose="Of a whole transaction without a connection intermediate events are dropped, and its first and last are told.",
    requirements=("E04.FR.08", "E12.FR.05"),
    settings={"tx_stop_points": ["EVConnected"]},
    traits=_SMALL,
    before=(
        *stopping_at("EVConnected", besides=("ParkingBayOccupancy",)),
        *AUTHORIZATION_ON,
        *known_offline(),
        *back_after(),
        *sampling(),
    ),
    main=(
        *line_down("1"),
        Acts(act="drive_in"),
        Acts(act="plug_in"),
        present_token(),
        Waits(number="1", seconds=_LONG, why="more is sampled than the station can keep"),
        present_token(),
        Acts(act="unplug"),
        Acts(act="drive_out"),
        *line_back("2"),
        Receives(
            number="3",
            action="TransactionEvent",
            where=(_ENDED, equals("offline", True)),
            early=True,
            keep={"transaction_id": "transactionInfo.transactionId"},
        ),
        _thinned("3", "E04.FR.08", "E12.FR.05"),
    ),
    follows=PART_2,
    ours=True,
    gaps=True,
    within=_PATIENCE,
    remark=_REMARK,
)

PW_E_16_CS = Case(
    id="PW_E_16_CS",
    title="No connection for longer than can be kept",
    purpose="Of what happens in a transaction while the line is down intermediate events are dropped, neither the oldest nor the newest.",
    requirements=("E11.FR.05", "J02.FR.13"),
    settings={"tx_stop_points": ["Authorized"]},
    traits=_SMALL,
    before=(
        *stopping_at("Authorized", besides=("PowerPathClosed", "EVConnected", "ParkingBayOccupancy")),
        *AUTHORIZATION_ON,
        *back_after(),
        *sampling(),
        *energy_transfer_started("local"),
    ),
    main=(
        *line_down("1"),
        Waits(number="1", seconds=_LONG, why="more is sampled than the station can keep"),
        *line_back("2"),
        present_token(),
        Happened(facts={"authorized": False, "energy": False}),
        Receives(number="3", action="TransactionEvent", where=(_ENDED,), early=True),
        _thinned("3", "E11.FR.05", "J02.FR.13"),
    ),
    follows=PART_2,
    ours=True,
    gaps=True,
    within=_PATIENCE,
    remark=_REMARK,
)

# --- meter values for the end ---------------------------------------------------------------------------------------------------


def _values_thinned() -> Check:
    """The moments that are missing in the last event are of its middle."""

    def judge(everything: Any, known: Known) -> Judgement:
        told = [one for one in readings(everything["messages"]) if one.message.get("eventType") == "Ended"]
        at = sorted({one.at for one in told if one.at is not None})
        if len(at) < 3:
            return Judgement(False, f"values of {len(at)} moments")
        interval = float(known.setting("sampled_interval"))
        # the last moment is that of the end, which is no multiple of the interval
        places = [round((one - at[0]).total_seconds() / interval) for one in at[:-1]]
        past_end = int((at[-1] - at[0]).total_seconds() // interval)
        return _in_between(places, past_end)

    return Check("of the meter values of the last event intermediate ones were dropped", judge, "meterValue")


def _ended_with_too_much(
    case: str,
    title: str,
    purpose: str,
    *requirements: str,
    ends: Steps,
    before: Steps = (),
    offline: bool = False,
) -> Case:
    """More values are collected for the end of a transaction than the station keeps; then it `ends`."""
    charges = (
        (*line_down("1"), Acts(act="drive_in"), Acts(act="plug_in"), present_token())
        if offline
        else energy_transfer_started("local")
    )
    return Case(
        id=case,
        title=title,
        purpose=purpose,
        requirements=requirements,
        settings={"tx_stop_points": ["Authorized"]},
        traits={"habits": {"held_limit": 6}},
        before=(
            *stopping_at("Authorized", besides=("PowerPathClosed", "EVConnected", "ParkingBayOccupancy")),
            *AUTHORIZATION_ON,
            *((*known_offline(), *back_after()) if offline else ()),
            *measuring("SampledDataCtrlr.TxEndedMeasurands"),
            Configures(variable="SampledDataCtrlr.TxEndedInterval", value=configured.sampled_interval),
            Configures(variable="AlignedDataCtrlr.TxEndedMeasurands", value="", if_implemented=True),
            *before,
        ),
        main=(
            *charges,
            Waits(number="1", seconds=_LONG, why="more values are taken than the station can keep"),
            *ends,
            Happened(facts={"authorized": False, "energy": False}),
            Receives(number="3", action="TransactionEvent", where=(_ENDED,), early=True),
            Judges(number="3", checks=tuple(_values_thinned().of(one) for one in requirements)),
        ),
        follows=PART_2,
        ours=True,
        within=_PATIENCE,
        remark=_REMARK,
    )


PW_E_17_CS = _ended_with_too_much(
    "PW_E_17_CS",
    "Too many values for the end",
    "Of the meter values for the end of a transaction the driver stops intermediate ones are dropped.",
    "E06.FR.13",
    "E07.FR.10",
    ends=(present_token(),),
)
PW_E_18_CS = _ended_with_too_much(
    "PW_E_18_CS",
    "Too many values for the end of a transaction offline",
    "Of the meter values for the end of a transaction without a connection intermediate ones are dropped.",
    "E08.FR.11",
    "E12.FR.09",
    ends=(present_token(), Acts(act="unplug"), Acts(act="drive_out"), *line_back("2")),
    offline=True,
)
_PULLED = Acts(act="unplug", details={"side": "vehicle"})
PW_E_19_CS = _ended_with_too_much(
    "PW_E_19_CS",
    "Too many values, and the cable is pulled at the EV",
    "Of the meter values for the end that pulling the cable at the EV brings intermediate ones are dropped.",
    "E09.FR.07",
    ends=(_PULLED,),
    before=ev_side_disconnect(stops=True),
)
PW_E_20_CS = _ended_with_too_much(
    "PW_E_20_CS",
    "Too many values, the cable pulled at the EV, then the token",
    "Of the meter values for the end of a transaction that was suspended at the EV intermediate ones are dropped.",
    "E10.FR.06",
    ends=(_PULLED, present_token()),
    before=ev_side_disconnect(stops=False),
)
PW_E_21_CS = _ended_with_too_much(
    "PW_E_21_CS",
    "Too many values, and the EV ends the session",
    "Of the meter values for the end that the EV brings by ISO 15118 intermediate ones are dropped.",
    "E15.FR.03",
    ends=(Acts(act="end_session"),),
)
