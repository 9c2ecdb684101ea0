"""How a case is written: a literal, a list of steps, each one object.

Conditions, repeats, waits and optional steps are words of this language and no Python control flow, so a case can be shown, counted and
checked without being played. The bench is the *tester*, what it tests the *system under test*: the tester plays the CSMS when a station
is under test and the station when a CSMS is.

Which messages a step sees. An act of the tester (a request, a change of the line, something done at the station or asked of an operator)
is a *stimulus*. A `Receives` takes the first message, not yet taken by another step, that came after the last stimulus; what else came in
between stays for the steps to come. `early` lets it look further back. The answer of a `Receives` is given the moment its message comes,
if that step is next to come (before another stimulus); messages no step answers get the tester's usual answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pilotwire.conformance.checks import Check
from pilotwire.conformance.conditions import Condition
from pilotwire.conformance.values import configured
from pilotwire.errors import MisuseError
from pilotwire.ocpp.version import OcppVersion

Payload = Mapping[str, Any]
Role = Literal["station", "csms"]
Endpoint = Literal["main", "other"]
"""The tester of a station under test has two endpoints it can connect to; it is made for the main one."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step. `number` is the document's ("" for what has none), `note` what a reader should know."""

    number: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Sends(Step):
    """The tester sends a request and judges the response.

    `checks` are about the response's payload; `keep` maps names to paths of the response that later steps use. With `refused` the answer
    must be a CALLERROR with one of these codes; if there are `checks` as well, a response that passes them is as good. `answered` False:
    the tester does not wait for the response. `raw` sends `payload` without regard to the schema. With `marks`
    what came before the response is not meant by the steps after it. With `any_answer` no answer is wrong; a response is kept from.
    """

    action: str
    payload: Payload = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    keep: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    any_answer: bool = False
    answered: bool = True
    raw: bool = False
    marks: bool = False
    within: Any = configured.message_timeout


@dataclass(frozen=True, kw_only=True)
class Receives(Step):
    """The system under test sends a request.

    `where` tells which message is meant; the first such message is judged by `checks`. `answer` is what the tester answers instead of its
    usual response (fields not given are those of the usual one), `error` an RPC error code it answers with, `unanswered` leaves the
    message without answer. An `optional` message that does not come is no fault: after `within` seconds the case goes on. With `marks`
    the message is a landmark like a stimulus: what came before it is not meant by the steps after it (a boot, for example). `shared`: a
    message that another step took is as good, for what may be told in one message or in several.
    """

    action: str
    where: tuple[Check, ...] = ()
    checks: tuple[Check, ...] = ()
    answer: Payload | None = None
    error: str = ""
    unanswered: bool = False
    keep: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False
    early: bool = False
    marks: bool = False
    shared: bool = False
    within: Any = configured.message_timeout


@dataclass(frozen=True, kw_only=True)
class Complains(Step):
    """The system under test answers the tester's last response to `action` with a CALLRESULTERROR, with one of these codes (2.1 Part 4)."""

    action: str
    codes: tuple[str, ...] = ()
    within: Any = configured.message_timeout


@dataclass(frozen=True, kw_only=True)
class TellsStatus(Step):
    """The station under test tells the state of a connector, by StatusNotification or NotifyEvent (Connector.AvailabilityState; G01).

    `every` "station" or "evse": each connector of the station, or of `evse`, must be told, "others": each of the EVSEs that are not
    `evse`; else the one of `evse` and `connector`. `status` may be a list of states of which each is as good.
    """

    status: Any
    evse: Any = configured.evse_id
    connector: Any = configured.connector_id
    every: Literal["", "station", "evse", "others"] = ""
    optional: bool = False
    early: bool = False
    within: Any = configured.message_timeout


@dataclass(frozen=True, kw_only=True)
class NotReceives(Step):
    """For `seconds` no request of `action` ("": of any) comes for which `where` holds; heartbeats do not count unless asked for."""

    action: str = ""
    where: tuple[Check, ...] = ()
    seconds: Any = configured.silence
    early: bool = False


@dataclass(frozen=True, kw_only=True)
class Tells(Step):
    """The tester, playing the station, tells the state of its connector (or of `every` one), in the form the plan says."""

    status: Any
    evse: Any = configured.evse_id
    connector: Any = configured.connector_id
    every: Literal["", "station", "evse"] = ""


@dataclass(frozen=True, kw_only=True)
class Acts(Step):
    """Somebody does something at the station under test: an act of `benches.acts`, by name, with its details."""

    act: str
    details: Payload = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Asks(Step):
    """The operator of the CSMS under test has it send a request: `action` with (at least) the fields of `payload`.

    `refusable`: it is something no CSMS may send as it is, so that it may refuse to, which is no fault; nobody insists.
    """

    action: str
    payload: Payload = field(default_factory=dict)
    refusable: bool = False


@dataclass(frozen=True, kw_only=True)
class Configures(Step):
    """The tester sets a variable of the station under test (`Component.Variable`, `Component[instance].Variable`, `...Variable[instance]`).

    A variable the station does not have, or that is read-only, is passed over if `if_implemented` or `if_writable` says so; it must
    have the value already otherwise. What it was before is put back after the case. A list that cannot be written may have the members
    `besides` as well.
    """

    variable: str
    value: Any
    besides: tuple[str, ...] = ()
    if_implemented: bool = False
    if_writable: bool = False


@dataclass(frozen=True, kw_only=True)
class Learns(Step):
    """The tester reads a variable of the station under test, and takes its value for a setting of the plan from now on, if it has it."""

    variable: str
    setting: str


@dataclass(frozen=True, kw_only=True)
class Waits(Step):
    """The tester waits; `why` says what for."""

    seconds: Any
    why: str


@dataclass(frozen=True, kw_only=True)
class Disconnects(Step):
    """The tester ends the connection; with `stay_away` it accepts none until `Reconnects`. `abruptly`: without a closing handshake."""

    stay_away: bool = False
    abruptly: bool = False


@dataclass(frozen=True, kw_only=True)
class Reconnects(Step):
    """The connection stands again: the tester lets the station under test in and waits for it, or connects to the CSMS under test.

    `checks` are about the opening handshake (`identity`, `username`, `password_length`, `offered`, `secure`, `path`, `certificate`; of a
    station under test also `endpoint`, `waited`, the seconds since the line ended or this endpoint turned it away, `turned_away.main` and
    `turned_away.other`, how often that happened since the last connection, and `replaces`, whether an older connection still stood).
    `refused`: the connection must be refused, by HTTP status or TLS; of a CSMS under test `checks` are then about the refusal (`kind`:
    http, tls, closed, subprotocol ..., `status` of HTTP, `stayed`: it did not close), else also about `subprotocol` and its
    `certificate_...`. `endpoint`: "other" for the second one the tester has. `leaves_within`: the station under test should leave the
    old connection by itself, if it has not since the stimulus before; after so many seconds the tester ends it, and `left`
    tells which. With TLS there are also
    `tls_version`, `cipher`, `ciphers` (those both sides have), `server_name` (SNI), and of a client certificate `certificate_name`,
    `certificate_organization`, `certificate_serial`, `certificate_key` and `certificate_strong`.
    """

    checks: tuple[Check, ...] = ()
    refused: bool = False
    endpoint: Endpoint = "main"
    leaves_within: Any = None
    keep: Mapping[str, str] = field(default_factory=dict)
    within: Any = configured.long_operation_timeout


@dataclass(frozen=True, kw_only=True)
class Refuses(Step):
    """The tester turns the station under test away (HTTP 503), and waits for so many `attempts` since the last stimulus.

    It goes on turning away until `Reconnects`. `checks` and `keep` are about the last of the attempts (see `Reconnects`).
    """

    attempts: Any = 1
    checks: tuple[Check, ...] = ()
    keep: Mapping[str, str] = field(default_factory=dict)
    endpoint: Endpoint = "main"
    within: Any = configured.long_operation_timeout


@dataclass(frozen=True, kw_only=True)
class Offers(Step):
    """From now on the tester's side of the line is so (see `ServerEnd.offer`): `context`, `password`, `turning_away`, `versions`.

    `context` is None for no TLS, or `made("tls", ...)`, which knows server certificates, roots, TLS versions and cipher suites.
    `endpoint` "other": its second endpoint is, which listens from then on.
    """

    how: Payload
    endpoint: Endpoint = "main"


@dataclass(frozen=True, kw_only=True)
class Answers(Step):
    """From now on the tester answers `action` so, until said otherwise; `payload` None brings the usual answer back.

    `held`: it keeps the answers back; the next `Answers` about this action gives them.
    """

    action: str
    payload: Payload | None = None
    error: str = ""
    unanswered: bool = False
    held: bool = False


@dataclass(frozen=True, kw_only=True)
class Happened(Step):
    """The case records a fact (`authorized`, `ev_connected`, `bay_occupied`, `energy`, `signed` ...; see `facts`).

    `grouped`: from now on the tester tells the configured group of both valid tokens. `event_status`: from now on it calls every token
    so where it answers a TransactionEvent ("": what it is again).
    """

    facts: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Reached(Step):
    """A reusable state is reached."""

    state: str


@dataclass(frozen=True, kw_only=True)
class Keeps(Step):
    """The case keeps values under names, for later steps."""

    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Judges(Step):
    """A validation over all that was heard: `checks` see {"messages": [{"action", "payload", "at", "part", "index"}], "kept": {...}}.

    `part` is "before" or "main". For what cannot be said of one message.
    """

    checks: tuple[Check, ...]


# --- steps made of steps -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class InAnyOrder(Step):
    """The steps (`Receives`, `TellsStatus`) happen in any order."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class OnlyIf(Step):
    """The steps are played where the condition holds, `otherwise` where it does not."""

    condition: Condition
    steps: tuple[Step, ...]
    otherwise: tuple[Step, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ForEach(Step):
    """The steps are played once for every value of `values` (a list, or a value that is one), which is kept under `name`."""

    name: str
    values: Any
    steps: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class Repeats(Step):
    """The steps are played until the condition holds after them, at most `most` times; without one, `most` times."""

    steps: tuple[Step, ...]
    until: Condition | None = None
    most: Any = 50


@dataclass(frozen=True, kw_only=True)
class AtEvse(Step):
    """The steps are played at another EVSE than the configured one, with facts and a transaction of its own."""

    evse: Any
    connector: Any
    steps: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class State(Step):
    """A reusable state, by name, with its own steps."""

    name: str
    steps: tuple[Step, ...]


STIMULI = (Sends, Tells, Acts, Asks, Disconnects, Reconnects, Configures, Learns)
"""Steps that are a stimulus: what comes after them is meant by the `Receives` after them."""

INNER = (Happened, Reached, Keeps, OnlyIf, ForEach, Repeats, InAnyOrder, State)
"""Steps that only arrange others, or record something for them."""


def inside(steps: Iterable[Step]) -> Iterator[Step]:
    """All steps, those inside of others after them, in the order they are written."""
    for step in steps:
        yield step
        yield from inside(children_of(step))


def children_of(step: Step) -> tuple[Step, ...]:
    """The steps a step is made of."""
    if isinstance(step, OnlyIf):
        return (*step.steps, *step.otherwise)
    if isinstance(step, (InAnyOrder, ForEach, Repeats, AtEvse, State)):
        return step.steps
    return ()


def at_least_profile(least: int) -> Callable[[int], int]:
    """A security profile for `Case.settings`: the plan's, or `least` if that is lower."""
    return lambda planned: max(planned, least)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case of the document (or, with `ours`, one of our own).

    `title` and `purpose` are in our words; `follows` names edition and errata. `needs` are conditions on the plan beyond those of the
    catalogue: where one does not hold, the case is not applicable, and its sentence says why. `settings` take the place of the plan's for
    this case (a function makes them of the plan's value, see `at_least_profile`); `traits` say what a station made for the case must be
    like (see `benches`). `before` prepares (a failure there is inconclusive), `main` is judged, `after` are the post scenario
    validations. Unless `booted` is False the station under test has booted and is idle before `before`, or the station we play has.
    `within` limits the whole case, in s. With `gaps` the station may have to drop events, so that their seqNo may have gaps. `version` is
    the version of OCPP it is played in (see `Case16` and `Case21`). `untouched`: a station that was there already is taken as it is, not
    cleared and not reset.
    """

    id: str
    title: str
    purpose: str
    before: tuple[Step, ...] = ()
    main: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()
    requirements: tuple[str, ...] = ()
    needs: tuple[Condition, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    traits: Mapping[str, Any] = field(default_factory=dict)
    booted: bool = True
    follows: str = "Part 6 edition 3, errata 2025-09"
    remark: str = ""
    ours: bool = False
    within: float = 300.0
    gaps: bool = False
    version: OcppVersion = OcppVersion.V201
    untouched: bool = False

    def __post_init__(self) -> None:
        """Refuse a case that judges nothing, or whose numbered main steps go back. Raises MisuseError."""
        steps = tuple(inside((*self.main, *self.after)))
        judging = (Sends, Receives, Complains, TellsStatus, Tells, NotReceives, Judges, Reconnects, Refuses)
        if not any(isinstance(step, judging) for step in steps):
            raise MisuseError(f"{self.id} has nothing that can fail.")
        numbers = [int(step.number.split("-")[0]) for step in self.main if step.number]
        if numbers != sorted(numbers):
            raise MisuseError(f"The step numbers of {self.id} go back: {numbers}.")

    def settings_over(self, plan: Mapping[str, Any]) -> dict[str, Any]:
        """The settings of the plan, with those of the case in their place."""
        own = {name: one(plan[name]) if callable(one) else one for name, one in self.settings.items()}
        return dict(plan) | own

    @property
    def role(self) -> Role:
        """Who is under test."""
        return "csms" if self.id.endswith("_CSMS") else "station"


@dataclass(frozen=True, kw_only=True)
class Case16(Case):
    """A case of the test document of OCPP 1.6. Where the language says EVSE, it is the connector of 1.6, which has one connector."""

    follows: str = "OCPP 1.6 Test Case Document, 2024-04"
    version: OcppVersion = OcppVersion.V16


@dataclass(frozen=True, kw_only=True)
class Case21(Case):
    """A case for what OCPP 2.1 adds: there is no test document of it yet, so it is derived from the requirements, and ours."""

    follows: str = "OCPP 2.1 edition 1, errata 2025-09"
    ours: bool = True
    version: OcppVersion = OcppVersion.V21
