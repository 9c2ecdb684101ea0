"""What the signs in events, connector states and security events change of the alerts."""

from __future__ import annotations

from collections.abc import Sequence

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.registers.monitoring import ALERT_PLACES, ALERTS, AlertPlace, alert_id_of
from pilotwire.csms.store.ports import Operation
from pilotwire.domain.alerts import Sign, after_sign


def alert_operations(desk: Desk, station: str, sign: Sign | None) -> Sequence[Operation]:
    """What a sign changes of the alerts, to be appended with what told it."""
    if sign is None:
        return ()
    number, least_severe = alert_id_of(station, sign), desk.policy.alert_severity
    amend = ALERTS.amend(station, number, lambda known: after_sign(known, sign, number, station, least_severe))
    if not sign.raised or sign.severity > least_severe:
        return (amend,)
    return (amend, ALERT_PLACES.amend("", number, lambda known: known or AlertPlace(station=station)))
