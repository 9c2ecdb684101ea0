"""What stations state of payments (C18, C21)."""

from tests.support.spoken import V21, Stated

_AT = "2026-01-02T03:04:05Z"

STATED = (
    Stated(
        version=V21,
        action="NotifySettlement",
        payload={
            "pspRef": "psp-1",
            "status": "Settled",
            "settlementAmount": 12.34,
            "settlementTime": _AT,
            "transactionId": "tx-1",
            "receiptUrl": "https://receipts.example/1",
        },
        answer={},
        read="/stations/{station}/settlements?transactionId=tx-1",
        shows={
            "items": [
                {
                    "pspRef": "psp-1",
                    "status": "Settled",
                    "settlementAmount": 12.34,
                    "settlementTime": _AT,
                    "receiptUrl": "https://receipts.example/1",
                }
            ]
        },
    ),
    Stated(
        version=V21,
        action="VatNumberValidation",
        payload={"vatNumber": "DE123456789", "evseId": 2},
        answer={"vatNumber": "DE123456789", "status": "Accepted", "evseId": 2},
        read="/stations/{station}/vat-validations",
        shows={"items": [{"vatNumber": "DE123456789", "status": "Accepted", "checkedBy": "form", "evseId": 2}]},
    ),
    Stated(
        version=V21,
        action="VatNumberValidation",
        name="of no known form",
        payload={"vatNumber": "DE12"},
        answer={"vatNumber": "DE12", "status": "Rejected"},
        read="/stations/{station}/vat-validations",
        shows={"items": [{"vatNumber": "DE12", "status": "Rejected", "evseId": None}]},
    ),
)
