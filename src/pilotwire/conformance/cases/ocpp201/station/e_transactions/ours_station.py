"""Cases of our own for requirements of block E that no case of the document touches: what ends, what is told, and the cable's lock."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.e_transactions.e02_e03_local_start import nobody_plugged_in
from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import (
    AUTHORIZATION_ON,
    held_at_station,
    stopping_at,
)
from pilotwire.conformance.checks import (
    Check,
    Judgement,
    absent,
    both,
    differs,
    either,
    equals,
    one_of,
    present,
    satisfies,
    some,
)
from pilotwire.conformance.conditions import CABLE_ATTACHED, configured_is, not_
from pilotwire.conformance.language import (
    Acts,
    Answers,
    AtEvse,
    Case,
    Configures,
    Happened,
    Judges,
    Keeps,
    NotReceives,
    Step,
)
from pilotwire.conformance.states.station201 import (
    authorized,
    booted,
    energy_transfer_started,
    ev_connected_pre_session,
    ev_disconnected,
    parking_bay_occupied,
    parking_bay_unoccupied,
    present_token,
    rest_told,
    stop_authorized,
    token_is,
    transaction_event,
)
from pilotwire.conformance.values import Computed, Kept, Known, configured

Steps = tuple[Step, ...]
PART_2 = "Part 2 edition 3, errata 2025-09"
_ENDED = equals("eventType", "Ended")
_CHARGING = equals("transactionInfo.chargingState", "Charging")
_STATE = "transactionInfo.chargingState"


def in_order() -> Check:
    """The events of the transaction came in the order of their seqNo, from 0."""

    def judge(everything: Any, known: Known) -> Judgement:
        events = [one["payload"] for one in everything["messages"] if one["action"] == "TransactionEvent"]
        own = known.kept["transaction_id"]
        numbers = [one["seqNo"] for one in events if one["transactionInfo"]["transactionId"] == own]
        once = list(dict.fromkeys(numbers))
        return Judgement(len(once) > 1 and once == list(range(len(once))), ", ".join(map(str, numbers)))

    return Check("the events of the transaction came in the order of their seqNo, which begins with 0", judge)


_A_SESSION: Steps = (
    *parking_bay_occupied(),
    *ev_connected_pre_session(),
    *authorized("local"),
    *energy_transfer_started(),
    *stop_authorized("local"),
    *ev_disconnected(),
    *parking_bay_unoccupied(),
)


def _ids_of_its_own(sessions: int) -> Check:
    """So many transactions have begun, and none has the id of another."""

    def judge(everything: Any, _: Known) -> Judgement:
        events = [one["payload"] for one in everything["messages"] if one["action"] == "TransactionEvent"]
        ids = [one["transactionInfo"]["transactionId"] for one in events if one["eventType"] == "Started"]
        return Judgement(len(ids) >= sessions and len(set(ids)) == len(ids), ", ".join(ids))

    return Check(f"each of {sessions} transactions has a transactionId of its own", judge)


PW_E_01_CS = Case(
    id="PW_E_01_CS",
    title="No transactionId comes twice",
    purpose="A station that has lost its power does not begin again with transactionIds it has used.",
    requirements=("E01.FR.08", "E02.FR.08"),
    before=AUTHORIZATION_ON,
    main=(
        *_A_SESSION,
        *booted(),
        *_A_SESSION,
        Judges(number="8", checks=(_ids_of_its_own(2).of("E01.FR.08"), _ids_of_its_own(2).of("E02.FR.08"))),
    ),
    follows=PART_2,
    ours=True,
)


def _changes(number: str, act: str, *states: str) -> Steps:
    """The EV does this, and the station tells the chargingState that comes of it, within the transaction."""
    return (
        Acts(act=act),
        transaction_event(
            number,
            trigger="ChargingStateChanged",
            checks=(one_of(_STATE, *states).of("E01.FR.18"), equals("eventType", "Updated")),
        ),
    )


PW_E_02_CS = Case(
    id="PW_E_02_CS",
    title="Every change of the charging state is told",
    purpose="An EV that stops taking energy and takes it again, twice, is told of each time.",
    requirements=("E01.FR.18",),
    settings={"tx_stop_points": ["EVConnected"]},
    before=(*stopping_at("EVConnected", besides=("ParkingBayOccupancy",)), *energy_transfer_started()),
    main=(
        *_changes("1", "suspend", "SuspendedEV"),
        *_changes("3", "resume", "Charging"),
        *_changes("5", "suspend", "SuspendedEV"),
        *_changes("7", "resume", "Charging"),
    ),
    follows=PART_2,
    ours=True,
)

_NOT_BY_THE_DRIVER = satisfies(
    "transactionInfo.stoppedReason",
    "is given, and neither Local nor Remote",
    lambda found, _: isinstance(found, str) and found not in ("Local", "Remote"),
)

PW_E_03_CS = Case(
    id="PW_E_03_CS",
    title="A fault stops the transaction",
    purpose="A fault of the connector opens the power path; the end is told as AbnormalCondition, with a reason.",
    requirements=("E06.FR.08", "E06.FR.14", "E06.FR.16"),
    settings={"tx_stop_points": ["PowerPathClosed"]},
    before=(
        *stopping_at("PowerPathClosed", besides=("EnergyTransfer", "EVConnected", "ParkingBayOccupancy")),
        *energy_transfer_started(),
    ),
    main=(
        Acts(act="fault"),
        transaction_event(
            "1",
            trigger="AbnormalCondition",
            checks=(_ENDED.of("E06.FR.16"), _NOT_BY_THE_DRIVER.of("E06.FR.08")),
        ),
        Happened(facts={"transaction": False, "authorized": False, "energy": False}),
        Acts(act="clear_fault"),
        NotReceives(
            number="3",
            action="TransactionEvent",
            where=(_CHARGING,),
            note="What a fault has stopped does not go on by itself.",
        ),
        Judges(number="3", checks=(in_order().of("E06.FR.14"),)),
    ),
    follows=PART_2,
    ours=True,
)

PW_E_04_CS = Case(
    id="PW_E_04_CS",
    title="The token that began it ends it, unasked",
    purpose="Presented again, the token of the transaction stops it though neither cache nor list knows it, and the CSMS is not asked.",
    requirements=("E07.FR.01", "E07.FR.02", "E07.FR.11"),
    before=(
        *AUTHORIZATION_ON,
        Configures(variable="AuthCacheCtrlr.Enabled", value=False, if_implemented=True),
        Configures(variable="AuthCtrlr.LocalPreAuthorize", value=False, if_implemented=True),
        *energy_transfer_started("local"),
    ),
    main=(
        Answers(action="Authorize", payload={"idTokenInfo": {"status": "Blocked"}}),
        present_token(),
        Keeps(values={"stop_state": ""}),
        Happened(facts={"authorized": False, "energy": False}),
        transaction_event(
            "1",
            trigger="StopAuthorized",
            checks=(
                either(absent("idToken"), both(*token_is())).of("E07.FR.02"),
                present("idToken").of("E07.FR.02").softly(),
            ),
            keep={"stop_state": "transactionInfo.chargingState"},
        ),
        NotReceives(action="Authorize", where=(present("idToken").of("E07.FR.01"),), seconds=0),
        *rest_told("3"),
        Judges(number="3", checks=(in_order().of("E07.FR.11"),)),
    ),
    follows=PART_2,
    ours=True,
)

PW_E_05_CS = Case(
    id="PW_E_05_CS",
    title="The cable is let go when the driver stops",
    purpose="The station holds the cable while somebody charges, and no longer once the driver's token has stopped it.",
    requirements=("E06.FR.10", "E07.FR.07"),
    needs=(not_(CABLE_ATTACHED),),
    before=(*AUTHORIZATION_ON, *energy_transfer_started("local")),
    main=(*held_at_station(), *stop_authorized("local"), *held_at_station(held=False)),
    follows=PART_2,
    ours=True,
)

PW_E_06_CS = Case(
    id="PW_E_06_CS",
    title="Nobody plugs in, and the bay ends the transaction",
    purpose="With TxStopPoint ParkingBayOccupancy a driver who does not plug in loses the authorization, and the transaction ends with "
    "the bay.",
    requirements=("E03.FR.15",),
    needs=(configured_is("has_bay_sensor", True),),
    settings={"tx_stop_points": ["ParkingBayOccupancy"]},
    before=(
        *stopping_at("ParkingBayOccupancy"),
        Configures(variable="TxCtrlr.EVConnectionTimeOut", value=configured.ev_connection_timeout),
        *AUTHORIZATION_ON,
        *authorized("local"),
    ),
    main=(
        *nobody_plugged_in("1"),
        Acts(act="plug_in"),
        Happened(facts={"ev_connected": True}),
        transaction_event("3", trigger="CablePluggedIn", checks=(equals("eventType", "Updated"),)),
        NotReceives(number="5", action="TransactionEvent", where=(_CHARGING.of("E03.FR.15"),)),
        Acts(act="unplug"),
        Happened(facts={"ev_connected": False}),
        Acts(act="drive_out"),
        Happened(facts={"bay_occupied": False}),
        transaction_event("7", trigger="EVDeparted", checks=(_ENDED.of("E03.FR.15"),)),
    ),
    follows=PART_2,
    ours=True,
    remark="The requirement writes EVConnectionTimeout; the triggerReason is EVConnectTimeout. Its note says how the transaction ends.",
)

_REGISTER = "Energy.Active.Import.Register"
_READING = some(
    "meterValue", some("sampledValue", equals("context", "Transaction.End"), equals("measurand", _REGISTER))
)

PW_E_07_CS = Case(
    id="PW_E_07_CS",
    title="What the EV has used, told when it ends its session",
    purpose="A transaction the EV ends by ISO 15118 is told with the meter values that were configured for its end.",
    requirements=("E15.FR.01",),
    settings={"tx_stop_points": ["Authorized"]},
    before=(
        *stopping_at("Authorized", besides=("PowerPathClosed", "EVConnected", "ParkingBayOccupancy")),
        Configures(variable="SampledDataCtrlr.TxEndedMeasurands", value=_REGISTER),
        *AUTHORIZATION_ON,
        *ev_connected_pre_session(),
        *authorized("local"),
        *energy_transfer_started(),
    ),
    main=(
        Acts(act="end_session"),
        Happened(facts={"authorized": False, "energy": False}),
        transaction_event("1", trigger="StopAuthorized", checks=(_ENDED, _READING.of("E15.FR.01"))),
    ),
    follows=PART_2,
    ours=True,
)


def _one_with_two(planned: list[int]) -> list[int]:
    """The connectors of the plan's EVSEs; of a station made for the case the first EVSE has two."""
    return planned if max(planned) > 1 else [2, *planned[1:]]


_OF_TWO = Computed(
    "an EVSE with two connectors",
    lambda known: next(number for number, count in enumerate(known.setting("connectors"), 1) if count > 1),
)
_ANOTHER = differs("transactionInfo.transactionId", Kept("transaction_id"))

PW_E_27_CS = Case(
    id="PW_E_27_CS",
    title="One transaction at an EVSE with two connectors",
    purpose="While a transaction goes on at one connector of an EVSE, none begins at the other, neither with a cable nor with a token.",
    requirements=("E01.FR.14",),
    needs=(configured_is("several_connectors", True),),
    settings={"connectors": _one_with_two},
    before=AUTHORIZATION_ON,
    main=(
        AtEvse(
            evse=_OF_TWO,
            connector=1,
            steps=(
                *energy_transfer_started("local"),
                Acts(act="try_plug_in", details={"connector": 2}),
                NotReceives(
                    number="1",
                    action="TransactionEvent",
                    where=(_ANOTHER, equals("evse.id", _OF_TWO), equals("eventType", "Started").of("E01.FR.14")),
                ),
                present_token("valid_token2"),
                NotReceives(
                    number="3",
                    action="TransactionEvent",
                    where=(_ANOTHER, equals("eventType", "Started").of("E01.FR.14")),
                ),
            ),
        ),
    ),
    follows=PART_2,
    ours=True,
    remark="A station whose EVSEs have one connector each says so in the plan (several_connectors).",
)
