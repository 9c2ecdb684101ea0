"""Cases of our own for requirements of block C that no case of the document touches: what is asked, shown and logged, and strangers."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from pilotwire.conformance.cases.ocpp201.station.c_authorization.c15_offline_invalid import delivered, stops_on_invalid
from pilotwire.conformance.cases.ocpp201.station.c_authorization.ours_station import PART_2
from pilotwire.conformance.cases.ocpp201.station.c_authorization.presenting import (
    LOCALLY_OFFLINE,
    OFFLINE,
    asked,
    strangers_offline,
)
from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import (
    AUTHORIZATION_ON,
    back_after,
    sampling,
    stopping_at,
)
from pilotwire.conformance.cases.ocpp201.station.i_tariff.i02_i03_costs import is_read
from pilotwire.conformance.checks import Check, Judgement, absent_or, equals, one_of, present
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import (
    Acts,
    Case,
    Configures,
    Happened,
    Judges,
    Keeps,
    NotReceives,
    Receives,
    Sends,
    Step,
    Waits,
)
from pilotwire.conformance.states.deauthorized201 import agrees_no_longer, deauthorization_told
from pilotwire.conformance.states.offline201 import start_offline_transaction
from pilotwire.conformance.states.station201 import (
    authorized,
    energy_transfer_started,
    ev_connected_pre_session,
    ev_disconnected,
    parking_bay_unoccupied,
    present_token,
    stop_authorized,
    token_is,
    transaction_event,
)
from pilotwire.conformance.values import Fresh, Kept, Known, configured, made, plus

Steps = tuple[Step, ...]

# --- what is asked -------------------------------------------------------------------------------------------------------------


def _asked_about(everything: Any, known: Known) -> Judgement:
    """Nothing was asked but about the token that was presented, twice at most: at the beginning and at the end."""
    told = [one["payload"]["idToken"]["idToken"] for one in everything["messages"] if one["action"] == "Authorize"]
    right = 1 <= len(told) <= 2 and set(told) == {known.setting("valid_token")}
    return Judgement(right, ", ".join(told) or "none")


PW_C_15_CS = Case(
    id="PW_C_15_CS",
    title="AuthorizeRequest is for tokens alone",
    purpose="In a whole session with a pause the CSMS is asked about the token that was presented, and about nothing else.",
    requirements=("C01.FR.04",),
    before=AUTHORIZATION_ON,
    main=(
        *ev_connected_pre_session(),
        NotReceives(number="1", action="Authorize", where=(present("idToken").of("C01.FR.04"),), early=True),
        *authorized("local", asks="yes"),
        *energy_transfer_started(),
        Acts(act="suspend"),
        NotReceives(number="3", action="Authorize", where=(present("idToken").of("C01.FR.04"),)),
        Acts(act="resume"),
        *stop_authorized("local"),
        *ev_disconnected(),
        *parking_bay_unoccupied(),
    ),
    after=(
        Judges(
            checks=(Check("AuthorizeRequests are about the token presented", _asked_about, requirement="C01.FR.04"),)
        ),
    ),
    follows=PART_2,
    ours=True,
)

PW_C_16_CS = Case(
    id="PW_C_16_CS",
    title="A token at an EV that speaks ISO 15118",
    purpose="A driver who presents a token late at an EV that speaks ISO 15118 is authorized: the CSMS is asked.",
    requirements=("C08.FR.01", "C08.FR.02"),
    needs=(feature("ISO 15118 Support"),),
    before=(
        *AUTHORIZATION_ON,
        Configures(variable="TxCtrlr.EVConnectionTimeOut", value=configured.ev_connection_timeout),
        Acts(act="speaks_15118"),
        *ev_connected_pre_session(),
    ),
    main=(
        Waits(
            number="1",
            seconds=plus(configured.ev_connection_timeout, 1),
            why="the driver takes time (C08.FR.02)",
        ),
        present_token(),
        Receives(number="3", action="Authorize", checks=tuple(one.of("C08.FR.01") for one in token_is())),
        Happened(facts={"authorized": True, "remote": False}),
        transaction_event(
            "5",
            trigger="Authorized",
            checks=(equals("idToken.idToken", configured.valid_token).of("C08.FR.02"),),
        ),
    ),
    settings={"tx_stop_points": ["EVConnected"]},
    follows=PART_2,
    ours=True,
)

# --- what is shown -------------------------------------------------------------------------------------------------------------


def _speaks(case: str, title: str, requirement: str, **languages: Any) -> Case:
    """A case of a driver the station has something to say to, in a language of the driver."""
    return Case(
        id=case,
        title=title,
        purpose="A driver who is refused reads so in the language the CSMS has told for the token.",
        requirements=(requirement,),
        before=(*AUTHORIZATION_ON, *ev_connected_pre_session()),
        main=(
            present_token("blocked_token"),
            *asked("1", "blocked_token", "Blocked", **languages),
            is_read(requirement, holds=configured.driver_text),
        ),
        follows=PART_2,
        ours=True,
        remark="The plan names a language the station has messages in, and what it says in it (driver_language, driver_text).",
    )


PW_C_17_CS = _speaks(
    "PW_C_17_CS", "Messages in the driver's language", "C01.FR.08", language1=configured.driver_language
)
PW_C_18_CS = _speaks(
    "PW_C_18_CS",
    "Messages in the driver's second language",
    "C01.FR.09",
    language1="tlh",
    language2=configured.driver_language,
)

# --- what is logged ------------------------------------------------------------------------------------------------------------


def _plain(content: bytes) -> Iterator[bytes]:
    """The content, and what it has packed: gzip, tar, zip."""
    yield content
    try:
        if content[:2] == b"\x1f\x8b":
            yield from _plain(gzip.decompress(content))
        elif content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                for name in packed.namelist():
                    yield from _plain(packed.read(name))
        elif content[257:262] == b"ustar":
            with tarfile.open(fileobj=io.BytesIO(content)) as archive:
                for member in archive.getmembers():
                    file = archive.extractfile(member)
                    yield from _plain(file.read() if file is not None else b"")
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError, RuntimeError):
        return  # what cannot be unpacked cannot be read


def _without_code(name: str) -> Check:
    """The uploads to the place kept under `name` do not have the valid token in them; where others take them, nobody can tell."""

    def judge(everything: Any, known: Known) -> Judgement:
        visits = known.made("uploads", location=everything["kept"][name])
        if visits is None:
            return Judgement(True, "", applies=False)
        contents = [part for one in visits for part in _plain(one.content)]
        found = sum(part.count(str(known.setting("valid_token")).encode()) for part in contents)
        size = sum(len(one.content) for one in visits)
        return Judgement(size > 0 and not found, f"{size} bytes, with the code {found} times")

    return Check("the log that was uploaded does not have the key code", judge, requirement="C04.FR.04")


def _log(number: str, kind: str) -> Steps:
    name = f"{kind} to"
    return (
        Keeps(values={name: made("log location")}),
        Sends(
            number=number,
            action="GetLog",
            payload={"logType": kind, "requestId": Fresh(kind), "log": {"remoteLocation": Kept(name)}},
            checks=(one_of("status", "Accepted", "AcceptedCanceled"),),
        ),
        Receives(
            number=number,
            action="LogStatusNotification",
            where=(equals("status", "Uploaded"),),
            within=configured.long_operation_timeout,
        ),
        Judges(number=number, checks=(_without_code(name),)),
    )


PW_C_19_CS = Case(
    id="PW_C_19_CS",
    title="A key code is in no log",
    purpose="After a charge that was authorized with a key code, neither the diagnostics log nor the security log has the code in it.",
    requirements=("C04.FR.04",),
    settings={"valid_token_type": "KeyCode"},
    before=(*AUTHORIZATION_ON, *ev_connected_pre_session(), *authorized("local"), *energy_transfer_started()),
    main=(*_log("1", "DiagnosticsLog"), *_log("3", "SecurityLog")),
    follows=PART_2,
    ours=True,
    remark="The valid token is presented as a key code. Logs of the CSMS are not the bench's to read.",
)

# --- strangers -----------------------------------------------------------------------------------------------------------------

_STRANGERS: Steps = (
    *stopping_at("EVConnected", besides=("ParkingBayOccupancy",)),
    *AUTHORIZATION_ON,
    Configures(variable="AuthCacheCtrlr.Enabled", value=False, if_implemented=True),
    Configures(variable="LocalAuthListCtrlr.Enabled", value=False, if_implemented=True),
    strangers_offline(True),
    LOCALLY_OFFLINE,
    *back_after(),
)
_TOLD = Receives(
    number="1",
    action="TransactionEvent",
    where=(present("idToken"),),
    checks=(*token_is(), OFFLINE),
    early=True,
    keep={"transaction_id": "transactionInfo.transactionId"},
)
_SUSPENDED = equals("transactionInfo.chargingState", "SuspendedEVSE")

PW_C_20_CS = Case(
    id="PW_C_20_CS",
    title="A stranger charged offline, called invalid: deauthorized",
    purpose="With StopTxOnInvalidId the energy stops for a stranger whom the CSMS calls Invalid, and the transaction goes on without.",
    requirements=("C15.FR.03",),
    settings={"tx_stop_points": ["EVConnected"]},
    before=(*_STRANGERS, *stops_on_invalid(True, energy=0), agrees_no_longer(), *start_offline_transaction()),
    main=(
        _TOLD,
        *deauthorization_told("3"),
        NotReceives(
            number="5",
            action="TransactionEvent",
            where=(
                equals("transactionInfo.chargingState", "Charging").of("C15.FR.03"),
                absent_or("offline", False),
            ),
        ),
    ),
    follows=PART_2,
    ours=True,
)

PW_C_21_CS = Case(
    id="PW_C_21_CS",
    title="A stranger charged offline, called invalid: some energy is given",
    purpose="Without StopTxOnInvalidId a stranger whom the CSMS calls Invalid gets MaxEnergyOnInvalidId, and no more.",
    requirements=("C15.FR.07",),
    settings={"tx_stop_points": ["EVConnected"]},
    before=(
        *_STRANGERS,
        *stops_on_invalid(False, energy=configured.max_energy_on_invalid_id),
        *sampling(),
        Configures(variable="SampledDataCtrlr.TxStartedMeasurands", value=configured.measurands),
        agrees_no_longer(),
        *start_offline_transaction(),
    ),
    main=(
        _TOLD,
        NotReceives(number="3", action="TransactionEvent", where=(equals("triggerReason", "Deauthorized"),)),
        transaction_event(
            "5",
            trigger="ChargingStateChanged",
            where=(_SUSPENDED,),
            within=configured.long_operation_timeout,
            early=True,
        ),
        transaction_event("7", trigger="MeterValuePeriodic", where=(_SUSPENDED,)),
        Judges(number="7", checks=(delivered().of("C15.FR.07"),)),
    ),
    follows=PART_2,
    ours=True,
    remark="MaxEnergyOnInvalidId is the amount of the plan, as in TC_C_15.",
)
