"""The operator's signature over the prices of a charging profile (2.1), put together as a vehicle verifies it.

OCPP carries it in parts: of each schedule the number by which it is referred to and the digest of its prices (`signatureId`,
`digestValue`), of the profile the value (`priceScheduleSignature`). The rest is what ISO 15118 lays down: references in the order of the
schedules, to `#id` and the number, canonical EXI, and the algorithms of the edition.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Sequence

from pilotwire.domain.smart_charging import ChargingSchedule
from pilotwire.iso15118.codecs import ISO2, ISO20_COMMON
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.iso2 import SalesTariff
from pilotwire.iso15118.signature import CANONICAL_EXI
from pilotwire.iso15118.signature_suites import ISO2_SUITES, ISO20_SUITES, Suite
from pilotwire.iso15118.xmldsig import (
    CanonicalizationMethod,
    DigestMethod,
    Reference,
    Signature,
    SignatureMethod,
    SignatureValue,
    SignedInfo,
    Transform,
    Transforms,
)
from pilotwire.station.secc.tariffs import id_of

Told = tuple[ChargingSchedule, Element]
"""A schedule of the CSMS, and its prices as the vehicle gets them."""


class Unsigned(ValueError):
    """Prices that would not be believed with the signature that came; the message says why."""


def signature_of(prices: Sequence[Told], value: str) -> Signature:
    """The signature `value` (Base64) over the prices of these schedules. Raises Unsigned if a vehicle could not find it good."""
    bytes_ = _bytes(value, "priceScheduleSignature")
    signed = [each for each in prices if each[0].signature_id is not None]
    if len(signed) < len(prices):
        raise Unsigned("a price schedule has no signatureId")
    iso2 = any(isinstance(prices_, SalesTariff) for _, prices_ in signed)
    suites = ISO2_SUITES if iso2 else ISO20_SUITES
    suite = next((each for each in suites if each.length == len(bytes_)), None)
    if suite is None:
        raise Unsigned(f"a signature of {len(bytes_)} bytes is none of {' or '.join(each.name for each in suites)}")
    info = SignedInfo(
        canonicalization_method=CanonicalizationMethod(algorithm=CANONICAL_EXI),
        signature_method=SignatureMethod(algorithm=suite.method),
        reference=[_reference(schedule, prices_, suite, iso2=iso2) for schedule, prices_ in signed],
    )
    return Signature(signed_info=info, signature_value=SignatureValue(value=bytes_))


def _reference(schedule: ChargingSchedule, prices: Element, suite: Suite, *, iso2: bool) -> Reference:
    number = schedule.signature_id
    assert number is not None
    if schedule.digest_value is None:
        raise Unsigned(f"the price schedule with signatureId {number} has no digestValue")
    digest = _bytes(schedule.digest_value, "digestValue")
    if digest != suite.digest((ISO2 if iso2 else ISO20_COMMON).encode_fragment(prices)):
        raise Unsigned(f"the digest of the price schedule with signatureId {number} is not that of its content")
    return Reference(
        uri=f"#{id_of(number)}",
        transforms=Transforms(transform=[Transform(algorithm=CANONICAL_EXI)]),
        digest_method=DigestMethod(algorithm=suite.digest_method),
        digest_value=digest,
    )


def _bytes(text: str, name: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unsigned(f"{name} is no Base64") from None
