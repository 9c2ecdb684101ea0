"""Cases of our own for requirements of block D that no case of the document touches: who changes the list, and how long it may be."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.c_authorization.presenting import LIST_ON as LIST_DECIDES
from pilotwire.conformance.cases.ocpp201.station.d_local_list.versions import LIST_ON, VERSION, version_is
from pilotwire.conformance.checks import above, at_least, equals
from pilotwire.conformance.language import Acts, Case, Configures, Happened, NotReceives, Receives, Sends, TellsStatus
from pilotwire.conformance.states.deauthorized201 import agrees_no_longer, deauthorization_told
from pilotwire.conformance.states.station201 import (
    authorization_told,
    booted,
    ev_connected_pre_session,
    id_token_in_local_list,
    present_token,
    token_is,
)
from pilotwire.conformance.values import Fresh
from pilotwire.conformance.variables import component_variable

PART_2 = "Part 2 edition 3, errata 2025-09"
_ENTRIES = "LocalAuthListCtrlr.Entries"

PW_D_01_CS = Case(
    id="PW_D_01_CS",
    title="The list is changed by SendLocalList alone",
    purpose="A listed token the CSMS calls Invalid with a transaction stays on the list as it was, also after a boot.",
    requirements=("D01.FR.09",),
    settings={"tx_start_points": ["EVConnected"], "tx_stop_points": ["EVConnected"]},
    before=(
        Configures(variable="TxCtrlr.TxStartPoint", value=("EVConnected",), besides=("Authorized", "EnergyTransfer")),
        Configures(variable="TxCtrlr.TxStopPoint", value=("EVConnected",), besides=("ParkingBayOccupancy",)),
        *LIST_DECIDES,
        Configures(variable="AuthCacheCtrlr.Enabled", value=False, if_implemented=True),
        Configures(variable="TxCtrlr.StopTxOnInvalidId", value=True),
        *id_token_in_local_list(),
        *ev_connected_pre_session(),
    ),
    main=(
        agrees_no_longer(),
        present_token(),
        *authorization_told("1", *token_is()),
        *deauthorization_told("3"),
        version_is("5", VERSION, requirement="D01.FR.09"),
        Acts(act="unplug"),
        Happened(facts={"ev_connected": False, "transaction": False}),
        TellsStatus(number="7", status="Available"),
        *booted(),
        version_is("9", VERSION, requirement="D01.FR.09"),
        present_token(),
        NotReceives(number="11", action="Authorize", note="The list still has it as Accepted (D01.FR.09)."),
    ),
    follows=PART_2,
    ours=True,
)

PW_D_02_CS = Case(
    id="PW_D_02_CS",
    title="How many entries the list has and may have",
    purpose="LocalAuthListCtrlr.Entries tells how many tokens are on the list, and by its maxLimit how many may be.",
    requirements=("D01.FR.12",),
    before=(*LIST_ON, *id_token_in_local_list("valid_token", "valid_token2")),
    main=(
        Sends(
            number="1",
            action="GetVariables",
            payload={"getVariableData": [component_variable(_ENTRIES)]},
            checks=(
                equals("getVariableResult[0].attributeStatus", "Accepted").of("D01.FR.12"),
                equals("getVariableResult[0].attributeValue", "2").of("D01.FR.12"),
            ),
        ),
        Sends(
            number="3",
            action="GetReport",
            payload={"requestId": Fresh("report"), "componentVariable": [component_variable(_ENTRIES)]},
            checks=(equals("status", "Accepted"),),
        ),
        Receives(
            number="5",
            action="NotifyReport",
            checks=(
                above("reportData[0].variableCharacteristics.maxLimit", 0).of("D01.FR.12"),
                at_least("reportData[0].variableCharacteristics.maxLimit", 2).of("D01.FR.12"),
            ),
        ),
    ),
    follows=PART_2,
    ours=True,
)

PW_D_03_CS = Case(
    id="PW_D_03_CS",
    title="The version where no list was ever sent",
    purpose="A station that was never sent a list tells version 0.",
    requirements=("D02.FR.02",),
    before=(
        Acts(act="made_so", details={"state": "the station was never sent a Local Authorization List"}),
        *LIST_ON,
    ),
    main=(version_is("1", 0, requirement="D02.FR.02"),),
    follows=PART_2,
    ours=True,
)
