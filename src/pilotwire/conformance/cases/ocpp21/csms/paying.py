"""OCPP 2.1: tariffs, payments and battery swap at a CSMS (I07 to I12, C18 to C25, S02, S03)."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import equals, one_of, present
from pilotwire.conformance.language import Asks, Case21, Receives, Sends, Step
from pilotwire.conformance.states.csms201 import energy_transfer_started, id_token, transaction_event
from pilotwire.conformance.values import Computed, Fresh, Kept, Moment, configured

Steps = tuple[Step, ...]
_ID = Computed("the id of the tariff", lambda known: f"PW-TARIFF-{Fresh('tariff').of(known)}")
_TARIFF: dict[str, Any] = {
    "tariffId": _ID,
    "currency": "EUR",
    "energy": {"prices": [{"priceKwh": 0.5}]},
}

PW21_I_DEFAULT_CSMS = Case21(
    id="PW21_I_DEFAULT_CSMS",
    title="A default tariff is set, asked for and cleared",
    purpose="The CSMS sets a default tariff at a station, asks which it has, and clears it.",
    main=(
        Asks(action="SetDefaultTariff", payload={"evseId": 0, "tariff": _TARIFF}),
        Receives(
            number="1",
            action="SetDefaultTariff",
            checks=(
                equals("evseId", 0),
                equals("tariff.tariffId", _ID),
                equals("tariff.currency", "EUR"),
                equals("tariff.energy.prices[0].priceKwh", 0.5),
            ),
            answer={"status": "Accepted"},
        ),
        Asks(action="GetTariffs", payload={"evseId": 0}),
        Receives(
            number="3",
            action="GetTariffs",
            checks=(equals("evseId", 0),),
            answer={
                "status": "Accepted",
                "tariffAssignments": [{"tariffId": _ID, "tariffKind": "DefaultTariff", "evseIds": [1, 2]}],
            },
        ),
        Asks(action="ClearTariffs", payload={"tariffIds": [_ID]}),
        Receives(
            number="5",
            action="ClearTariffs",
            checks=(equals("tariffIds", [_ID]),),
            answer={"clearTariffsResult": [{"tariffId": _ID, "status": "Accepted"}]},
        ),
    ),
    requirements=("I07.FR.10", "I09.FR.01", "I10.FR.02"),
)

PW21_I_COST_CSMS = Case21(
    id="PW21_I_COST_CSMS",
    title="What a transaction costs, worked out at the station",
    purpose="The CSMS takes the costs a station has worked out by a tariff.",
    before=energy_transfer_started(),
    main=(
        transaction_event(
            "1",
            trigger="StopAuthorized",
            event_type="Ended",
            info={"stoppedReason": "Local", "tariffId": "PW-TARIFF"},
            more={
                "idToken": id_token(),
                "costDetails": {
                    "totalCost": {
                        "currency": "EUR",
                        "typeOfCost": "NormalCost",
                        "energy": {"exclTax": 2.5},
                        "total": {"exclTax": 2.5},
                    },
                    "totalUsage": {"energy": 5.0, "chargingTime": 600, "idleTime": 0},
                },
            },
            checks=(equals("idTokenInfo.status", "Accepted"),),
        ),
    ),
    requirements=("I12.FR.42",),
)

PW21_C_SETTLEMENT_CSMS = Case21(
    id="PW21_C_SETTLEMENT_CSMS",
    title="An ad hoc payment at the station",
    purpose="The CSMS takes a transaction paid by card, and its settlement; a VAT number it validates or rejects.",
    main=(
        Sends(
            number="1",
            action="VatNumberValidation",
            payload={"vatNumber": "NL123456789B01", "evseId": configured.evse_id},
            checks=(
                equals("vatNumber", "NL123456789B01"),
                one_of("status", "Accepted", "Rejected"),
                equals("evseId", configured.evse_id).of("C18.FR.10"),
            ),
        ),
        Sends(
            number="3",
            action="NotifySettlement",
            payload={
                "pspRef": "PW-PSP-1",
                "status": "Settled",
                "settlementAmount": 12.5,
                "settlementTime": Moment(),
                "receiptId": "PW-RECEIPT-1",
            },
        ),
    ),
    requirements=("C18.FR.10",),
)

PW21_S_SWAP_CSMS = Case21(
    id="PW21_S_SWAP_CSMS",
    title="A battery swap",
    purpose="The CSMS starts a battery swap for a token, and takes what went in and out.",
    main=(
        Asks(action="RequestBatterySwap", payload={"idToken": id_token()}),
        Receives(
            number="1",
            action="RequestBatterySwap",
            checks=(equals("idToken.idToken", configured.valid_token), present("requestId").of("S02.FR.03")),
            answer={"status": "Accepted"},
            keep={"swap": "requestId"},
        ),
        *(
            Sends(
                number=str(number),
                action="BatterySwap",
                payload={
                    "eventType": event,
                    "requestId": Kept("swap"),
                    "idToken": id_token(),
                    "batteryData": [{"evseId": evse, "serialNumber": serial, "soC": charge, "soH": 98}],
                },
            )
            for number, event, evse, serial, charge in (
                (3, "BatteryIn", 2, "PW-EMPTY", 12),
                (5, "BatteryOut", 1, "PW-FULL", 96),
            )
        ),
    ),
    requirements=("S02.FR.03",),
)
