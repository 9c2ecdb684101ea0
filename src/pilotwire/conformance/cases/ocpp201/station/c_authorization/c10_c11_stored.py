"""C10, C11: what the Authorization Cache keeps, for how long, and how it is cleared."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.c_authorization.presenting import (
    CACHE_ASKS_ABOUT_OTHERS,
    CACHE_DECIDES,
    CACHE_ON,
    EIM,
    asked_and_refused,
)
from pilotwire.conformance.checks import equals
from pilotwire.conformance.conditions import fact
from pilotwire.conformance.language import Case, Configures, OnlyIf, Reached, Sends, Waits
from pilotwire.conformance.states.deauthorized201 import agrees_no_longer, deauthorized
from pilotwire.conformance.states.station201 import (
    authorization,
    authorized,
    booted,
    energy_transfer_started,
    ev_connected_post_session,
    ev_connected_pre_session,
    ev_disconnected,
    id_token_cached,
    parking_bay_occupied,
    parking_bay_unoccupied,
)
from pilotwire.conformance.values import configured, plus

_LIST_ON = Configures(variable="LocalAuthListCtrlr.Enabled", value=True, if_implemented=True)

TC_C_32_CS = Case(
    id="TC_C_32_CS",
    title="The cache outlives a boot",
    purpose="After a boot a token the cache knew as Accepted charges without AuthorizeRequest.",
    requirements=("C10.FR.02",),
    before=(*CACHE_DECIDES, *id_token_cached()),
    main=(
        *booted(),
        *authorization(asks="no", numbers=("", "2")),
        Reached(state="Authorized"),
        *ev_connected_pre_session(),
        *energy_transfer_started(),
    ),
    remark=EIM,
)

TC_C_33_CS = Case(
    id="TC_C_33_CS",
    title="AuthorizeResponse goes into the cache",
    purpose="A token the CSMS accepted when it was asked charges the next time without AuthorizeRequest.",
    requirements=("C10.FR.01", "C10.FR.04", "C12.FR.06"),
    before=(*CACHE_DECIDES, _LIST_ON, *ev_connected_pre_session()),
    main=(
        *authorization(asks="yes", numbers=("1", "3")),
        *energy_transfer_started(),
        *ev_connected_post_session(),
        *ev_disconnected(),
        *parking_bay_unoccupied(),
        *parking_bay_occupied(),
        *ev_connected_pre_session(),
        agrees_no_longer(),
        *authorization(asks="no", numbers=("", "12")),
    ),
    remark=EIM,
)

TC_C_34_CS = Case(
    id="TC_C_34_CS",
    title="TransactionEventResponse goes into the cache",
    purpose="A cached token the CSMS calls Invalid when a transaction tells it is deauthorized, and asked about the next time.",
    requirements=("C10.FR.05", "C12.FR.06", "E05.FR.09"),
    before=(
        *CACHE_DECIDES,
        CACHE_ASKS_ABOUT_OTHERS,
        _LIST_ON,
        Configures(variable="TxCtrlr.StopTxOnInvalidId", value=True),
        Configures(variable="TxCtrlr.MaxEnergyOnInvalidId", value=0, if_implemented=True),
        *id_token_cached(),
    ),
    main=(
        agrees_no_longer(),
        *authorized(asks="no"),
        *deauthorized(),
        OnlyIf(
            condition=fact("ev_connected"),
            steps=(Reached(state="EVConnectedPostSession"), *ev_disconnected()),
        ),
        Reached(state="EVDisconnected"),
        *parking_bay_unoccupied(),
        *parking_bay_occupied(),
        *asked_and_refused("valid_token", "Invalid"),
    ),
    remark=f"{EIM} MaxEnergyOnInvalidId is set where the station has it.",
)

TC_C_36_CS = Case(
    id="TC_C_36_CS",
    title="The cache does not decide without LocalPreAuthorize",
    purpose="Without LocalPreAuthorize a token the cache knows as Accepted is asked about; called Invalid, it gets no energy.",
    requirements=("C10.FR.11",),
    before=(
        *CACHE_ON,
        Configures(variable="AuthCtrlr.LocalPreAuthorize", value=False),
        *id_token_cached(),
    ),
    main=asked_and_refused("valid_token", "Invalid"),
    remark=EIM,
)

TC_C_37_CS = Case(
    id="TC_C_37_CS",
    title="The cache is cleared",
    purpose="After ClearCache a token that was cached is asked about, and charges.",
    requirements=("C11.FR.01", "C11.FR.02", "C11.FR.03"),
    before=(*CACHE_DECIDES, *id_token_cached()),
    main=(
        Sends(number="1", action="ClearCache", checks=(equals("status", "Accepted").of("C11.FR.03"),)),
        *parking_bay_occupied(),
        *ev_connected_pre_session(),
        *authorization(asks="yes", numbers=("5", "7")),
        *energy_transfer_started(),
    ),
    remark=f"{EIM} LocalPreAuthorize is set besides: without it the token would be asked about in any case.",
)

TC_C_38_CS = Case(
    id="TC_C_38_CS",
    title="A cache that is switched off is not cleared",
    purpose="With AuthCacheCtrlr.Enabled false ClearCache is rejected.",
    requirements=("C11.FR.01", "C11.FR.02", "C11.FR.04"),
    before=(*CACHE_ON, *id_token_cached(), Configures(variable="AuthCacheCtrlr.Enabled", value=False)),
    main=(Sends(number="1", action="ClearCache", checks=(equals("status", "Rejected").of("C11.FR.04"),)),),
    remark=EIM,
)

TC_C_46_CS = Case(
    id="TC_C_46_CS",
    title="A cached token outlives the cache's life time",
    purpose="A token not used for AuthCacheCtrlr.LifeTime is asked about again.",
    requirements=("C10.FR.08", "C10.FR.10"),
    before=(
        *CACHE_DECIDES,
        Configures(variable="AuthCacheCtrlr.LifeTime", value=configured.cache_life_time),
        *id_token_cached(),
        *ev_connected_pre_session(),
    ),
    main=(
        Waits(
            number="1",
            seconds=plus(configured.cache_life_time, 1),
            why="the cached token's time passes",
            note="C10.FR.10",
        ),
        *authorized("local", asks="yes"),
    ),
)
