"""Display messages and customer information through real bytes, and what 2.0.1 cannot say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.domain import certificates as cert
from pilotwire.domain import customer_information as cust
from pilotwire.domain import display as dis
from pilotwire.domain.kinds import Noted
from pilotwire.errors import NotSayable
from pilotwire.ocpp.version import OcppVersion
from tests.support.said import (
    DIALECTS,
    MAX_INT,
    V16,
    V21,
    V201,
    answered,
    enumerated,
    heard,
    id_tokens,
    maybe,
    moments,
    text,
)

quick = settings(deadline=None, max_examples=50)
both = pytest.mark.parametrize("version", [V201, V21], ids=str)
ids = st.integers(0, MAX_INT)


def hashes() -> st.SearchStrategy[cert.CertificateHash]:
    """Names of certificates."""
    return st.builds(
        cert.CertificateHash,
        hash_algorithm=st.sampled_from(cert.HashAlgorithm),
        issuer_name_hash=text(128),
        issuer_key_hash=text(128),
        serial_number=text(40),
    )


def messages(version: OcppVersion) -> st.SearchStrategy[dis.DisplayMessage]:
    """Everything a message of a version can be."""
    words = st.builds(
        dis.DisplayText,
        content=text(512 if version is V201 else 1024, 0),
        format=enumerated(version, "MessageFormat").map(dis.MessageFormat),
        language=maybe(text(8)),
    )
    place = st.builds(dis.DisplayPlace, component=text(50), instance=maybe(text(50)), evse=st.none()) | st.builds(
        dis.DisplayPlace, component=text(50), evse=st.integers(0, 9), connector=maybe(st.integers(1, 9))
    )
    return st.builds(
        dis.DisplayMessage,
        message_id=ids,
        priority=st.sampled_from(dis.MessagePriority),
        text=words,
        display=maybe(place),
        state=maybe(enumerated(version, "MessageState").map(dis.MessageState)),
        start_at=maybe(moments),
        end_at=maybe(moments),
        transaction_id=maybe(text(36)),
        extra=st.just(()) if version is V201 else st.lists(words, max_size=4).map(tuple),
    )


def commands(version: OcppVersion) -> st.SearchStrategy[Any]:
    """Commands of both streets, each with every outcome."""
    states = maybe(enumerated(version, "MessageState").map(dis.MessageState))
    asked = st.builds(
        dis.GetDisplayMessages,
        request_id=ids,
        ids=st.lists(ids, max_size=3).map(tuple),
        priority=maybe(st.sampled_from(dis.MessagePriority)),
        state=states,
    )
    customers = st.builds(
        cust.CustomerInformation,
        request_id=ids,
        report=st.booleans(),
        clear=st.booleans(),
        id_token=maybe(id_tokens(version)),
        customer_identifier=maybe(text(64)),
        customer_certificate=maybe(hashes()),
    )
    cleared = enumerated(version, "ClearMessageStatus").map(dis.ClearDisplayMessageStatus)
    shown = enumerated(version, "DisplayMessageStatus").map(dis.SetDisplayMessageStatus)
    return st.one_of(
        st.tuples(
            st.builds(dis.SetDisplayMessage, message=messages(version)),
            st.builds(dis.SetDisplayMessageOutcome, status=shown),
        ),
        st.tuples(
            asked, st.builds(dis.GetDisplayMessagesOutcome, status=st.sampled_from(dis.GetDisplayMessagesStatus))
        ),
        st.tuples(
            st.builds(dis.ClearDisplayMessage, message_id=ids),
            st.builds(dis.ClearDisplayMessageOutcome, status=cleared),
        ),
        st.tuples(
            customers,
            st.builds(cust.CustomerInformationOutcome, status=st.sampled_from(cust.CustomerInformationStatus)),
        ),
    )


@both
@given(data=st.data())
@quick
def test_commands_and_outcomes_are_read_as_they_were_said(version: OcppVersion, data: st.DataObject) -> None:
    """Both ways."""
    dialect = DIALECTS[version]
    command, outcome = data.draw(commands(version))
    (request,) = dialect.write_command(command)
    assert dialect.read_command(heard(request)) == command
    response = dialect.write_outcome(command, outcome, request)
    assert dialect.read_outcome(command, (answered(response),)) == outcome


@both
@given(data=st.data())
@quick
def test_parts_are_read_as_they_were_said(version: OcppVersion, data: st.DataObject) -> None:
    """And their answers."""
    dialect = DIALECTS[version]
    parts = st.builds(
        dis.DisplayMessagesPart,
        request_id=ids,
        messages=st.lists(messages(version), max_size=3).map(tuple),
        more=st.booleans(),
    ) | st.builds(
        cust.CustomerInformationPart,
        request_id=ids,
        seq_no=ids,
        generated_at=moments,
        data=text(512, 0),
        more=st.booleans(),
    )
    fact = data.draw(parts)
    request = dialect.write_fact(fact)
    assert request is not None
    assert dialect.read_fact(heard(request)) == fact
    assert dialect.read_verdict(fact, answered(dialect.write_verdict(fact, Noted()))) == Noted()


def shown(**more: Any) -> dis.SetDisplayMessage:
    """A message to show."""
    parts = {"priority": dis.MessagePriority.IN_FRONT, "text": dis.DisplayText(content="A")} | more
    return dis.SetDisplayMessage(message=dis.DisplayMessage(message_id=1, **parts))


UNSAYABLE = [
    (V201, shown(text=dis.DisplayText(content="A", format=dis.MessageFormat.QRCODE)), "QRCODE"),
    (V201, shown(state=dis.MessageState.DISCHARGING), "Discharging"),
    (V201, shown(extra=(dis.DisplayText(content="B"),)), "one text"),
    (V201, shown(text=dis.DisplayText(content="A" * 513)), "SetDisplayMessage"),
    (V201, dis.GetDisplayMessages(request_id=1, state=dis.MessageState.SUSPENDED), "Suspended"),
    (V21, shown(text=dis.DisplayText(content="A" * 1025)), "SetDisplayMessage"),
    (V16, shown(), "no message for SetDisplayMessage"),
    (V16, cust.CustomerInformation(request_id=1, report=True, clear=False), "no message for CustomerInformation"),
]


@pytest.mark.parametrize(("version", "command", "why"), UNSAYABLE)
def test_what_a_version_has_no_words_for(version: OcppVersion, command: Any, why: str) -> None:
    """It is refused before a byte is sent."""
    with pytest.raises(NotSayable) as refused:
        DIALECTS[version].write_command(command)
    assert why in str(refused.value)
