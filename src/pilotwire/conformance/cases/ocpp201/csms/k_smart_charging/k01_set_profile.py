"""K01, K04, K05: the CSMS sets charging profiles."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.csms.k_smart_charging.profiles import (
    DURATION,
    LASTS,
    NO_TRANSACTION_ID,
    ONE_PERIOD,
    SCHEDULE,
    STARTS,
    VALID,
    is_profile,
    profile,
    sets,
)
from pilotwire.conformance.checks import absent, differs, equals, near, one_of
from pilotwire.conformance.language import Asks, Case, Happened, Keeps, Receives
from pilotwire.conformance.states.csms201 import (
    begin_transaction,
    energy_transfer_started,
    id_token,
    place,
    token_is,
    transaction_event,
)
from pilotwire.conformance.values import Fresh, Kept, Moment, configured

TC_K_01_CSMS = Case(
    id="TC_K_01_CSMS",
    title="TxDefaultProfile for an EVSE",
    purpose="The CSMS sets an absolute default profile for an EVSE, valid for a while.",
    requirements=("K01.FR.31", "K01.FR.35"),
    main=sets(
        configured.evse_id,
        profile("TxDefaultProfile", "Absolute", 6, validFrom=Moment(), validTo=Moment(DURATION)),
        *is_profile("TxDefaultProfile", "Absolute", amperes=6),
        LASTS,
        near("chargingProfile.validFrom", Moment()),
        near("chargingProfile.validTo", Moment(DURATION)),
        near(f"{SCHEDULE}.startSchedule", Moment()),
    ),
)
TC_K_02_CSMS = Case(
    id="TC_K_02_CSMS",
    title="TxProfile without a transaction",
    purpose="The CSMS takes it that a station rejects a profile for a transaction where there is none.",
    requirements=("K01.FR.35", "K01.FR.41"),
    before=(Keeps(values={"transaction_id": "PW-NONE"}),),
    main=sets(
        configured.evse_id,
        profile("TxProfile", "Relative", 7, transactionId=Kept("transaction_id")),
        *is_profile("TxProfile", "Relative", amperes=7),
        absent(f"{SCHEDULE}.startSchedule"),
        answer="Rejected",
    ),
    remark="K01.FR.03 wants a transactionId, so the operator names one that is not there.",
)
TC_K_03_CSMS = Case(
    id="TC_K_03_CSMS",
    title="ChargingStationMaxProfile",
    purpose="The CSMS sets a limit for the whole station.",
    requirements=("K01.FR.31", "K01.FR.38"),
    main=sets(
        0,
        profile("ChargingStationMaxProfile", "Absolute", 8),
        *is_profile("ChargingStationMaxProfile", "Absolute", amperes=8),
        LASTS,
        STARTS,
    ),
    remark="By the errata (6.3.14) validFrom and validTo may be left out, and the kind is Absolute.",
)
TC_K_04_CSMS = Case(
    id="TC_K_04_CSMS",
    title="Replace a profile by its id",
    purpose="The CSMS replaces a profile by another with the same id.",
    main=(
        *sets(
            configured.evse_id,
            profile("TxDefaultProfile", "Absolute", 8, profile_id=Fresh("profile_id")),
            *is_profile("TxDefaultProfile", "Absolute", amperes=8),
            ONE_PERIOD,
            keep={"first_id": "chargingProfile.id"},
        ),
        *sets(
            configured.evse_id,
            profile("TxDefaultProfile", "Absolute", 6, profile_id=Kept("first_id")),
            *is_profile("TxDefaultProfile", "Absolute", amperes=6),
            equals("chargingProfile.id", Kept("first_id")),
            ONE_PERIOD,
            number="3",
        ),
    ),
)
TC_K_10_CSMS = Case(
    id="TC_K_10_CSMS",
    title="TxDefaultProfile for all EVSEs",
    purpose="The CSMS sets a default profile for every EVSE of a station.",
    requirements=("K01.FR.31",),
    main=sets(
        0,
        profile("TxDefaultProfile", "Absolute", 6),
        *is_profile("TxDefaultProfile", "Absolute", amperes=6),
        LASTS,
        STARTS,
    ),
    remark="By the errata (6.3.15) validFrom and validTo may be left out.",
)
TC_K_15_CSMS = Case(
    id="TC_K_15_CSMS",
    title="A station without smart charging",
    purpose="The CSMS takes it that a station does not support profiles.",
    main=sets(
        configured.evse_id,
        profile("TxDefaultProfile", "Absolute", 6),
        *is_profile("TxDefaultProfile", "Absolute", amperes=6),
        LASTS,
        STARTS,
        error="NotSupported",
    ),
)
TC_K_19_CSMS = Case(
    id="TC_K_19_CSMS",
    title="A profile that recurs",
    purpose="The CSMS sets a profile that is repeated every day.",
    main=sets(
        configured.evse_id,
        profile("TxDefaultProfile", "Recurring", 6, recurrencyKind="Daily"),
        *is_profile("TxDefaultProfile", "Recurring"),
        equals("chargingProfile.recurrencyKind", "Daily"),
    ),
)
TC_K_37_CSMS = Case(
    id="TC_K_37_CSMS",
    title="Remote start with a profile",
    purpose="The CSMS starts a transaction with a profile of its own.",
    requirements=(
        "K05.FR.02",
        "F01.FR.08",
        "F01.FR.09",
        "F01.FR.11",
        "F02.FR.17",
        "F02.FR.19",
        "K01.FR.35",
        "K01.FR.41",
    ),
    main=(
        Asks(
            action="RequestStartTransaction",
            payload={
                "idToken": id_token(),
                "evseId": configured.evse_id,
                "chargingProfile": profile("TxProfile", "Relative", 6),
            },
        ),
        Receives(
            number="1",
            action="RequestStartTransaction",
            checks=(
                *token_is(),
                equals("evseId", configured.evse_id),
                equals("chargingProfile.chargingProfilePurpose", "TxProfile"),
                NO_TRANSACTION_ID,
                one_of("chargingProfile.chargingProfileKind", "Relative", "Absolute"),
                *VALID,
            ),
            answer={"status": "Accepted"},
            keep={"remote_start_id": "remoteStartId"},
        ),
        begin_transaction(),
        transaction_event(
            "3",
            trigger="RemoteStart",
            event_type="Started",
            info={"remoteStartId": Kept("remote_start_id")},
            more={"idToken": id_token(), "evse": place()},
            checks=(equals("idTokenInfo.status", "Accepted"),),
        ),
        Happened(facts={"authorized": True}),
    ),
)
TC_K_60_CSMS = Case(
    id="TC_K_60_CSMS",
    title="TxProfile in a transaction",
    purpose="The CSMS sets a profile for the transaction that goes on.",
    requirements=("K01.FR.03", "K01.FR.31", "K02.FR.03"),
    before=energy_transfer_started(),
    main=sets(
        configured.evse_id,
        profile("TxProfile", "Relative", 6, transactionId=Kept("transaction_id")),
        *is_profile("TxProfile", "Relative", "Absolute"),
        equals("chargingProfile.transactionId", Kept("transaction_id")),
    ),
)
TC_K_70_CSMS = Case(
    id="TC_K_70_CSMS",
    title="Two profiles",
    purpose="The CSMS sets a default profile and a limit for the whole station, with ids of their own.",
    before=energy_transfer_started(),
    main=(
        *sets(
            configured.evse_id,
            profile("TxDefaultProfile", "Absolute", 8, profile_id=Fresh("one_id")),
            *is_profile("TxDefaultProfile", "Absolute", "Recurring"),
            STARTS,
            keep={"first_id": "chargingProfile.id"},
        ),
        *sets(
            0,
            profile("ChargingStationMaxProfile", "Absolute", 6, profile_id=Fresh("other_id")),
            *is_profile("ChargingStationMaxProfile", "Absolute"),
            differs("chargingProfile.id", Kept("first_id")),
            STARTS,
            number="3",
        ),
    ),
)
