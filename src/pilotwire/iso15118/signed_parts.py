"""Which parts of a message are signed, and with whose key: a table of ISO 15118-2 and -20."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import msgspec

from pilotwire.errors import MisuseError
from pilotwire.iso15118 import iso2
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.iso20 import common_messages as iso20
from pilotwire.iso15118.iso20.common_types import V2GMessage
from pilotwire.iso15118.xmldsig import Signature

Message = iso2.V2G_Message | V2GMessage


class Edition(StrEnum):
    """By which edition a message is signed."""

    ISO2 = "ISO 15118-2"
    ISO20 = "ISO 15118-20"


class KeyRole(StrEnum):
    """Whose key signs."""

    CONTRACT = "contract"
    OEM_PROVISIONING = "OEM provisioning"
    CPS = "provisioning service"
    MO = "mobility operator"
    """In -2 that of sub-CA 2."""


@dataclass(frozen=True, slots=True)
class Part:
    """One element that must be signed: its name in the message, its Id (None: it has none, and cannot be referenced), itself."""

    element: str
    id: str | None
    value: Element = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signed:
    """What a message says of its signature. `parts` is empty if nothing in it must be signed (schedules without a tariff)."""

    edition: Edition
    role: KeyRole
    parts: tuple[Part, ...]
    signature: Signature | None


Pick = Callable[[Any], Iterable[Part]]


def signed_parts(message: Message) -> Signed:
    """The elements of a message that must be signed. Raises MisuseError for a message that is never signed."""
    content = content_of(message)
    rule = None if content is None else _RULES.get(type(content))
    if rule is None:
        named = "an empty message" if content is None else type(content).__name__
        raise MisuseError(f"Nothing is signed in {named}.", "Ask only for messages of which the standard wants that.")
    edition = Edition.ISO2 if isinstance(message, iso2.V2G_Message) else Edition.ISO20
    role, pick = rule
    return Signed(edition, role, tuple(pick(content)), message.header.signature)


def with_signature(message: Message, signature: Signature | None) -> Message:
    """The same message with this signature in its header."""
    header = msgspec.structs.replace(message.header, signature=signature)
    return msgspec.structs.replace(message, header=header)


def is_signed_kind(message: Message) -> bool:
    """Whether the standard has a signature for messages of this kind."""
    content = content_of(message)
    return content is not None and type(content) in _RULES


def content_of(message: Message) -> Element | None:
    """What a message says: in -2 the element in its body (None: it is empty), in -20 the message itself."""
    return message.body.body_element if isinstance(message, iso2.V2G_Message) else message


def _itself(content: Any) -> Iterator[Part]:
    yield Part(type(content).__name__, content.id, content)


def _elements(*names: str) -> Pick:
    def pick(content: Any) -> Iterator[Part]:
        for name in names:
            yield from _element(content, name)

    return pick


def _element(content: Any, name: str) -> Iterator[Part]:
    value = getattr(content, name)
    if value is not None:
        yield Part(_xml_name(type(content), name), value.id, value)


def _xml_name(struct: type[Element], name: str) -> str:
    return next(each.encode_name for each in msgspec.structs.fields(struct) if each.name == name)


def _sales_tariffs(content: iso2.ChargeParameterDiscoveryRes) -> Iterator[Part]:
    schedules = content.sa_schedules
    for each in schedules.sa_schedule_tuple if isinstance(schedules, iso2.SAScheduleList) else ():
        yield from _element(each, "sales_tariff")


def _price_schedules(content: iso20.ScheduleExchangeRes) -> Iterator[Part]:
    """Price schedules that have an Id: without one they are not signed."""
    scheduled, dynamic = content.scheduled_se_res_control_mode, content.dynamic_se_res_control_mode
    holders: list[Any] = [] if dynamic is None else [dynamic]
    for each in scheduled.schedule_tuple if scheduled is not None else ():
        holders += [each.charging_schedule, each.discharging_schedule]
    for holder in holders:
        if holder is not None:
            found = (*_element(holder, "absolute_price_schedule"), *_element(holder, "price_level_schedule"))
            yield from (part for part in found if part.id is not None)


_INSTALLED: Final = _elements(
    "contract_signature_cert_chain", "contract_signature_encrypted_private_key", "dh_public_key", "emaid"
)
_RULES: Final[dict[type[Element], tuple[KeyRole, Pick]]] = {
    iso2.AuthorizationReq: (KeyRole.CONTRACT, _itself),
    iso2.MeteringReceiptReq: (KeyRole.CONTRACT, _itself),
    iso2.CertificateInstallationReq: (KeyRole.OEM_PROVISIONING, _itself),
    iso2.CertificateUpdateReq: (KeyRole.CONTRACT, _itself),
    iso2.CertificateInstallationRes: (KeyRole.CPS, _INSTALLED),
    iso2.CertificateUpdateRes: (KeyRole.CPS, _INSTALLED),
    iso2.ChargeParameterDiscoveryRes: (KeyRole.MO, _sales_tariffs),
    iso20.AuthorizationReq: (KeyRole.CONTRACT, _elements("pnc_areq_authorization_mode")),
    iso20.CertificateInstallationReq: (KeyRole.OEM_PROVISIONING, _elements("oem_provisioning_certificate_chain")),
    iso20.CertificateInstallationRes: (KeyRole.CPS, _elements("signed_installation_data")),
    iso20.MeteringConfirmationReq: (KeyRole.CONTRACT, _elements("signed_metering_data")),
    iso20.ScheduleExchangeRes: (KeyRole.MO, _price_schedules),
}
