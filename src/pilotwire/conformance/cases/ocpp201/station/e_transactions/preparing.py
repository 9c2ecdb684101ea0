"""How the station is set for a case about transactions: TxStartPoint, TxStopPoint, authorization, offline behaviour."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.conditions import CABLE_ATTACHED, not_
from pilotwire.conformance.language import Acts, Configures, OnlyIf, Step
from pilotwire.conformance.values import Computed, Known, configured, plus

Steps = tuple[Step, ...]

AUTHORIZATION_ON: Steps = (
    Configures(variable="AuthCtrlr.Enabled", value=True, if_implemented=True, if_writable=True),
    Configures(variable="AuthCtrlr.DisableRemoteAuthorization", value=False, if_implemented=True),
)
"""The CSMS decides about tokens (AuthEnabled is the document's name of AuthCtrlr.Enabled)."""


def starting_at(*points: str, besides: tuple[str, ...] = ()) -> Steps:
    """TxStartPoint is this; where it cannot be written it may contain `besides` too, which come later than these points."""
    return (Configures(variable="TxCtrlr.TxStartPoint", value=points, besides=besides),)


def stopping_at(*points: str, besides: tuple[str, ...] = ()) -> Steps:
    """TxStopPoint is this; where it cannot be written it may contain `besides` too."""
    return (Configures(variable="TxCtrlr.TxStopPoint", value=points, besides=besides),)


def ev_side_disconnect(*, stops: bool | None = None, unlocks: bool | None = None, if_writable: bool = False) -> Steps:
    """StopTxOnEVSideDisconnect and UnlockOnEVSideDisconnect; None leaves one as it is."""
    wanted = {"TxCtrlr.StopTxOnEVSideDisconnect": stops, "OCPPCommCtrlr.UnlockOnEVSideDisconnect": unlocks}
    return tuple(
        Configures(variable=name, value=value, if_writable=if_writable)
        for name, value in wanted.items()
        if value is not None
    )


def held_at_station(*, held: bool = True) -> Steps:
    """A look at the lock of the configured EVSE's connector, where the cable is not attached to the station."""
    look = Acts(
        act="look",
        details={
            "question": "does the lock hold the cable at the station?",
            "expected": "yes" if held else "no",
            "status": Computed("the lock", _lock),
        },
    )
    return (OnlyIf(condition=not_(CABLE_ATTACHED), steps=(look,)),)


def _lock(known: Known) -> str:
    return f"evses.{known.setting('evse_id') - 1}.locked.{known.setting('connector_id')}"


def back_after(seconds: Any = configured.retry_back_off_wait_minimum) -> Steps:
    """The station is back `seconds` after it lost the connection, and that is no occasion to tell all states again."""
    return (
        Configures(variable="OCPPCommCtrlr.OfflineThreshold", value=plus(seconds, 60)),
        Configures(variable="OCPPCommCtrlr.RetryBackOffWaitMinimum", value=seconds),
        Configures(variable="OCPPCommCtrlr.RetryBackOffRandomRange", value=0),
    )


def sampling() -> Steps:
    """Meter values are sampled in the course of a transaction."""
    return (
        Configures(variable="SampledDataCtrlr.TxUpdatedMeasurands", value=configured.measurands),
        Configures(variable="SampledDataCtrlr.TxUpdatedInterval", value=configured.sampled_interval),
    )
