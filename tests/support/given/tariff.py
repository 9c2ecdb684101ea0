"""Commands of functional block I, and C25."""

from tests.support.spoken import ACCEPTED, REJECTED, V2, V16, V21, Given

_TARIFF = {
    "tariffId": "day-1",
    "currency": "EUR",
    "energy": {
        "prices": [{"priceKwh": 0.49, "conditions": {"startTimeOfDay": "08:00", "dayOfWeek": ["Monday"]}}],
        "taxRates": [{"type": "vat", "tax": 19}],
    },
    "idleTime": {"prices": [{"priceMinute": 0.1, "conditions": {"minIdleTime": 600}}]},
    "maxCost": {"exclTax": 50},
}
_AT = "/stations/{station}/commands"
_PRICED = {"idToken": {"idToken": "04A1B2C3D4"}, "priceText": "0.49 a kWh"}


class _Data(str):
    """JSON text that begins and ends so: what stands between cannot be known."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        start, _, end = self.partition("*")
        return isinstance(other, str) and other.startswith(start) and other.endswith(end)

    __hash__ = str.__hash__


def _told(message: str, data: str) -> dict[str, str]:
    return {"vendorId": "org.openchargealliance.costmsg", "messageId": message, "data": _Data(data)}


_UNKNOWN = {"status": "UnknownVendorId"}

GIVEN = (
    Given(
        version=V21,
        action="SetDefaultTariff",
        request=("POST", f"{_AT}/set-default-tariff", {"evseId": 1, "tariff": _TARIFF}),
        call={"evseId": 1, "tariff": _TARIFF},
        answer=ACCEPTED,
        shows={"status": "Accepted", "tariffId": "day-1"},
        refusal={"status": "Rejected", "statusInfo": {"reasonCode": "UnknownEvse"}},
        refused={"status": "Rejected", "reasonCode": "UnknownEvse"},
    ),
    Given(
        version=V21,
        action="GetTariffs",
        request=("POST", f"{_AT}/get-tariffs", {"evseId": 0}),
        call={"evseId": 0},
        answer={
            "status": "Accepted",
            "tariffAssignments": [{"tariffId": "day-1", "tariffKind": "DefaultTariff", "evseIds": [1, 2]}],
        },
        shows={
            "status": "Accepted",
            "tariffAssignments": [{"tariffId": "day-1", "tariffKind": "DefaultTariff", "evseIds": [1, 2]}],
        },
        refusal={"status": "NoTariff"},
        refused={"status": "NoTariff", "tariffAssignments": []},
    ),
    Given(
        version=V21,
        action="ClearTariffs",
        request=("POST", f"{_AT}/clear-tariffs", {"tariffIds": ["day-1"], "evseId": 2}),
        call={"tariffIds": ["day-1"], "evseId": 2},
        answer={"clearTariffsResult": [{"tariffId": "day-1", "status": "Accepted"}]},
        shows={"clearTariffsResult": [{"tariffId": "day-1", "status": "Accepted"}]},
        refusal={"clearTariffsResult": [{"status": "NoTariff"}]},
        refused={"clearTariffsResult": [{"tariffId": None, "status": "NoTariff"}]},
    ),
    Given(
        version=V21,
        action="ChangeTransactionTariff",
        request=("POST", f"{_AT}/change-transaction-tariff", {"transactionId": "tx-1", "tariff": _TARIFF}),
        call={"transactionId": "tx-1", "tariff": _TARIFF},
        answer=ACCEPTED,
        shows={"status": "Accepted", "tariffId": "day-1"},
        refusal={"status": "NoCurrencyChange"},
        refused={"status": "NoCurrencyChange"},
    ),
    Given(
        version=V21,
        action="NotifyWebPaymentStarted",
        request=("POST", f"{_AT}/notify-web-payment-started", {"evseId": 1, "timeout": 120}),
        call={"evseId": 1, "timeout": 120},
        answer={},
        shows={},
    ),
    *(
        Given(
            version=version,
            action="CostUpdated",
            request=("POST", f"{_AT}/cost-updated", {"transactionId": "tx-1", "totalCost": 4.25}),
            call={"transactionId": "tx-1", "totalCost": 4.25},
            answer={},
            shows=ACCEPTED,
        )
        for version in V2
    ),
    Given(
        version=V16,
        action="DataTransfer",
        name="RunningCost",
        request=(
            "POST",
            f"{_AT}/cost-updated",
            {"transactionId": "17", "totalCost": 4.25, "chargingPrice": {"kWhPrice": 0.5, "flatFee": 1}},
        ),
        call=_told(
            "RunningCost",
            '{"transactionId":17,"timestamp":"*Z","cost":4.25,"state":"Charging",'
            '"chargingPrice":{"kWhPrice":0.5,"flatFee":1}}',
        ),
        answer=ACCEPTED,
        shows=ACCEPTED,
        refusal=_UNKNOWN,
        refused=_UNKNOWN,
    ),
    Given(
        version=V16,
        action="DataTransfer",
        name="FinalCost",
        request=("POST", f"{_AT}/final-cost", {"transactionId": "17", "cost": 7.5, "qrCodeText": "https://r.example"}),
        call=_told("FinalCost", '{"transactionId":17,"cost":7.5,*"qrCodeText":"https://r.example"}'),
        answer=ACCEPTED,
        shows=ACCEPTED,
        refusal=REJECTED,
        refused=REJECTED,
    ),
    Given(
        version=V16,
        action="DataTransfer",
        name="SetUserPrice",
        request=("POST", f"{_AT}/set-user-price", _PRICED),
        call=_told("SetUserPrice", '{"idToken":"04A1B2C3D4",*"priceText":"0.49 a kWh"}'),
        answer=ACCEPTED,
        shows=ACCEPTED,
        refusal={"status": "UnknownMessageId"},
        refused={"status": "UnknownMessageId"},
    ),
)
