"""Central System under test: charging sessions, with the driver at the Charge Point (test document 3.2 to 3.4, 3.9, 3.10, 3.14)."""

from __future__ import annotations

from pilotwire.conformance.checks import differs, equals
from pilotwire.conformance.language import Case16, Disconnects, Reconnects, Sends, Waits
from pilotwire.conformance.states.csms16 import CONNECTOR, authorized, authorizes, charging, starts, status, stops
from pilotwire.conformance.values import Moment, configured

TC_003_CSMS = Case16(
    id="TC_003_CSMS",
    title="Regular charging session, cable first",
    purpose="The cable is plugged in, an idTag is presented: the Central System accepts it, and the transaction.",
    main=(status("1", "Preparing"), authorizes("3"), starts("5"), status("7", "Charging")),
    requirements=("1.6:4.1", "1.6:4.8"),
)

TC_004_1_CSMS = Case16(
    id="TC_004_1_CSMS",
    title="Regular charging session, identification first",
    purpose="An idTag is presented, then the cable is plugged in: the Central System accepts the transaction.",
    main=charging(),
    requirements=("1.6:4.1", "1.6:4.8"),
)

TC_004_2_CSMS = Case16(
    id="TC_004_2_CSMS",
    title="Identification first, nobody plugs in",
    purpose="The Central System accepts an idTag, and takes it that the connector is free again after the connection timeout.",
    before=authorized(),
    main=(
        status("1", "Preparing"),
        Waits(seconds=configured.ev_connection_timeout, why="nobody plugs in until ConnectionTimeOut has passed"),
        status("3", "Available"),
    ),
    requirements=("1.6:4.9",),
)

TC_005_1_CSMS = Case16(
    id="TC_005_1_CSMS",
    title="Cable taken out at the EV's side",
    purpose="The transaction ends because the EV was disconnected; the Central System takes that.",
    before=charging(),
    main=(
        status("1", "SuspendedEV"),
        stops("3", reason="EVDisconnected"),
        status("5", "Finishing"),
        status("7", "Available"),
    ),
    requirements=("1.6:4.10",),
)

TC_007_CSMS = Case16(
    id="TC_007_CSMS",
    title="Regular charging session, cached idTag",
    purpose="The Charge Point starts the transaction by its cache, without Authorize.req: the Central System accepts it.",
    main=(status("1", "Preparing"), starts("3"), status("5", "Charging")),
    requirements=("1.6:4.8",),
)

TC_023_1_CSMS = Case16(
    id="TC_023_1_CSMS",
    title="Invalid idTag",
    purpose="The Central System calls an invalid idTag Invalid.",
    main=(authorizes("1", "invalid_token", equals("idTagInfo.status", "Invalid")),),
    requirements=("1.6:4.1",),
)

TC_023_2_CSMS = Case16(
    id="TC_023_2_CSMS",
    title="Expired idTag",
    purpose="The Central System calls an expired idTag Expired.",
    main=(authorizes("1", "expired_token", equals("idTagInfo.status", "Expired")),),
    requirements=("1.6:4.1",),
)

TC_023_3_CSMS = Case16(
    id="TC_023_3_CSMS",
    title="Blocked idTag",
    purpose="The Central System calls a blocked idTag Blocked.",
    main=(authorizes("1", "blocked_token", equals("idTagInfo.status", "Blocked")),),
    requirements=("1.6:4.1",),
)

TC_024_CSMS = Case16(
    id="TC_024_CSMS",
    title="The lock fails",
    purpose="The connector cannot be locked when the cable is plugged in; the Central System takes that fault.",
    before=authorized(),
    main=(
        status("1", "Preparing"),
        Sends(
            number="3",
            action="StatusNotification",
            payload={
                "connectorId": CONNECTOR,
                "errorCode": "ConnectorLockFailure",
                "status": "Faulted",
                "timestamp": Moment(),
            },
        ),
    ),
    requirements=("1.6:4.9",),
)

TC_037_1_CSMS = Case16(
    id="TC_037_1_CSMS",
    title="A transaction begun offline, valid idTag",
    purpose="The Charge Point tells after the connection is back that a transaction has begun: the Central System accepts it.",
    main=(
        Disconnects(abruptly=True),
        Reconnects(),
        starts("1", timestamp=Moment(-60)),
        status("3", "Charging"),
    ),
    requirements=("1.6:4.8",),
)

TC_037_3_CSMS = Case16(
    id="TC_037_3_CSMS",
    title="A transaction begun offline, invalid idTag",
    purpose="The Central System says that the idTag is invalid; it takes it that the Charge Point ends the transaction.",
    main=(
        Disconnects(abruptly=True),
        Reconnects(),
        starts("1", equals("idTagInfo.status", "Invalid"), token="invalid_token", timestamp=Moment(-60)),
        status("3", "Charging"),
        stops("5", reason="DeAuthorized"),
        status("7", "Finishing"),
    ),
    requirements=("1.6:4.8", "1.6:4.10"),
)

TC_039_CSMS = Case16(
    id="TC_039_CSMS",
    title="A transaction begun and ended offline",
    purpose="The Charge Point tells the whole transaction after the connection is back: the Central System takes it.",
    main=(
        Disconnects(abruptly=True),
        Reconnects(),
        starts("1", equals("idTagInfo.status", "Accepted"), differs("transactionId", 0), timestamp=Moment(-120)),
        stops("3", reason="Local", timestamp=Moment(-60)),
    ),
    requirements=("1.6:4.8", "1.6:4.10"),
)
