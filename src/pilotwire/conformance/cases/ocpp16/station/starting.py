"""Charge Point under test: a charging session starts, or must not (test document 2.2, 2.10 and 2.16)."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp16.station.waiting import (
    asks_whether_authorized_first,
    remote_start_first,
    waits_for_a_cable,
)
from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Acts, Case16, Configures, Happened, NotReceives, Receives
from pilotwire.conformance.states.station16 import (
    CONNECTOR,
    authorized,
    authorizes,
    begins_to_charge,
    connector_faulted,
    plug_in,
    present_id_tag,
    status,
)
from pilotwire.conformance.values import configured, plus, written

_CHARGES = Happened(facts={"authorized": True, "energy": True})
_NOTHING_STARTS = NotReceives(action="StartTransaction", early=True, note="No transaction is started.")

TC_003_CS = Case16(
    id="TC_003_CS",
    title="Regular charging session, cable first",
    purpose="Somebody plugs the cable in, then presents an idTag: the transaction starts and energy flows.",
    main=(
        *plug_in(),
        status("1", "Preparing"),
        present_id_tag(),
        authorizes("3"),
        begins_to_charge("5", "7"),
        _CHARGES,
    ),
    requirements=("1.6:4.1", "1.6:4.8", "1.6:4.9"),
)

TC_004_1_CS = Case16(
    id="TC_004_1_CS",
    title="Regular charging session, identification first",
    purpose="Somebody presents an idTag, then plugs the cable in: the transaction starts and energy flows.",
    before=(
        Configures(variable="MeterValueSampleInterval", value=written(configured.sampled_interval)),
        *authorized(),
    ),
    main=(*plug_in(), begins_to_charge("3", "5")),
    requirements=("1.6:4.1", "1.6:4.8", "1.6:4.9"),
)

TC_004_2_CS = Case16(
    id="TC_004_2_CS",
    title="Identification first, and no cable comes",
    purpose="A connector nobody plugs into is Available again when ConnectionTimeOut is over.",
    before=(
        Configures(variable="ConnectionTimeOut", value=written(configured.ev_connection_timeout)),
        *authorized(),
    ),
    main=waits_for_a_cable("2"),
    requirements=("1.6:4.9",),
    remark="That it does not happen before ConnectionTimeOut is over is judged as well.",
)

_STATUS_DURATION = 10

TC_023_CS = Case16(
    id="TC_023_CS",
    title="The idTag is refused",
    purpose="No transaction is started for an idTag the Central System calls Invalid.",
    before=(
        Configures(variable="MinimumStatusDuration", value=written(_STATUS_DURATION), if_implemented=True),
        Configures(variable="LocalPreAuthorize", value="true"),
    ),
    main=(
        *plug_in(),
        status("1", "Preparing", within=plus(_STATUS_DURATION, configured.message_timeout)),
        present_id_tag("invalid_token"),
        authorizes("3", "invalid_token", answer={"idTagInfo": {"status": "Invalid"}}),
        _NOTHING_STARTS,
    ),
    requirements=("1.6:4.1",),
)

TC_024_CS = Case16(
    id="TC_024_CS",
    title="The connector does not lock",
    purpose="A Charge Point that cannot lock the cable tells a ConnectorLockFailure and starts no transaction.",
    before=(asks_whether_authorized_first("1"), *remote_start_first("3", "5", "7")),
    main=(
        Acts(act="block_lock"),
        Happened(facts={"lock_blocked": True}),
        *plug_in(),
        Receives(
            number="9",
            action="StatusNotification",
            where=(equals("connectorId", CONNECTOR), equals("status", "Faulted")),
            checks=(equals("errorCode", "ConnectorLockFailure"),),
        ),
        _NOTHING_STARTS,
    ),
    requirements=("1.6:4.8", "1.6:4.9"),
)

TC_041_CS = Case16(
    id="TC_041_CS",
    title="Nobody charges at a fault",
    purpose="A Charge Point with a fault tells it, and starts no transaction.",
    main=(
        *connector_faulted(),
        *plug_in(),
        present_id_tag(),
        NotReceives(number="3", action="StartTransaction", seconds=configured.transaction_duration, early=True),
    ),
    requirements=("1.6:4.8", "1.6:4.9"),
)
