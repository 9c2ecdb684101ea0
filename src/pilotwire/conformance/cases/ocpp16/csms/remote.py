"""Central System under test: remote actions and unlocking (test document 3.5, 3.6, 3.11, 3.12)."""

from __future__ import annotations

from pilotwire.conformance.checks import absent_or, equals
from pilotwire.conformance.language import Case16, Step, Waits
from pilotwire.conformance.states.csms16 import CONNECTOR, authorizes, charging, ordered, starts, status, stops
from pilotwire.conformance.values import Kept, configured


def _remote_start(number: str, answer: str = "Accepted") -> tuple[Step, ...]:
    """The operator starts a transaction from afar; the connector may be left open (1.6:5.11)."""
    return ordered(
        number,
        "RemoteStartTransaction",
        equals("idTag", configured.valid_token),
        absent_or("connectorId", CONNECTOR),
        asked={"connectorId": CONNECTOR, "idTag": configured.valid_token},
        answer={"status": answer},
    )


def _remote_stop(number: str, answer: str = "Accepted") -> tuple[Step, ...]:
    return ordered(
        number,
        "RemoteStopTransaction",
        equals("transactionId", Kept("transaction_id")),
        asked={"transactionId": Kept("transaction_id")},
        answer={"status": answer},
    )


def _unlock(number: str, answer: str) -> tuple[Step, ...]:
    return ordered(
        number,
        "UnlockConnector",
        equals("connectorId", CONNECTOR),
        asked={"connectorId": CONNECTOR},
        answer={"status": answer},
    )


TC_010_CSMS = Case16(
    id="TC_010_CSMS",
    title="Remote start, cable first",
    purpose="The cable is plugged in, then the Central System has the transaction started.",
    main=(
        status("1", "Preparing"),
        *_remote_start("3"),
        authorizes("5"),
        starts("7"),
        status("9", "Charging"),
    ),
    requirements=("1.6:5.11",),
)

TC_011_1_CSMS = Case16(
    id="TC_011_1_CSMS",
    title="Remote start first",
    purpose="The Central System has a transaction started, then the cable is plugged in.",
    main=(
        *_remote_start("1"),
        authorizes("3"),
        status("5", "Preparing"),
        starts("7"),
        status("9", "Charging"),
    ),
    requirements=("1.6:5.11",),
    remark="The document has the validation of Authorize.conf at step 6; it is judged at step 4.",
)

TC_011_2_CSMS = Case16(
    id="TC_011_2_CSMS",
    title="Remote start first, nobody plugs in",
    purpose="After the connection timeout the connector is free again; the Central System takes that.",
    main=(
        *_remote_start("1"),
        authorizes("3"),
        status("5", "Preparing"),
        Waits(seconds=configured.ev_connection_timeout, why="nobody plugs in until ConnectionTimeOut has passed"),
        status("7", "Available"),
    ),
    requirements=("1.6:5.11",),
)

TC_012_CSMS = Case16(
    id="TC_012_CSMS",
    title="Remote stop",
    purpose="The Central System has a transaction stopped, and takes that it was.",
    before=charging(),
    main=(*_remote_stop("1"), stops("3", reason="Remote"), status("5", "Finishing"), status("7", "Available")),
    requirements=("1.6:5.12",),
)

TC_017_1_CSMS = Case16(
    id="TC_017_1_CSMS",
    title="Unlocking, nobody charging",
    purpose="The Central System has a connector unlocked.",
    main=_unlock("1", "Unlocked"),
    requirements=("1.6:5.18",),
)

TC_017_2_CSMS = Case16(
    id="TC_017_2_CSMS",
    title="Unlocking a fixed cable",
    purpose="The Charge Point cannot unlock its fixed cable; the Central System takes that answer.",
    main=_unlock("1", "NotSupported"),
    requirements=("1.6:5.18",),
)

TC_018_1_CSMS = Case16(
    id="TC_018_1_CSMS",
    title="Unlocking while somebody charges",
    purpose="The Central System has the connector unlocked, and takes that the transaction ended by it.",
    before=charging(),
    main=(
        *_unlock("1", "Unlocked"),
        status("3", "Finishing"),
        stops("5", reason="UnlockCommand"),
        status("7", "Available"),
    ),
    requirements=("1.6:5.18",),
)

TC_026_CSMS = Case16(
    id="TC_026_CSMS",
    title="Remote start, rejected",
    purpose="The Charge Point rejects a remote start; the Central System takes that answer.",
    main=_remote_start("1", "Rejected"),
    requirements=("1.6:5.11",),
)

TC_028_CSMS = Case16(
    id="TC_028_CSMS",
    title="Remote stop, rejected",
    purpose="The Charge Point rejects a remote stop; the Central System takes that answer.",
    before=charging(),
    main=_remote_stop("1", "Rejected"),
    requirements=("1.6:5.12",),
)

TC_030_CSMS = Case16(
    id="TC_030_CSMS",
    title="Unlocking fails",
    purpose="The connector could not be unlocked; the Central System takes that answer.",
    main=_unlock("1", "UnlockFailed"),
    requirements=("1.6:5.18",),
)

TC_031_CSMS = Case16(
    id="TC_031_CSMS",
    title="Unlocking a connector that is not there",
    purpose="The Charge Point does not have the connector; the Central System takes that answer.",
    main=_unlock("1", "NotSupported"),
    requirements=("1.6:5.18",),
)
