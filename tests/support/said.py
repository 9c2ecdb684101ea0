"""Everything each protocol version can say, as hypothesis strategies: facts, commands, and the verdicts and outcomes that answer them.

What a version has no place for is left at the value its reader gives (`IdToken.type` None in 1.6, `read_only` None in 2.x, ...), so
that `read(write(x)) == x` must hold for whatever comes out of here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, cast, get_args

from hypothesis import strategies as st

from pilotwire.dialects import Dialect
from pilotwire.dialects.ocpp16 import DIALECT as DIALECT_16
from pilotwire.dialects.ocpp16.keys import VARIABLES, write_key
from pilotwire.dialects.ocpp21 import DIALECT as DIALECT_21
from pilotwire.dialects.ocpp201 import DIALECT as DIALECT_201
from pilotwire.domain import authorization as auth
from pilotwire.domain import availability as avail
from pilotwire.domain import data_transfer as data
from pilotwire.domain import device_model as dm
from pilotwire.domain import diagnostics as diag
from pilotwire.domain import local_list as lists
from pilotwire.domain import provisioning as prov
from pilotwire.domain import remote_control as remote
from pilotwire.domain import reservation as resv
from pilotwire.domain import transactions as tx
from pilotwire.domain.certificates import CertificateHash, HashAlgorithm
from pilotwire.domain.identity import STATION, AdditionalInfo, EvseAddress, IdToken, StationIdentity
from pilotwire.domain.kinds import Command, Fact, Noted, Outcome, Verdict, changed
from pilotwire.domain.metering import (
    MeterReading,
    MeterValuesReported,
    Sample,
    SignedMeterValue,
    default_unit,
    register_reading,
)
from pilotwire.domain.network_profiles import SetNetworkProfile
from pilotwire.domain.security import SecurityEvent
from pilotwire.ocpp import registry
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.v16 import enums as enums16
from pilotwire.ocpp.v21 import enums as enums21
from pilotwire.ocpp.v201 import enums as enums201
from pilotwire.ocpp.version import OcppVersion
from tests.support import said_charging, said_firmware, said_network_profiles

V16, V201, V21 = OcppVersion.V16, OcppVersion.V201, OcppVersion.V21
DIALECTS: dict[OcppVersion, Dialect] = {V16: DIALECT_16, V201: DIALECT_201, V21: DIALECT_21}
ENUMS: dict[OcppVersion, Any] = {V16: enums16, V201: enums201, V21: enums21}
Some = st.SearchStrategy

# --- the wire ------------------------------------------------------------------------------------------------------------------------


def heard(request: Message) -> Message:
    """The request as the other side gets it: through real bytes and the typed decoder."""
    action = registry.action_of(request)
    return registry.decode_request(action.version, action.name, registry.encode(request))


def answered(response: Message) -> Message:
    """The response as the other side gets it."""
    action = registry.action_of(response)
    return registry.decode_response(action.version, action.name, registry.encode(response))


# --- plain values --------------------------------------------------------------------------------------------------------------------

MAX_INT = 2**31 - 1


@cache
def text(longest: int, shortest: int = 1) -> Some[str]:
    """Text of so many characters, of any script."""
    return st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=shortest, max_size=longest)


@cache
def maybe(some: Some[Any]) -> Some[Any]:
    """That, or nothing."""
    return st.none() | some


@cache
def enumerated(version: OcppVersion, name: str) -> Some[str]:
    """A value of one of the version's enumerations."""
    return st.sampled_from(get_args(getattr(ENUMS[version], name)))


_2000 = datetime(2000, 1, 1, tzinfo=UTC)
moments: Some[datetime] = st.integers(0, 10**11 * 31).map(lambda ms: _2000 + timedelta(milliseconds=ms))
"""Times in UTC to the millisecond, as finely as the wire tells them."""

numbers: Some[Decimal] = st.decimals(-(10**9), 10**9, places=3, allow_nan=False)
small = st.integers(0, 9)
positive = st.integers(1, MAX_INT)


@cache
def json_values() -> Some[Any]:
    """Any JSON value; numbers with a fraction are decimals."""
    leaves = st.booleans() | st.integers(-(2**53), 2**53) | numbers | text(20, 0)
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner | st.none(), max_size=3) | st.dictionaries(text(8), inner | st.none(), max_size=3),
        max_leaves=6,
    )


# --- who and where -------------------------------------------------------------------------------------------------------------------


@cache
def id_tokens(version: OcppVersion) -> Some[IdToken]:
    """What a driver may present."""
    if version is V16:
        return st.builds(IdToken, value=text(20))
    longest = 36 if version is V201 else 255
    kinds = enumerated(V201, "IdTokenEnum") if version is V201 else enumerated(V201, "IdTokenEnum") | text(20)
    infos = st.lists(st.builds(AdditionalInfo, value=text(longest), type=text(50)), max_size=2)
    return st.builds(IdToken, value=text(longest, 0), type=kinds, additional=infos.map(tuple))


@cache
def addresses(version: OcppVersion) -> Some[EvseAddress]:
    """An EVSE or connector."""
    if version is V16:
        return st.builds(EvseAddress, evse=st.integers(1, 99), connector=st.just(1))
    return st.builds(EvseAddress, evse=st.integers(1, 99), connector=maybe(st.integers(1, 9)))


# --- metering ------------------------------------------------------------------------------------------------------------------------

_UNITS_16 = ("Wh", "varh", "W", "VA", "var", "A", "V", "Percent", "Celsius", "Hz")
_UNITS_2 = (*_UNITS_16, "VAh", "lx", "dBm", "RH", "Ohm")


@cache
@st.composite
def samples(draw: st.DrawFn, version: OcppVersion) -> Sample:
    """One measured value in its base unit."""
    measurand = draw(enumerated(version, "Measurand"))
    unit = draw(st.sampled_from(_UNITS_16 if version is V16 else _UNITS_2) | st.just(default_unit(measurand)))
    parts: dict[str, Any] = {
        "measurand": measurand,
        "phase": draw(maybe(enumerated(version, "Phase"))),
        "location": draw(enumerated(version, "Location")),
        "context": draw(enumerated(version, "ReadingContext")),
    }
    if version is V16 and draw(st.booleans()):
        opaque = st.builds(SignedMeterValue, data=st.from_regex(r"[0-9A-F]{2,60}", fullmatch=True))
        return Sample(value=None, unit=default_unit(measurand), signed=draw(_signed() | opaque), **parts)
    signed = None if version is V16 else draw(maybe(_signed()))
    return Sample(value=draw(numbers), unit=unit, signed=signed, **parts)


@cache
def _signed() -> Some[SignedMeterValue]:
    return st.builds(
        SignedMeterValue,
        data=text(60),
        signing_method=text(20, 0),
        encoding_method=text(20),
        public_key=text(60, 0),
    )


@cache
def readings(version: OcppVersion, *, fewest: int = 0) -> Some[tuple[MeterReading, ...]]:
    """Readings that each hold a sample."""
    some = st.lists(samples(version), min_size=1, max_size=3).map(tuple)
    return st.lists(st.builds(MeterReading, at=moments, samples=some), min_size=fewest, max_size=3).map(tuple)


# --- transactions --------------------------------------------------------------------------------------------------------------------

REASONS_16 = {
    tx.StoppedReason.LOCAL: tx.TriggerReason.STOP_AUTHORIZED,
    tx.StoppedReason.REMOTE: tx.TriggerReason.REMOTE_STOP,
    tx.StoppedReason.EV_DISCONNECTED: tx.TriggerReason.EV_COMMUNICATION_LOST,
    tx.StoppedReason.DEAUTHORIZED: tx.TriggerReason.DEAUTHORIZED,
    tx.StoppedReason.EMERGENCY_STOP: tx.TriggerReason.ABNORMAL_CONDITION,
    tx.StoppedReason.POWER_LOSS: tx.TriggerReason.ABNORMAL_CONDITION,
    tx.StoppedReason.REBOOT: tx.TriggerReason.ABNORMAL_CONDITION,
    tx.StoppedReason.IMMEDIATE_RESET: tx.TriggerReason.RESET_COMMAND,
    tx.StoppedReason.SOFT_RESET: tx.TriggerReason.RESET_COMMAND,
    tx.StoppedReason.UNLOCK_COMMAND: tx.TriggerReason.UNLOCK_COMMAND,
    tx.StoppedReason.OTHER: tx.TriggerReason.ABNORMAL_CONDITION,
}
"""Reasons 1.6 can tell, and the trigger that each is read with."""

_TRIGGERS_16 = {"Sample.Clock": tx.TriggerReason.METER_VALUE_CLOCK, "Trigger": tx.TriggerReason.TRIGGER}


@cache
@st.composite
def starts_16(draw: st.DrawFn) -> tx.TransactionEvent:
    """StartTransaction: no id yet, the register in whole Wh."""
    at, register = draw(moments), Decimal(draw(st.integers(0, MAX_INT)))
    return tx.TransactionEvent(
        kind=tx.EventKind.STARTED,
        transaction_id=None,
        at=at,
        trigger=tx.TriggerReason.AUTHORIZED,
        address=draw(addresses(V16)),
        id_token=draw(id_tokens(V16)),
        reservation_id=draw(maybe(positive)),
        readings=(register_reading(at, register, "Transaction.Begin"),),
    )


@cache
@st.composite
def updates_16(draw: st.DrawFn) -> tx.TransactionEvent:
    """MeterValues with a transaction id: nothing but readings."""
    taken = draw(readings(V16, fewest=1))
    return tx.TransactionEvent(
        kind=tx.EventKind.UPDATED,
        transaction_id=str(draw(positive)),
        at=taken[-1].at,
        trigger=_TRIGGERS_16.get(taken[0].samples[0].context, tx.TriggerReason.METER_VALUE_PERIODIC),
        address=draw(addresses(V16)),
        readings=taken,
    )


@cache
@st.composite
def ends_16(draw: st.DrawFn) -> tx.TransactionEvent:
    """StopTransaction: the register in whole Wh comes last."""
    at, register = draw(moments), Decimal(draw(st.integers(0, MAX_INT)))
    reason = draw(st.sampled_from(sorted(REASONS_16)))
    return tx.TransactionEvent(
        kind=tx.EventKind.ENDED,
        transaction_id=str(draw(positive)),
        at=at,
        trigger=REASONS_16[reason],
        id_token=draw(maybe(id_tokens(V16))),
        stopped_reason=reason,
        readings=(*draw(readings(V16)), register_reading(at, register, "Transaction.End")),
    )


@cache
@st.composite
def events_2(draw: st.DrawFn, version: OcppVersion) -> tx.TransactionEvent:
    """TransactionEvent."""
    kind = draw(st.sampled_from(tx.EventKind))
    reason = draw(enumerated(version, "Reason")) if kind is tx.EventKind.ENDED else None
    return tx.TransactionEvent(
        kind=kind,
        transaction_id=draw(text(36)),
        at=draw(moments),
        trigger=tx.TriggerReason(draw(enumerated(version, "TriggerReason"))),
        seq_no=draw(st.integers(0, MAX_INT)),
        offline=draw(st.booleans()),
        address=draw(maybe(addresses(version))),
        id_token=draw(maybe(id_tokens(version))),
        charging_state=draw(maybe(st.sampled_from(tx.ChargingState))),
        stopped_reason=None if reason is None else tx.StoppedReason(reason),
        remote_start_id=draw(maybe(positive)),
        reservation_id=draw(maybe(positive)),
        phases_used=draw(maybe(st.integers(0, 3))),
        cable_max_current=draw(maybe(small)),
        readings=draw(readings(version)),
    )


@cache
def events(version: OcppVersion) -> Some[tx.TransactionEvent]:
    """What happens in a transaction."""
    return starts_16() | updates_16() | ends_16() if version is V16 else events_2(version)


# --- facts ---------------------------------------------------------------------------------------------------------------------------


@cache
def _boots(version: OcppVersion) -> Some[Fact]:
    old = version is V16
    only_16 = maybe(text(25)) if old else st.none()
    station = st.builds(
        StationIdentity,
        vendor=text(20),
        model=text(20),
        serial_number=maybe(text(25)),
        firmware_version=maybe(text(50)),
        iccid=maybe(text(20)),
        imsi=maybe(text(20)),
        meter_type=only_16,
        meter_serial_number=only_16,
        box_serial_number=only_16,
    )
    return st.builds(prov.StationBooted, station=station, reason=st.none() if old else st.sampled_from(prov.BootReason))


@cache
@st.composite
def _states_16(draw: st.DrawFn) -> avail.ConnectorStatus:
    address = draw(addresses(V16) | st.just(STATION))
    of_station = (avail.Availability.AVAILABLE, avail.Availability.UNAVAILABLE, avail.Availability.FAULTED)
    availability = draw(st.sampled_from(of_station if address.is_station else tuple(avail.Availability)))
    activity = draw(st.sampled_from(avail.Activity)) if availability is avail.Availability.OCCUPIED else None
    problem = avail.Problem(
        code=draw(enumerated(V16, "ChargePointErrorCode")),
        info=draw(maybe(text(50))),
        vendor_id=draw(maybe(text(255))),
        vendor_error_code=draw(maybe(text(50))),
    )
    state = avail.ConnectorState(
        availability=availability,
        activity=activity,
        problem=None if problem == avail.Problem(code="NoError") else problem,
    )
    return avail.ConnectorStatus(address=address, at=draw(maybe(moments)), state=state)


@cache
def _states(version: OcppVersion) -> Some[Fact]:
    if version is V16:
        return _states_16()
    return st.builds(
        avail.ConnectorStatus,
        address=st.builds(EvseAddress, evse=st.integers(1, 99), connector=st.integers(1, 9)),
        at=moments,
        state=st.builds(avail.ConnectorState, availability=st.sampled_from(avail.Availability)),
    )


@cache
def _vendor_data(version: OcppVersion, kind: type[Any]) -> Some[Any]:
    values = text(50, 0) if version is V16 else json_values()
    return st.builds(kind, vendor_id=text(255), message_id=maybe(text(50)), data=maybe(values))


@cache
def _reports(version: OcppVersion) -> Some[Fact]:
    where: Some[EvseAddress] = (
        addresses(V16) | st.just(STATION) if version is V16 else st.builds(EvseAddress, evse=st.integers(0, 99))
    )
    return st.builds(MeterValuesReported, address=where, readings=readings(version, fewest=1))


@cache
def _report_parts(version: OcppVersion) -> Some[Fact]:
    """A part of a report of the device model (2.x)."""
    attribute = st.builds(
        dm.VariableAttribute,
        type=st.sampled_from(dm.AttributeType),
        value=maybe(text(2500, 0)),
        mutability=st.sampled_from(dm.Mutability),
        persistent=st.booleans(),
        constant=st.booleans(),
    )
    characteristics = st.builds(
        dm.VariableCharacteristics,
        data_type=st.sampled_from(dm.DataType),
        supports_monitoring=st.booleans(),
        unit=maybe(text(16, 0)),
        min_limit=maybe(numbers),
        max_limit=maybe(numbers),
        values_list=maybe(text(1000, 0)),
    )
    reported = st.builds(
        dm.ReportedVariable,
        name=variable_names(version),
        attributes=st.lists(attribute, min_size=1, max_size=4).map(tuple),
        characteristics=maybe(characteristics),
    )
    return st.builds(
        dm.ReportPart,
        request_id=st.integers(0, MAX_INT),
        seq_no=st.integers(0, MAX_INT),
        generated_at=moments,
        variables=st.lists(reported, max_size=3).map(tuple),
        more=st.booleans(),
    )


@cache
def _log_uploads(version: OcppVersion) -> list[Some[Fact]]:
    numbered = st.builds(
        diag.LogUploadReported,
        status=enumerated(version, "UploadLogStatus").map(diag.UploadStatus),
        request_id=maybe(positive),
    )
    if version is V16:
        known = ("Idle", "Uploaded", "UploadFailure", "Uploading")
        plain = st.sampled_from(known).map(
            lambda status: diag.LogUploadReported(status=diag.UploadStatus(status), with_security_extension=False)
        )
        return [numbered, plain]
    if version is V201:
        return [numbered]
    why = st.tuples(numbered, text(20), maybe(text(1024)))
    return [numbered, why.map(lambda told: changed(told[0], reason_code=told[1], info=told[2]))]


@cache
def _logs(version: OcppVersion) -> list[Some[Command]]:
    small_numbers = maybe(st.integers(0, 99))
    asked = st.builds(
        diag.GetLog,
        remote_location=st.just("https://logs.example/in/"),
        log_type=enumerated(version, "Log").map(diag.LogType),
        request_id=positive,
        oldest=maybe(moments),
        latest=maybe(moments),
        retries=small_numbers,
        retry_interval=small_numbers,
    )
    if version is not V16:
        return [asked]
    old = {"log_type": diag.LogType.DIAGNOSTICS, "request_id": None, "with_security_extension": False}
    return [asked, asked.map(lambda command: changed(command, **old))]


@cache
def _contract_certificates() -> Some[tuple[auth.ContractCertificate, ...]]:
    hashed = st.builds(
        CertificateHash,
        hash_algorithm=st.sampled_from(HashAlgorithm),
        issuer_name_hash=text(128),
        issuer_key_hash=text(128),
        serial_number=text(40),
    )
    return st.lists(st.builds(auth.ContractCertificate, certificate=hashed, responder_url=text(512)), max_size=4).map(
        tuple
    )


@cache
def _authorizations_asked(version: OcppVersion) -> list[Some[Fact]]:
    """By a token, or by a contract; 1.6 says the latter in a DataTransfer."""
    contract = {"certificate": maybe(text(200)), "certificates": _contract_certificates()}
    if version is not V16:
        return [st.builds(auth.AuthorizationAsked, id_token=id_tokens(version), **contract)]
    emaid = st.builds(IdToken, value=text(20), type=st.just("eMAID"))
    return [
        st.builds(auth.AuthorizationAsked, id_token=id_tokens(version)),
        st.builds(auth.AuthorizationAsked, id_token=emaid, **contract),
    ]


@cache
def facts(version: OcppVersion) -> Some[Fact]:
    """Every fact a station of this version can state."""
    return st.one_of(
        _boots(version),
        st.just(prov.Heartbeat()),
        _states(version),
        *_authorizations_asked(version),
        events(version),
        _reports(version),
        _vendor_data(version, data.DataTransferred),
        st.builds(SecurityEvent, type=text(50), at=moments, tech_info=maybe(text(255))),
        *_ended_reservations(version),
        *said_firmware.facts(version),
        *said_charging.facts(version),
        *_log_uploads(version),
        *(() if version is V16 else (_report_parts(version),)),
    )


# --- verdicts ------------------------------------------------------------------------------------------------------------------------


@cache
def authorizations(version: OcppVersion) -> Some[auth.AuthorizationVerdict]:
    """What a station of this version can be told of a token."""
    group = maybe(id_tokens(version))
    if version is V16:
        statuses = enumerated(V16, "AuthorizationStatus").map(auth.AuthorizationStatus)
        return st.builds(auth.AuthorizationVerdict, status=statuses, expires_at=maybe(moments), group=group)
    return st.builds(
        auth.AuthorizationVerdict,
        status=st.sampled_from(auth.AuthorizationStatus),
        expires_at=maybe(moments),
        group=group,
        priority=maybe(st.integers(-9, 9)),
        language=maybe(text(8)),
        language2=maybe(text(8)),
        message=maybe(text(512, 0)),
        evses=st.lists(st.integers(1, 99), max_size=3).map(tuple),
    )


def verdicts(version: OcppVersion, fact: Fact) -> Some[Verdict]:
    """Every verdict on a fact that this version can tell."""
    if isinstance(fact, tx.TransactionEvent):
        return _event_verdicts(version, fact)
    if isinstance(fact, prov.StationBooted):
        statuses = st.sampled_from(prov.RegistrationStatus)
        return st.builds(prov.BootVerdict, status=statuses, now=moments, interval=st.integers(0, 86400))
    if isinstance(fact, prov.Heartbeat):
        return st.builds(prov.HeartbeatVerdict, now=moments)
    if isinstance(fact, auth.AuthorizationAsked):
        return _authorize_verdicts(version, fact)
    if (charging := said_charging.verdicts(version, fact)) is not None:
        return charging
    if isinstance(fact, data.DataTransferred):
        return st.builds(data.DataTransferVerdict, **_answer(version))
    return st.just(Noted())


def _authorize_verdicts(version: OcppVersion, fact: auth.AuthorizationAsked) -> Some[Verdict]:
    """On a token, and on the certificate it came with."""
    found = maybe(st.sampled_from(auth.CertificateStatus))
    if version is V16 and fact.id_token.type is None:
        return authorizations(version)
    if version is V16:
        statuses = enumerated(V16, "AuthorizationStatus").map(auth.AuthorizationStatus)
        return st.builds(
            auth.AuthorizationVerdict, status=statuses, expires_at=maybe(moments), certificate_status=found
        )
    return st.builds(
        lambda verdict, status: changed(verdict, certificate_status=status), authorizations(version), found
    )


def _answer(version: OcppVersion) -> dict[str, Any]:
    values = text(50, 0) if version is V16 else json_values()
    return {"status": st.sampled_from(data.DataTransferStatus), "data": maybe(values)}


@cache
def _limits() -> Some[auth.TransactionLimit]:
    return st.builds(
        auth.TransactionLimit,
        max_cost=maybe(numbers),
        max_energy=maybe(numbers),
        max_time=maybe(st.integers(-(2**31), MAX_INT)),
        max_soc=maybe(st.integers(0, 100)),
    )


def _event_verdicts(version: OcppVersion, fact: tx.TransactionEvent) -> Some[Verdict]:
    told = authorizations(version)
    if version is not V16:
        return st.builds(
            tx.TransactionVerdict,
            transaction_id=st.just(fact.transaction_id),
            authorization=maybe(told),
            total_cost=maybe(numbers),
            priority=maybe(st.integers(-9, 9)),
            message=maybe(text(512, 0)),
            limit=maybe(_limits()) if version is V21 else st.none(),
        )
    if fact.kind is tx.EventKind.STARTED:
        return st.builds(tx.TransactionVerdict, transaction_id=positive.map(str), authorization=told)
    if fact.kind is tx.EventKind.ENDED:
        return st.builds(tx.TransactionVerdict, authorization=maybe(told))
    return st.just(tx.TransactionVerdict())


# --- commands ------------------------------------------------------------------------------------------------------------------------

_RESETS = {
    V16: (prov.ResetKind.IMMEDIATE, prov.ResetKind.ON_IDLE),
    V201: (prov.ResetKind.IMMEDIATE, prov.ResetKind.ON_IDLE),
    V21: tuple(prov.ResetKind),
}
_TRIGGERS = {
    V16: (*get_args(enums16.MessageTrigger), "LogStatusNotification", "SignChargingStationCertificate"),
    V201: get_args(enums201.MessageTrigger),
    V21: get_args(enums21.MessageTrigger),
}


@cache
def variable_names(version: OcppVersion) -> Some[dm.VariableName]:
    """A variable, or in 1.6 a configuration key of its own."""
    if version is V16:
        known = {key.casefold() for key in VARIABLES}
        own = text(50).filter(lambda key: key.casefold() not in known)
        return st.sampled_from(list(VARIABLES.values())) | own.map(
            lambda key: dm.VariableName(component="", variable=key)
        )
    place = st.none().map(lambda _: (None, None)) | st.tuples(st.integers(0, 99), maybe(st.integers(1, 9)))
    named = st.tuples(text(50), maybe(text(50)), text(50), maybe(text(50)), place)
    return named.map(
        lambda n: dm.VariableName(
            component=n[0],
            component_instance=n[1],
            variable=n[2],
            variable_instance=n[3],
            evse=n[4][0],
            connector=n[4][1],
        )
    )


@cache
def _attributes(version: OcppVersion) -> Some[dm.AttributeType]:
    return st.just(dm.AttributeType.ACTUAL) if version is V16 else st.sampled_from(dm.AttributeType)


@cache
def _gets(version: OcppVersion) -> Some[Command]:
    query = st.builds(dm.VariableQuery, name=variable_names(version), attribute=_attributes(version))
    fewest = 0 if version is V16 else 1
    return st.builds(dm.GetVariables, asked=st.lists(query, min_size=fewest, max_size=4).map(tuple))


@cache
def _sets(version: OcppVersion) -> Some[Command]:
    """In 1.6 one setting a command: it has a message a key, and each is read by itself."""
    setting = st.builds(
        dm.VariableSetting, name=variable_names(version), value=text(100, 0), attribute=_attributes(version)
    )
    most = 1 if version is V16 else 4
    return st.builds(dm.SetVariables, settings=st.lists(setting, min_size=1, max_size=most).map(tuple))


@cache
def _wanted_reports(version: OcppVersion) -> Some[Command]:
    """What is asked of the device model (2.x); a report need not name instances, EVSEs or variables."""
    named = variable_names(version).map(
        lambda name: dm.ComponentVariable(
            component=name.component,
            component_instance=name.component_instance,
            evse=name.evse,
            connector=name.connector,
            variable=name.variable,
            variable_instance=name.variable_instance,
        )
    )
    whole = named.map(lambda wanted: changed(wanted, variable=None, variable_instance=None))
    criteria = st.lists(st.sampled_from(dm.ComponentCriterion), unique=True).map(tuple)
    return st.one_of(
        st.builds(dm.GetBaseReport, request_id=positive, base=st.sampled_from(dm.ReportBase)),
        st.builds(
            dm.GetReport,
            request_id=positive,
            criteria=criteria,
            variables=st.lists(named | whole, max_size=3).map(tuple),
        ),
        st.builds(tx.GetTransactionStatus, transaction_id=maybe(text(36))),
    )


@cache
def _ended_reservations(version: OcppVersion) -> list[Some[Fact]]:
    """1.6 does not tell how a reservation ended."""
    if version is V16:
        return []
    statuses = enumerated(version, "ReservationUpdateStatus").map(resv.ReservationUpdateStatus)
    return [st.builds(resv.ReservationEnded, reservation_id=st.integers(0, MAX_INT), status=statuses)]


@cache
def _reservations(version: OcppVersion) -> Some[Command]:
    """Of an EVSE, any, or but in 1.6 one with a type of connector: a list in 2.0.1, open in 2.1."""
    kinds = {V16: st.none(), V201: maybe(enumerated(V201, "Connector")), V21: maybe(text(20))}
    reservation = st.builds(
        resv.Reservation,
        reservation_id=st.integers(0, MAX_INT),
        expires_at=moments,
        id_token=id_tokens(version),
        group=maybe(id_tokens(version)),
        evse=maybe(st.integers(1, 99)),
        connector_type=kinds[version],
    )
    return st.builds(resv.ReserveNow, reservation=reservation)


@cache
def list_entries(version: OcppVersion) -> Some[tuple[lists.ListEntry, ...]]:
    """Entries of a local list, each token once."""
    entry = st.builds(lists.ListEntry, id_token=id_tokens(version), info=maybe(authorizations(version)))
    return st.lists(entry, max_size=4, unique_by=lambda one: one.id_token.key).map(tuple)


@cache
def _list_updates(version: OcppVersion) -> Some[Command]:
    kinds = st.sampled_from(lists.UpdateType)
    return st.builds(lists.SendLocalList, version=positive, update=kinds, entries=list_entries(version))


@cache
def _triggers(version: OcppVersion) -> Some[prov.TriggerMessage]:
    """A custom trigger (2.1) says what it triggers; 1.6 has two ways to ask for most messages."""
    both = frozenset(get_args(enums16.ExtendedMessageTrigger)) & frozenset(get_args(enums16.MessageTrigger))
    place = maybe(addresses(version) | st.just(STATION) if version is V16 else addresses(version))

    def trigger(message: str) -> Some[prov.TriggerMessage]:
        return st.builds(
            prov.TriggerMessage,
            message=st.just(message),
            address=place,
            custom=text(50) if message == "CustomTrigger" else st.none(),
            extended=st.booleans() if version is V16 and message in both else st.just(False),
        )

    wanted = st.sampled_from(_TRIGGERS[version]).flatmap(trigger)
    return wanted if version is V16 else wanted.filter(_names_a_connector)


def _names_a_connector(trigger: prov.TriggerMessage) -> bool:
    """2.x triggers StatusNotification of one connector only (F06.FR.13)."""
    place = trigger.address
    return trigger.message != "StatusNotification" or (place is not None and bool(place.connector))


@cache
def commands(version: OcppVersion) -> Some[Command]:
    """Every command the backend can give in this version."""
    old = version is V16
    evse = maybe(st.integers(1, 99))
    start = st.builds(
        remote.RequestStart,
        id_token=id_tokens(version),
        remote_start_id=st.none() if old else positive,
        evse=evse,
        group=st.none() if old else maybe(id_tokens(version)),
        charging_profile=maybe(said_charging.profiles(version)),
    )
    unlock = st.builds(
        remote.UnlockConnector, evse=st.integers(1, 99), connector=st.just(1) if old else st.integers(1, 9)
    )
    target = addresses(version) | st.just(STATION)
    return st.one_of(
        st.builds(prov.Reset, kind=st.sampled_from(_RESETS[version]), evse=st.none() if old else evse),
        _triggers(version),
        st.builds(avail.ChangeAvailability, operative=st.booleans(), address=target),
        st.just(auth.ClearCache()),
        _list_updates(version),
        st.just(lists.GetLocalListVersion()),
        start,
        st.builds(remote.RequestStop, transaction_id=positive.map(str) if old else text(36)),
        unlock,
        _gets(version),
        _sets(version),
        _vendor_data(version, data.SendData),
        _reservations(version),
        st.builds(resv.CancelReservation, reservation_id=st.integers(0, MAX_INT)),
        *said_firmware.commands(version),
        *said_charging.commands(version),
        *said_network_profiles.commands(version),
        *(() if old else (_wanted_reports(version),)),
        *_logs(version),
    )


# --- outcomes ------------------------------------------------------------------------------------------------------------------------


def outcomes(version: OcppVersion, command: Command) -> Some[Outcome]:
    """Every outcome of a command that a station of this version can tell."""
    if (charging := said_charging.outcomes(version, command)) is not None:
        return charging
    if isinstance(command, SetNetworkProfile):
        return said_network_profiles.outcomes()
    if isinstance(command, said_firmware.COMMANDS):
        return said_firmware.outcomes(version, command)
    if isinstance(command, dm.GetVariables):
        return _get_outcomes_16(command) if version is V16 else _get_outcomes_2(version)
    if isinstance(command, dm.SetVariables):
        return _set_outcomes(version, command)
    if isinstance(command, data.SendData):
        return st.builds(data.SendDataOutcome, **_answer(version))
    if isinstance(command, diag.GetLog):
        return _log_outcomes(version, command)
    if isinstance(command, lists.GetLocalListVersion):
        told = st.integers(0, MAX_INT)
        return st.builds(lists.LocalListVersion, version=maybe(told) if version is V16 else told)
    if isinstance(command, dm.GetBaseReport | dm.GetReport):
        return st.builds(dm.ReportOutcome, status=st.sampled_from(dm.ReportStatus))
    if isinstance(command, tx.GetTransactionStatus):
        return st.builds(tx.TransactionStatusOutcome, messages_in_queue=st.booleans(), ongoing=maybe(st.booleans()))
    if isinstance(command, remote.RequestStart) and version is not V16:
        statuses = st.sampled_from(remote.RequestStatus)
        return st.builds(remote.RequestStartOutcome, status=statuses, transaction_id=maybe(text(36)))
    return _statuses(version, command)


def _log_outcomes(version: OcppVersion, command: diag.GetLog) -> Some[Outcome]:
    if version is V16 and not command.with_security_extension:
        accepted = st.builds(diag.GetLogOutcome, status=st.just(diag.LogStatus.ACCEPTED), file_name=text(255))
        return st.just(diag.GetLogOutcome(status=diag.LogStatus.REJECTED)) | accepted
    return st.builds(diag.GetLogOutcome, status=st.sampled_from(diag.LogStatus), file_name=maybe(text(255)))


def _statuses(version: OcppVersion, command: Command) -> Some[Outcome]:
    if isinstance(command, auth.ClearCache):
        return st.builds(auth.ClearCacheOutcome, accepted=st.booleans())
    outcome, wire = {
        prov.Reset: (prov.ResetOutcome, "ResetStatus"),
        prov.TriggerMessage: (prov.TriggerOutcome, "TriggerMessageStatus"),
        avail.ChangeAvailability: (
            avail.ChangeAvailabilityOutcome,
            "AvailabilityStatus" if version is V16 else "ChangeAvailabilityStatus",
        ),
        lists.SendLocalList: (
            lists.SendLocalListOutcome,
            "UpdateStatus" if version is V16 else "SendLocalListStatus",
        ),
        remote.RequestStart: (remote.RequestStartOutcome, "RemoteStartStopStatus"),
        remote.RequestStop: (
            remote.RequestStopOutcome,
            "RemoteStartStopStatus" if version is V16 else "RequestStartStopStatus",
        ),
        remote.UnlockConnector: (remote.UnlockOutcome, "UnlockStatus"),
        resv.ReserveNow: (resv.ReserveNowOutcome, "ReservationStatus" if version is V16 else "ReserveNowStatus"),
        resv.CancelReservation: (resv.CancelReservationOutcome, "CancelReservationStatus"),
    }[cast(Any, type(command))]
    status: Any = outcome.__annotations__["status"]
    kind = getattr(__import__(outcome.__module__, fromlist=[status]), status)
    return st.builds(outcome, status=enumerated(version, wire).map(kind))


def _get_outcomes_16(command: dm.GetVariables) -> Some[Outcome]:
    """Known keys first, as GetConfiguration lists them."""
    known = st.builds(
        dm.VariableResult,
        name=variable_names(V16),
        status=st.just(dm.VariableStatus.ACCEPTED),
        value=text(500, 0),
        read_only=st.booleans(),
    ) | st.builds(
        dm.VariableResult,
        name=variable_names(V16),
        status=st.just(dm.VariableStatus.REJECTED),
        read_only=st.booleans(),
    )
    unknown = st.builds(dm.VariableResult, name=variable_names(V16), status=st.just(dm.VariableStatus.UNKNOWN_VARIABLE))
    most = 2 if command.asked else 0
    lists = st.tuples(st.lists(known, max_size=3), st.lists(unknown, max_size=most))
    return st.builds(
        dm.GetVariablesOutcome, results=lists.map(lambda parts: tuple(map(_with_key, (*parts[0], *parts[1]))))
    )


def _with_key(result: dm.VariableResult) -> dm.VariableResult:
    """1.6 tells the key of a variable that has another name."""
    return changed(result, key=write_key(result.name)) if result.name.component else result


@cache
def _get_outcomes_2(version: OcppVersion) -> Some[Outcome]:
    result = st.builds(
        dm.VariableResult,
        name=variable_names(version),
        status=st.sampled_from(dm.VariableStatus),
        value=maybe(text(2500, 0)),
        attribute=_attributes(version),
    )
    return st.builds(dm.GetVariablesOutcome, results=st.lists(result, min_size=1, max_size=3).map(tuple))


def _set_outcomes(version: OcppVersion, command: dm.SetVariables) -> Some[Outcome]:
    known = tuple(dm.SetVariableStatus)
    if version is V16:
        known = tuple(
            status
            for status in known
            if status not in (dm.SetVariableStatus.UNKNOWN_COMPONENT, dm.SetVariableStatus.NOT_SUPPORTED_ATTRIBUTE_TYPE)
        )
    results = [
        st.builds(
            dm.SetVariableResult,
            name=st.just(setting.name),
            status=st.sampled_from(known),
            attribute=st.just(setting.attribute),
        )
        for setting in command.settings
    ]
    return st.builds(dm.SetVariablesOutcome, results=st.tuples(*results))
