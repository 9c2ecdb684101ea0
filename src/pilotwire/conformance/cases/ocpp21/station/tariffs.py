"""OCPP 2.1, I07 to I12: tariffs at a charging station, and what a transaction costs by them."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, Judgement, absent, at_least, equals, present, some
from pilotwire.conformance.language import Case21, Judges, Receives, Sends, Step, Waits
from pilotwire.conformance.states.station201 import energy_transfer_started
from pilotwire.conformance.values import Computed, Fresh, Kept, Known, configured, resolve

Steps = tuple[Step, ...]


def _named(name: str) -> Computed:
    return Computed(f"tariff {name}", lambda known: f"PW-{name}-{Fresh(name).of(known)}")


def _tariff(name: str, kwh: float = 0.5, **more: Any) -> dict[str, Any]:
    return {
        "tariffId": _named(name),
        "currency": "EUR",
        "energy": {"prices": [{"priceKwh": kwh}]},
        "fixedFee": {"prices": [{"priceFixed": 1.0}]},
    } | more


def _installs(number: str, tariff: dict[str, Any], status: str = "Accepted", *, evse: Any = 0) -> Sends:
    return Sends(
        number=number,
        action="SetDefaultTariff",
        payload={"evseId": evse, "tariff": tariff},
        checks=(equals("status", status),),
    )


def _gets(number: str, status: str, *checks: Any, evse: Any = 0) -> Sends:
    return Sends(
        number=number, action="GetTariffs", payload={"evseId": evse}, checks=(equals("status", status), *checks)
    )


PW21_I_DEFAULT_CS = Case21(
    id="PW21_I_DEFAULT_CS",
    title="A default tariff is installed and told",
    purpose="The station takes a default tariff for every EVSE, and tells which it has.",
    main=(
        _gets("1", "NoTariff"),
        _installs("3", _tariff("default")),
        _gets(
            "5",
            "Accepted",
            some(
                "tariffAssignments",
                equals("tariffId", _named("default")),
                equals("tariffKind", "DefaultTariff"),
                present("evseIds"),
            ).of("I09.FR.01"),
        ),
    ),
    requirements=("I07.FR.10", "I07.FR.12", "I09.FR.01", "I09.FR.03", "I09.FR.04"),
)

PW21_I_REFUSED_CS = Case21(
    id="PW21_I_REFUSED_CS",
    title="Default tariffs that cannot be installed",
    purpose="A tariff whose id is there already, and one for an EVSE that is not there, are refused.",
    main=(
        _installs("1", _tariff("default")),
        _installs("3", _tariff("default", 0.6), "DuplicateTariffId"),
        _installs(
            "5",
            _tariff("other"),
            "Rejected",
            evse=Computed("one too many", lambda known: len(known.setting("connectors")) + 1),
        ),
    ),
    requirements=("I07.FR.04", "I07.FR.06"),
)


def _clears(number: str, status: str, *checks: Check, **which: Any) -> Sends:
    return Sends(
        number=number,
        action="ClearTariffs",
        payload=which,
        checks=(equals("clearTariffsResult[0].status", status), *checks),
    )


PW21_I_CLEARED_CS = Case21(
    id="PW21_I_CLEARED_CS",
    title="Tariffs are cleared",
    purpose="The station clears the tariff that is named, and says of another that there is none.",
    main=(
        _installs("1", _tariff("default")),
        _clears(
            "3", "Accepted", equals("clearTariffsResult[0].tariffId", _named("default")), tariffIds=[_named("default")]
        ),
        _gets("5", "NoTariff"),
        _clears("7", "NoTariff", absent("clearTariffsResult[0].tariffId"), tariffIds=["PW-NOT-THERE"]),
    ),
    requirements=("I10.FR.02", "I10.FR.06"),
)


def _tariff_told() -> Judges:
    """An event of the transaction has told the tariff."""

    def judge(everything: Any, known: Known) -> Judgement:
        told = [
            one["payload"]["transactionInfo"]["tariffId"]
            for one in everything["messages"]
            if one["action"] == "TransactionEvent" and "tariffId" in one["payload"]["transactionInfo"]
        ]
        return Judgement(resolve(_named("default"), known) in told, ", ".join(told) or "none")

    return Judges(checks=(Check("an event tells the default tariff", judge).of("I07.FR.32"),))


_COSTS = (
    present("costDetails.totalCost").of("I12.FR.42"),
    equals("costDetails.totalCost.currency", "EUR"),
    at_least("costDetails.totalCost.total.exclTax", 1.0),
    present("costDetails.chargingPeriods").of("I12.FR.33"),
)

PW21_I_COST_CS = Case21(
    id="PW21_I_COST_CS",
    title="What a transaction costs",
    purpose="The station works out by the default tariff what a transaction costs, and tells it at the end.",
    settings={"tx_stop_points": ["Authorized"]},
    before=(_installs("", _tariff("default")), *energy_transfer_started()),
    main=(
        Waits(seconds=configured.transaction_duration, why="energy flows for a while"),
        Sends(
            number="7",
            action="RequestStopTransaction",
            payload={"transactionId": Kept("transaction_id")},
            checks=(equals("status", "Accepted"),),
        ),
        Receives(
            number="9",
            action="TransactionEvent",
            where=(equals("eventType", "Ended"),),
            checks=_COSTS,
            within=configured.message_timeout,
        ),
    ),
    after=(_tariff_told(),),
    requirements=("I07.FR.14", "I07.FR.32", "I12.FR.01", "I12.FR.30", "I12.FR.42"),
)

PW21_I_CHANGED_CS = Case21(
    id="PW21_I_CHANGED_CS",
    title="The tariff of a transaction is changed",
    purpose="The station goes by another tariff of the same currency from now on; one of another currency it refuses.",
    before=(_installs("", _tariff("default")), *energy_transfer_started()),
    main=(
        Sends(
            number="1",
            action="ChangeTransactionTariff",
            payload={"transactionId": Kept("transaction_id"), "tariff": _tariff("foreign", currency="SEK")},
            checks=(equals("status", "NoCurrencyChange").of("I11.FR.05"),),
        ),
        Sends(
            number="3",
            action="ChangeTransactionTariff",
            payload={"transactionId": "PW-NO-TRANSACTION", "tariff": _tariff("changed", 0.9)},
            checks=(equals("status", "TxNotFound").of("I11.FR.04"),),
        ),
        Sends(
            number="5",
            action="ChangeTransactionTariff",
            payload={"transactionId": Kept("transaction_id"), "tariff": _tariff("changed", 0.9)},
            checks=(equals("status", "Accepted").of("I11.FR.06"),),
        ),
        Receives(
            number="7",
            action="TransactionEvent",
            where=(equals("triggerReason", "TariffChanged"),),
            checks=(equals("transactionInfo.tariffId", _named("changed")).of("I11.FR.08"),),
        ),
    ),
    requirements=("I11.FR.04", "I11.FR.05", "I11.FR.06", "I11.FR.08"),
)
