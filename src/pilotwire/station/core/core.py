"""The core itself: takes an input, lets the streets decide, and gives out what is to be done, what must be durable first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from pilotwire.domain.kinds import Verdict
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.domain.smart_charging import ChargingSchedule
from pilotwire.domain.tariff import PaymentSettled
from pilotwire.domain.transactions import TransactionEvent, TransactionVerdict, TriggerReason
from pilotwire.errors import MisuseError
from pilotwire.station.core import (
    availability,
    commands,
    connectors,
    custom_triggers,
    display_screens,
    energy,
    hardware_events,
    metering,
    metering_main,
    metering_usage,
    monitoring,
    provisioning,
    reservation,
    reset,
    resumption,
    security,
    tariff_payment,
    transactions,
    transactions_unplaced,
    verdicts,
)
from pilotwire.station.core.actions import DURABLE, Action, Save
from pilotwire.station.core.applying_tariff import ApplyingTariff, applying, prices_of_csms, tariff_at
from pilotwire.station.core.device_model_declared import catalogue_of
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.inputs import (
    Answered,
    CommandReceived,
    Input,
    JobDone,
    JobFailed,
    JobNews,
    LinkDown,
    LinkUp,
    NotAnswered,
    OfStreet,
    Refused,
    Started,
    Unreadable,
    Unsaid,
)
from pilotwire.station.core.memory import (
    PARTS,
    KeptFact,
    Part,
    SavedState,
    StationMemory,
    TransactionsMemory,
    VariablesMemory,
)
from pilotwire.station.core.network_ways import Way, way_of
from pilotwire.station.core.overview import EvseOverview, Overview
from pilotwire.station.core.settings import StationSettings
from pilotwire.station.core.station import Station
from pilotwire.station.core.streets import DEADLINES, DUE, EVENTS, FOLLOW, STREETS
from pilotwire.station.core.variable_table import Declared
from pilotwire.station.hardware.ports import MeterReading, StationLayout


class StationCore:
    """One station. See the package for how it is used; nothing here raises for what a CSMS, a vehicle or a person does.

    `saved` is what a storage gave back, None for a new station. `meter` reads an EVSE's meter now. `new_id` gives an id never given
    before, at most 36 characters, for transactions (E01.FR.08). Raises `ConfigError` for first values of variables, and for monitors
    from the factory, that cannot be.
    """

    def __init__(
        self,
        settings: StationSettings,
        layout: StationLayout,
        *,
        saved: SavedState | None = None,
        meter: Callable[[int], MeterReading],
        new_id: Callable[[], str],
    ) -> None:
        state = saved or SavedState()
        declared = catalogue_of(settings.family, layout, settings.built)
        self._station = Station(settings, layout, state, meter, new_id, declared)
        self._station.live = lambda name: commands.live(self._station, name)
        self._station.variables.live_other = lambda name, kind: commands.live_other(self._station, name, kind)
        monitoring.check_factory(self._station)
        custom_triggers.check(self._station)
        self._left_over = state.part(TransactionsMemory).running
        self._saved: dict[str, Part] = {kind.name: state.part(kind) for kind in PARTS}
        self._started = False

    # --- in ---------------------------------------------------------------------------------------------------------

    def feed(self, event: Input, now: datetime) -> list[Action]:
        """Take an input; returns what is to be done, in order. `now` is aware. The first input is `Started`."""
        station = self._station
        if station.ended:
            return []
        self._set_now(now)
        if not self._started and not isinstance(event, Started):
            raise MisuseError(f"{type(event).__name__} was fed before Started.")
        self._take(event)
        return self._finish()

    def tick(self, now: datetime) -> list[Action]:
        """Do what is due by itself; to be called at `next_deadline`, harmless at any other time."""
        if self._station.ended or not self._started:
            return []
        self._set_now(now)
        self._do_due()
        return self._finish()

    def _set_now(self, now: datetime) -> None:
        self._station.now = max(now, self._station.now)

    def _take(self, event: Input) -> None:
        station = self._station
        match event:
            case Started():
                self._start(event)
            case LinkUp(measurands):
                station.sayable = measurands
                provisioning.link_up(station)
                for street in STREETS:
                    street.link_up(station)
            case LinkDown():
                provisioning.link_down(station)
                for street in STREETS:
                    street.link_down(station)
            case Answered(ref, verdict):
                self._answered(ref, verdict)
            case Refused(ref, code, description):
                self._failed(ref, f"{code} {description}".strip(), code, refused=True)
            case NotAnswered(ref):
                self._failed(ref, "no answer in time", "", refused=False)
            case Unreadable(ref, why, processed):
                self._unreadable(ref, why, processed=processed)
            case Unsaid(ref):
                self._unsaid(ref)
            case CommandReceived(ref, command):
                commands.received(station, ref, command)
            case JobNews(ref, news):
                if (working := station.working(ref, over=False)) is not None:
                    working.news(news)
            case JobDone(ref, result):
                if (working := station.working(ref, over=True)) is not None:
                    working.done(result)
            case JobFailed(ref, why):
                if (working := station.working(ref, over=True)) is not None:
                    working.failed(why)
            case _ if type(event) in EVENTS:
                EVENTS[type(event)](station, event)
            case OfStreet():
                raise MisuseError(f"No street takes {type(event).__name__}.")
            case _:
                hardware_events.happened(station, event)

    # --- start ------------------------------------------------------------------------------------------------------

    def _start(self, event: Started) -> None:
        """Take things as they are found (B01), and go on with what a restart interrupted, or end it (E17)."""
        if self._started:
            raise MisuseError("Started was fed twice.")
        self._started = True
        station = self._station
        station.boots += 1
        station.boot_reason = station.next_boot_reason or event.reason
        station.next_boot_reason = None
        station.runs(event.firmware)
        station.do(*station.outbox.line_lost())
        resumption.take_up(station, self._left_over, event.resume)
        hardware_events.surveyed(station, event.survey)
        resumption.go_on(station)
        security.report(station, "StartupOfTheDevice", station.boot_reason)
        station.timers.aligned = metering.next_aligned(station, station.now)
        for street in STREETS:
            street.started(station)

    # --- answers ----------------------------------------------------------------------------------------------------

    def _answered(self, ref: int, verdict: Verdict) -> None:
        station = self._station
        station.timers.last_said = station.now
        if ref == station.outbox.in_flight:
            self._delivered(verdict)
        elif (waiting := station.heard(ref)) is not None:
            was = station.registration
            waiting.answered(verdict)
            if station.registration is not was and station.registration is RegistrationStatus.ACCEPTED:
                for street in STREETS:
                    street.accepted(station)

    def _delivered(self, verdict: Verdict | None) -> None:
        """The CSMS has the first fact of the outbox: remember what it said of it."""
        station = self._station
        entry, actions = station.outbox.delivered()
        station.do(*actions)
        fact = entry.fact
        if isinstance(fact, TransactionEvent) and isinstance(verdict, TransactionVerdict):
            verdicts.answered(station, fact, verdict)
        if isinstance(fact, TransactionEvent):
            metering_usage.delivered(station, fact)
        elif isinstance(fact, PaymentSettled):
            tariff_payment.told(station, fact, verdict)

    def _failed(self, ref: int, why: str, code: str, *, refused: bool) -> None:
        station = self._station
        station.timers.last_said = station.now
        if ref == station.outbox.in_flight:
            station.do(*station.outbox.failed(station.now, station.patience, why, code))
        elif (waiting := station.heard(ref)) is not None:
            station.note(f"{type(waiting.fact).__name__}: {why}.")
            waiting.failed(refused)

    def _unreadable(self, ref: int, why: str, *, processed: bool) -> None:
        """A CSMS that failed to process a message says so with an RPC error (1.6-J errata 3.2, J2:3.2): with a result, however wrong, it
        has processed it, and saying it again could book it twice. What else is unreadable is no answer (E13).
        """
        station, fact = self._station, self._station.outbox.first
        if ref != station.outbox.in_flight or not processed:
            self._failed(ref, why.rstrip("."), "", refused=True)
            return
        station.timers.last_said = station.now
        station.note(f"The CSMS took a {type(fact).__name__}, but its answer is lost: {why.rstrip('.')}.")
        self._delivered(None)

    def _unsaid(self, ref: int) -> None:
        station = self._station
        if ref == station.outbox.in_flight:
            self._delivered(None)
        elif (waiting := station.heard(ref)) is not None:
            waiting.failed(True)

    # --- what is due ------------------------------------------------------------------------------------------------

    def next_deadline(self) -> datetime | None:
        """When `tick` is to be called next; None: only an input can change anything."""
        station = self._station
        if station.ended or not self._started:
            return None
        timers = station.timers
        deadlines = [timers.boot if station.link else None, timers.aligned, timers.restart]
        deadlines.append(provisioning.heartbeat_at(station))
        deadlines.append(reservation.deadline(station))
        deadlines.append(station.outbox.deadline if station.online else None)
        deadlines.append(station.unplaced.until if station.unplaced is not None else None)
        for evse in station.evses.values():
            deadlines.append(evse.grant.until if evse.grant is not None else None)
            deadlines.append(evse.tx.next_sample if evse.tx is not None else None)
            deadlines.append(evse.ready_by)
        deadlines.extend([deadline(station) for deadline in DEADLINES])
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    def _do_due(self) -> None:
        station, now = self._station, self._station.now
        if station.link and _is_due(station.timers.boot, now):
            provisioning.boot(station, station.boot_reason)
        if station.unplaced is not None and _is_due(station.unplaced.until, now):
            transactions_unplaced.give_up(station)
        for evse in station.evses.values():
            if evse.grant is not None and _is_due(evse.grant.until, now):
                transactions.give_up_waiting(station, evse)
            if _is_due(evse.ready_by, now):
                transactions.not_ready(station, evse)
            if evse.tx is not None and _is_due(evse.tx.next_sample, now):
                self._sample(evse)
        if _is_due(station.timers.aligned, now):
            self._aligned()
        if _is_due(provisioning.heartbeat_at(station), now):
            provisioning.heartbeat(station)
        for due in DUE:
            due(station)

    def _sample(self, evse: Evse) -> None:
        """A periodic sample; those whose time passed meanwhile are not made up for."""
        interval = metering.sample_interval(self._station)
        tx = evse.tx
        assert tx is not None
        assert tx.next_sample is not None
        if interval <= 0:
            tx.next_sample = None
            return
        at = metering.moment(self._station, tx.next_sample)
        missed = (self._station.now - tx.next_sample) // timedelta(seconds=interval)
        tx.next_sample += timedelta(seconds=interval) * (missed + 1)
        transactions.sample(self._station, evse, TriggerReason.METER_VALUE_PERIODIC, at=at)

    def _aligned(self) -> None:
        """Clock-aligned values of the main meter and of each EVSE: within its transaction, else on their own (J01.FR.14, J01.FR.22)."""
        station = self._station
        at = metering.moment(station, station.timers.aligned or station.now)
        station.timers.aligned = metering.next_aligned(station, station.now)
        metering_main.report_aligned(station, at)
        for evse in station.evses.values():
            if metering.quiet(station, evse):
                continue
            if evse.tx is not None:
                transactions.sample(station, evse, TriggerReason.METER_VALUE_CLOCK, at=at)
            else:
                metering.report(station, evse, "Sample.Clock", at=at)

    # --- out --------------------------------------------------------------------------------------------------------

    def _finish(self) -> list[Action]:
        """What follows from anything: locks and contactors, a promised reset, states, the outbox; then what must be saved."""
        station = self._station
        reset.go_on(station)
        for evse in station.evses.values():
            connectors.go_on(station, evse)
            energy.power(station, evse)
        reservation.go_on(station)
        for follow in FOLLOW:
            follow(station)
        availability.report_changes(station)
        reservation.report_ends(station)
        station.send_due()
        reset.restart_if_due(station)
        actions, station.actions = station.actions, []
        durable = [action for action in actions if isinstance(action, DURABLE)]
        return [*self._saves(), *durable, *(action for action in actions if not isinstance(action, DURABLE))]

    def _saves(self) -> list[Action]:
        changed = [
            part for part in self._parts() if part is not self._saved[part.name] and part != self._saved[part.name]
        ]
        self._saved |= {part.name: part for part in changed}
        return [Save(part) for part in changed]

    def _parts(self) -> tuple[Part, ...]:
        station = self._station
        placed = tuple(resumption.kept(evse) for evse in station.evses.values() if evse.tx is not None)
        running = (*placed, *transactions_unplaced.kept(station))
        ids = {kept.transaction_id for kept in running}
        station.named = {
            own: given for own, given in station.named.items() if own in ids or station.outbox.has_facts_of(own)
        }
        own = StationMemory(
            boots=station.boots,
            offset=station.offset.total_seconds(),
            inoperative=tuple(sorted(station.condition.inoperative)),
            next_boot_reason=station.next_boot_reason,
            next_number=station.outbox.next_number,
        )
        kept_transactions = TransactionsMemory(running=running, named=station.named)
        variables = VariablesMemory(values=station.variables.values)
        woven = (own, kept_transactions, variables, station.cache, station.local_list, station.reservations)
        return (*woven, *station.memory.values())

    # --- looking ----------------------------------------------------------------------------------------------------

    def overview(self) -> Overview:
        """How things stand."""
        station = self._station
        evses = tuple(self._evse_overview(evse) for evse in station.evses.values())
        return Overview(station.link, station.registration, evses, len(station.outbox))

    def gives_power(self, evse_id: int) -> bool:
        """Whether the contactor of an EVSE is closed; False for one that is not there."""
        evse = self._station.evses.get(evse_id)
        return evse is not None and evse.contactor

    def applying_tariff(self, evse_id: int, now: datetime) -> ApplyingTariff | None:
        """The tariff by which a driver at an EVSE pays from now on; None: this station knows none."""
        return applying(self._station, evse_id, now)

    def applying_tariff_id(self, evse_id: int) -> str | None:
        """The id of that tariff."""
        tariff = tariff_at(self._station, evse_id)
        return None if tariff is None else tariff.tariff_id

    def prices_of_csms(self, evse_id: int) -> ChargingSchedule | None:
        """The schedule that the CSMS sent for the transaction of an EVSE, with the prices it tells for the vehicle, if it does."""
        return prices_of_csms(self._station, evse_id)

    def _evse_overview(self, evse: Evse) -> EvseOverview:
        station, tx = self._station, evse.tx
        token = evse.grant.id_token if evse.grant is not None else tx.owner if tx is not None else None
        return EvseOverview(
            evse.evse_id,
            {number: availability.connector_state(station, evse, number) for number in evse.connectors},
            evse.charging_state,
            id_token=token.value if token is not None else None,
            transaction_id=tx.transaction_id if tx is not None else None,
            named=station.named.get(tx.transaction_id) if tx is not None else None,
            energy=tx.register - tx.meter_start if tx is not None else None,
            locked={number: number in evse.locked for number in evse.connectors},
            display=display_screens.shown(station, evse.evse_id),
        )

    def write(self, key: str, value: str, now: datetime) -> list[Action]:
        """Give a variable a value from inside, read-only ones too; it counts when this returns. `key` is a written name.

        Raises `ConfigError` for a name that is not declared, or a value the variable cannot have.
        """
        self._set_now(now)
        commands.write(self._station, key, value)
        return self._finish()

    def may_be(self, key: str, value: str, now: datetime) -> bool:
        """Whether a variable, by its written name, may be set to a value that fits its type; the log says why not."""
        self._set_now(now)
        return commands.allows(self._station, key.casefold(), value) is True

    def way(self) -> Way | None:
        """How to connect to the CSMS next; None: not at all, as things are. Meaningful once started."""
        return way_of(self._station)

    def variables(self) -> Iterator[tuple[Declared, str]]:
        """Every variable with its value now, in the order declared."""
        station = self._station
        return (
            (spec, value if (live := commands.live(station, spec.name)) is None else live)
            for spec, value in station.variables
        )

    def waiting(self) -> Iterator[KeptFact]:
        """What waits in the outbox, in the order it will be sent."""
        return self._station.outbox.facts()

    def variable(self, key: str) -> str:
        """The value of a variable by its written name; raises `MisuseError` for one that is not declared."""
        return self._station.variables.text(key)


def _is_due(deadline: datetime | None, now: datetime) -> bool:
    return deadline is not None and deadline <= now
