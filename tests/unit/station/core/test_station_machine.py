"""Whatever people, vehicles, line, CSMS and power do: the books are right."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pilotwire.domain.authorization import TransactionLimit
from pilotwire.domain.availability import ChangeAvailability
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.metering import register_of
from pilotwire.domain.provisioning import Reset, ResetKind
from pilotwire.domain.remote_control import RequestStart, RequestStop, UnlockConnector
from pilotwire.domain.reservation import CancelReservation, Reservation, ReserveNow
from pilotwire.domain.transactions import EventKind, TransactionEvent
from pilotwire.station.core.limits import DriverLimit
from pilotwire.station.core.memory import ReservationsMemory
from pilotwire.station.hardware.ports import HardwareError
from tests.support.station_world import GROUP, StationWorld

EVSES = st.sampled_from((1, 2))
TOKENS = st.sampled_from(("ANNA", "BERT", "CARL", "NOBODY"))
POINTS = (
    ("EVConnected,Authorized", "EVConnected,Authorized"),
    ("PowerPathClosed", "PowerPathClosed"),
    ("Authorized", "Authorized"),
    ("EVConnected", "EVConnected"),
    ("EnergyTransfer", "EVConnected"),
    ("EVConnected", "EnergyTransfer"),
    ("ParkingBayOccupancy", "ParkingBayOccupancy"),
)


class ChargingMachine(RuleBasedStateMachine):
    """Anything may happen, at any moment."""

    world: StationWorld

    @initialize(
        ocpp16=st.booleans(),
        points=st.sampled_from(POINTS),
        on_unplug=st.booleans(),
        offline=st.booleans(),
        resumes=st.sampled_from((0, 60, 3_000)),
    )
    def build(self, ocpp16: bool, points: tuple[str, str], on_unplug: bool, offline: bool, resumes: int) -> None:
        variables = {
            "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "0",
            "TxCtrlr.StopTxOnEVSideDisconnect": str(on_unplug).lower(),
            "AuthCtrlr.OfflineTxForUnknownIdEnabled": str(offline).lower(),
            "TxCtrlr.ResumptionTimeout": str(resumes),
        }
        if not ocpp16:
            variables |= {"TxCtrlr.TxStartPoint": points[0], "TxCtrlr.TxStopPoint": points[1]}
        self.world = StationWorld(ocpp16=ocpp16, station="ac-22-dual", variables=variables)

    def human(self, act: str, *args: object, **kwargs: object) -> None:
        try:
            events = getattr(self.world.hardware, act)(*args, **kwargs)
        except HardwareError:
            return  # a person cannot do that now
        self.world.does(events)

    # --- people -----------------------------------------------------------------------------------------------------

    @rule(evse=EVSES, wh=st.sampled_from((None, 200.0)))
    def plugs(self, evse: int, wh: float | None) -> None:
        self.human("plug", evse, 1, self.world.car(energy_wh=wh))

    @rule(evse=EVSES, side=st.sampled_from(("station", "vehicle")))
    def unplugs(self, evse: int, side: str) -> None:
        self.human("unplug", evse, 1, side=side)

    @rule(evse=st.sampled_from((1, 2, None)), token=TOKENS)
    def taps(self, evse: int | None, token: str) -> None:
        self.human("tap", token, evse)

    @rule(evse=EVSES, act=st.sampled_from(("park", "leave", "press_stop_button")))
    def acts(self, evse: int, act: str) -> None:
        self.human(act, evse)

    @rule(evse=EVSES, token=TOKENS, seconds=st.sampled_from((5, 90, 400)))
    def charges(self, evse: int, token: str, seconds: int) -> None:
        self.human("park", evse)
        self.human("plug", evse, 1, self.world.car())
        if self.world.core.overview().evses[evse - 1].id_token is None:
            self.human("tap", token, evse)
        self.world.pass_time(seconds)

    @rule(evse=EVSES, token=TOKENS)
    def ends(self, evse: int, token: str) -> None:
        self.human("tap", token, evse)
        self.human("unplug", evse, 1)
        self.human("leave", evse)

    @rule(act=st.sampled_from(("press_emergency_stop", "lose_power", *("raise_fault",) * 2)), evse=EVSES)
    def strikes(self, act: str, evse: int) -> None:
        self.human(act, *(("GROUND_FAILURE", evse) if act == "raise_fault" else ()))

    @rule()
    def all_is_mended(self) -> None:
        for act in ("release_emergency_stop", "restore_power"):
            self.human(act)
        for evse in (1, 2):
            self.human("clear_fault", "GROUND_FAILURE", evse)
        self.world.csms.silent, self.world.csms.refusing = lambda _: False, lambda _: None
        self.world.connect()
        self.world.time_out()
        for evse in (0, 1, 2):
            self.changes_availability(evse, operative=True)

    # --- time, line, power ------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from((1, 20, 90, 400)))
    def time_passes(self, seconds: int) -> None:
        self.world.pass_time(seconds)

    @rule()
    def line_is_cut(self) -> None:
        self.world.cut()

    @rule()
    def line_comes_up(self) -> None:
        self.world.connect()

    @rule(actions=st.integers(0, 12))
    def power_will_fail(self, actions: int) -> None:
        self.world.dies_after = actions

    # --- the CSMS ---------------------------------------------------------------------------------------------------

    @rule(evse=st.sampled_from((1, 2, None)), token=TOKENS)
    def starts_remotely(self, evse: int | None, token: str) -> None:
        self.world.command(RequestStart(id_token=IdToken(value=token), remote_start_id=7, evse=evse))

    @rule(evse=EVSES)
    def stops_remotely(self, evse: int) -> None:
        overview = self.world.core.overview().evses[evse - 1]
        self.world.command(RequestStop(transaction_id=overview.named or overview.transaction_id or "none"))

    @rule(evse=EVSES)
    def unlocks(self, evse: int) -> None:
        self.world.command(UnlockConnector(evse=evse))

    @rule(evse=st.sampled_from((0, 1, 2)), operative=st.sampled_from((True, True, False)))
    def changes_availability(self, evse: int, operative: bool) -> None:
        self.world.command(ChangeAvailability(operative=operative, address=EvseAddress(evse=evse)))

    @rule(seconds=st.sampled_from((0, 30, 200)))
    def is_without_power_for(self, seconds: int) -> None:
        self.world.now += timedelta(seconds=seconds)
        self.world.kill()

    @rule(evse=EVSES, energy=st.sampled_from((0, 300)))
    def may_use_up(self, evse: int, energy: int) -> None:
        self.world.feed(DriverLimit(evse, TransactionLimit(max_energy=Decimal(energy))))

    @rule(
        kind=st.sampled_from((ResetKind.IMMEDIATE, ResetKind.ON_IDLE, ResetKind.RESUME)),
        evse=st.sampled_from((None, 1)),
    )
    def resets(self, kind: ResetKind, evse: int | None) -> None:
        self.world.command(Reset(kind=kind, evse=evse))

    @rule(
        number=st.sampled_from((1, 2, 3)),
        evse=st.sampled_from((1, 2, None)),
        token=TOKENS,
        group=st.sampled_from((None, GROUP)),
        seconds=st.sampled_from((5, 300, 900)),
    )
    def reserves(self, number: int, evse: int | None, token: str, group: IdToken | None, seconds: int) -> None:
        expires = self.world.now + timedelta(seconds=seconds)
        reservation = Reservation(
            reservation_id=number, expires_at=expires, id_token=IdToken(value=token), group=group, evse=evse
        )
        self.world.command(ReserveNow(reservation=reservation))

    @rule(number=st.sampled_from((1, 2, 3)))
    def cancels_a_reservation(self, number: int) -> None:
        self.world.command(CancelReservation(reservation_id=number))

    @rule(silent=st.booleans())
    def is_no_help(self, silent: bool) -> None:
        self.world.csms.silent = lambda _: silent
        code = None if silent else "InternalError"
        self.world.csms.refusing = lambda fact: code if isinstance(fact, TransactionEvent) else None

    @precondition(lambda self: self.world.line)
    @rule()
    def messages_time_out(self) -> None:
        self.world.time_out()

    # --- what always holds ------------------------------------------------------------------------------------------

    def known(self) -> list[TransactionEvent]:
        """Events the CSMS has, then those that wait."""
        events = {(event.transaction_id, event.seq_no): event for event in self.world.csms.events}
        for fact in self.world.kept():
            if isinstance(fact, TransactionEvent):
                events.setdefault((fact.transaction_id, fact.seq_no), fact)
        return list(events.values())

    @invariant()
    def numbers_have_no_gaps(self) -> None:
        numbers: dict[str | None, list[int | None]] = defaultdict(list)
        for event in self.known():
            numbers[event.transaction_id].append(event.seq_no)
        for seen in numbers.values():
            assert seen == list(range(len(seen)))

    @invariant()
    def one_transaction_an_evse(self) -> None:
        running: dict[int, str | None] = {}
        for event in self.known():
            assert event.address is not None
            if event.kind is EventKind.STARTED:
                assert event.address.evse not in running
                running[event.address.evse] = event.transaction_id
            assert running[event.address.evse] == event.transaction_id
            if event.kind is EventKind.ENDED:
                del running[event.address.evse]

    @invariant()
    def registers_only_rise(self) -> None:
        last: dict[int, Decimal] = {}
        for event in self.known():
            register = register_of(event.readings)
            if register is not None and event.address is not None:
                assert register >= last.get(event.address.evse, Decimal(0))
                last[event.address.evse] = register

    @invariant()
    def no_energy_without_authorization(self) -> None:
        for evse in self.world.core.overview().evses:
            if self.world.hardware.contactor_closed(evse.evse_id):
                assert evse.id_token is not None
                assert (
                    evse.transaction_id is not None or not self.world.hardware.vehicle_at(evse.evse_id).requests_power
                )

    @invariant()
    def nobody_charges_where_another_reserved(self) -> None:
        saved = self.world.storage.load()
        assert saved is not None
        named = {reservation.evse for reservation in saved.part(ReservationsMemory).pending}
        assert len(saved.part(ReservationsMemory).pending) <= 2
        for evse in self.world.core.overview().evses:
            assert evse.id_token is None or evse.evse_id not in named

    @invariant()
    def said_in_order_and_repeated_as_it_was(self) -> None:
        first: dict[tuple[str | None, int | None], TransactionEvent] = {}
        order: list[tuple[str | None, int | None]] = []
        for fact in self.world.csms.heard:
            if isinstance(fact, TransactionEvent):
                key = (fact.transaction_id, fact.seq_no)
                if key in first:
                    assert key == order[-1], "only the last one is ever repeated"
                    assert changed(fact, offline=None) == changed(first[key], offline=None)
                else:
                    order.append(key)
                    first[key] = fact

    def teardown(self) -> None:
        """Everything comes to its end: each start has its end, and every Wh is booked."""
        if not hasattr(self, "world"):
            return
        world = self.world
        world.dies_after, world.csms.silent, world.csms.refusing = None, lambda _: False, lambda _: None
        world.connect()
        world.time_out()
        world.command(Reset(kind=ResetKind.IMMEDIATE))
        world.pass_time(3_000, step=3_000)
        assert world.kept() == []
        assert world.transaction is None
        ended: dict[int, Decimal] = defaultdict(Decimal)
        for transaction, energy in world.csms.booked.items():
            assert energy is not None, transaction
            event = next(event for event in world.csms.events if event.transaction_id == transaction)
            ended[event.address.evse if event.address else 0] += energy
        for evse in (1, 2):
            assert ended[evse] == world.hardware.meter(evse).energy_import_register
        for one, other in pairwise(event for event in world.csms.events):
            assert one.transaction_id != other.transaction_id or one.at <= other.at


TestChargingMachine = pytest.mark.req(
    "E01.FR.07", "C01.FR.01", "J02.FR.16", "E04.FR.01", "E04.FR.02", "E08.FR.05", "E08.FR.06"
)(ChargingMachine.TestCase)
TestChargingMachine.settings = settings(
    max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
