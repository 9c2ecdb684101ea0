"""O01: display messages are set, for their time, by their priority, and for good."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.o_display_message.displaying import (
    CONTENT,
    CONTENT_2,
    END,
    FIRST,
    SECOND,
    START,
    asks_for,
    gets,
    is_not_read,
    is_not_read_yet,
    is_read,
    sets,
    until,
)
from pilotwire.conformance.conditions import configured_is, not_
from pilotwire.conformance.language import Case
from pilotwire.conformance.states.station201 import (
    authorization,
    booted,
    energy_transfer_started,
    ev_connected_pre_session,
)
from pilotwire.conformance.values import configured

_SPEAKS = {"status": "Accepted", "language1": configured.language}

TC_O_01_CS = Case(
    id="TC_O_01_CS",
    title="A display message is set",
    purpose="A message is accepted, shown, and told as it was set.",
    requirements=("O01.FR.12",),
    main=(sets("1"), is_read(), *asks_for(("3", "5"))),
)

TC_O_13_CS = Case(
    id="TC_O_13_CS",
    title="A display message from a moment on",
    purpose="A message with a startDateTime is kept at once and shown from then on.",
    requirements=("O01.FR.06",),
    main=(
        sets("1", startDateTime=START),
        *asks_for(("3", "5"), startDateTime=START),
        is_not_read_yet(),
        until(START, "the message begins"),
        is_read(),
    ),
)

TC_O_14_CS = Case(
    id="TC_O_14_CS",
    title="A display message until a moment",
    purpose="A message with an endDateTime is shown, and removed after then.",
    requirements=("O01.FR.07",),
    main=(
        sets("1", endDateTime=END),
        *asks_for(("3", "5"), endDateTime=END),
        is_read(),
        until(END, "the message ends"),
        is_not_read(),
        gets("7", "Unknown", id=[FIRST]),
    ),
)

TC_O_15_CS = Case(
    id="TC_O_15_CS",
    title="A display message in the language of the driver",
    purpose="A message in the language the CSMS told for the driver's token is accepted and shown.",
    requirements=("O01.FR.08",),
    before=ev_connected_pre_session(),
    main=(
        *authorization("local", asks="yes", info=_SPEAKS, numbers=("1", "")),
        *energy_transfer_started(),
        sets("4", language=configured.language),
        is_read(),
    ),
    remark=(
        "Removed by errata 2025-09, 6.2.112, and kept for those who want it: a station of 2.0.1 gets a message in one language only, so "
        "that there is nothing to choose from."
    ),
)

TC_O_17_CS = Case(
    id="TC_O_17_CS",
    title="A priority that is not supported",
    purpose="A message with a priority the station does not support is refused for that.",
    requirements=("O01.FR.01", "O02.FR.03"),
    traits={"variables": {"DisplayMessageCtrlr.SupportedPriorities": "NormalCycle"}},
    main=(sets("1", priority=configured.unsupported_message_priority, status="NotSupportedPriority"),),
)

TC_O_18_CS = Case(
    id="TC_O_18_CS",
    title="A state that is not supported",
    purpose="A message for a state the station does not support is refused for that.",
    requirements=("O01.FR.02", "O02.FR.04"),
    needs=(not_(configured_is("unsupported_message_state", "")),),
    traits={"variables": {"DisplayMessageCtrlr.SupportedStates": "Charging,Idle"}},
    main=(sets("1", state=configured.unsupported_message_state, status="NotSupportedState"),),
    remark="The message has a priority too, which the schema wants.",
)

TC_O_19_CS = Case(
    id="TC_O_19_CS",
    title="A format that is not supported",
    purpose="A message in a format the station does not support is refused for that.",
    requirements=("O01.FR.03", "O02.FR.05"),
    main=(sets("1", message_format=configured.unsupported_message_format, status="NotSupportedMessageFormat"),),
    remark="The message has a priority too, which the schema wants.",
)

TC_O_20_CS = Case(
    id="TC_O_20_CS",
    title="A display message survives a reboot",
    purpose="A message is kept, as it was set, over a reboot.",
    requirements=("O01.FR.10",),
    main=(sets("1"), *booted(), *asks_for(("4", "6"))),
)

TC_O_22_CS = Case(
    id="TC_O_22_CS",
    title="Two display messages in front",
    purpose="Two messages with the priority InFront are both kept, and shown in turn.",
    requirements=("O01.FR.14", "O01.FR.13"),
    main=(
        sets("1", priority="InFront"),
        sets("3", SECOND, priority="InFront", content=CONTENT_2),
        *asks_for(("5", "7"), priority="InFront"),
        *asks_for(("9", "11"), SECOND, priority="InFront", content=CONTENT_2),
        is_read(CONTENT),
        is_read(CONTENT_2),
    ),
)

TC_O_24_CS = Case(
    id="TC_O_24_CS",
    title="A second display message that is always in front",
    purpose="The second message with the priority AlwaysFront takes the place of the first.",
    requirements=("O01.FR.16",),
    main=(
        sets("1", priority="AlwaysFront"),
        is_read(CONTENT),
        sets("3", SECOND, priority="AlwaysFront", content=CONTENT_2),
        gets("5", "Unknown", id=[FIRST]),
        *asks_for(("5", "7"), SECOND, priority="AlwaysFront", content=CONTENT_2),
        is_not_read(CONTENT),
        is_read(CONTENT_2),
    ),
    remark="The errata number two requests as step 5; the message that takes the place is that of step 3.",
)
