"""The objects of OCPI: what they accept, what they refuse, and that numbers stay what they were."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from pilotwire.ocpi import encoded, v23, v221

TARIFF: dict[str, Any] = {
    "country_code": "DE",
    "party_id": "ABC",
    "id": "12",
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 0.25, "vat": 10, "step_size": 1}]}],
    "last_updated": "2030-06-29T20:39:09Z",
}


def _tariff(**changes: Any) -> bytes:
    return json.dumps(TARIFF | changes).encode()


def test_a_tariff_is_read_and_written_as_it_was() -> None:
    tariff = v221.TARIFF.decode(_tariff(min_price={"excl_vat": 0.10, "incl_vat": 0.11}, tariff_alt_url=None))
    component = tariff.elements[0].price_components[0]
    assert (component.price, component.vat) == (Decimal("0.25"), Decimal(10))
    assert json.loads(encoded(tariff)) == TARIFF | {"min_price": {"excl_vat": 0.1, "incl_vat": 0.11}}
    assert v221.TARIFF.decode(encoded(tariff)) == tariff


def test_the_versions_differ_in_prices_and_taxes() -> None:
    limits = {"min_price": {"before_taxes": 1, "after_taxes": 2}, "tax_included": "N/A"}
    assert v23.TARIFF.decode(_tariff(**limits)).tax_included is v23.TaxIncluded.NA
    with pytest.raises(msgspec.ValidationError, match="tax_included"):
        v23.TARIFF.decode(_tariff())
    with pytest.raises(msgspec.ValidationError, match="before_taxes"):
        v221.TARIFF.decode(_tariff(**limits))
    with pytest.raises(msgspec.ValidationError, match="tax_included"):
        v221.TARIFF.decode(_tariff(tax_included="NO"))


def _element(component: dict[str, Any] | None = None, **restrictions: Any) -> list[dict[str, Any]]:
    price = {"type": "FLAT", "price": 1, "step_size": 1}
    return [{"price_components": [price | (component or {})], "restrictions": restrictions}]


@pytest.mark.parametrize(
    "changes",
    [
        {"country_code": "DEU"},
        {"id": "x" * 37},
        {"id": "ümlaut"},
        {"currency": "eur"},
        {"elements": []},
        {"elements": [{"price_components": []}]},
        {"elements": _element({"price": "1"})},
        {"elements": _element({"price": True})},
        {"elements": _element({"step_size": -1})},
        {"elements": _element({"type": "WAITING"})},
        {"elements": _element(start_time="24:00")},
        {"elements": _element(start_time="07:30\n")},
        {"elements": _element(start_date="2030-13-01")},
        {"elements": _element(day_of_week=["Monday"])},
        {"elements": _element(max_duration=1.5)},
        {"elements": _element(reservation="MAYBE")},
        {"tariff_alt_text": [{"language": "eng", "text": "long"}]},
        {"tariff_alt_text": [{"language": "en", "text": "two\nlines"}]},
        {"last_updated": "2030-06-29T20:39:09+00:00"},
        {"last_updated": "2030-06-31T20:39:09Z"},
        {"last_updated": 5},
        {"prices": []},
    ],
    ids=lambda changes: json.dumps(changes)[:60],
)
def test_what_ocpi_does_not_allow_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        v221.TARIFF.decode(_tariff(**changes))


@pytest.mark.parametrize("text", ["2030-06-29T20:39:09", "2030-06-29T20:39:09.2Z", "2030-06-29T20:39:09.123"])
def test_times_are_in_utc_however_they_are_written(text: str) -> None:
    read = v221.TARIFF.decode(_tariff(last_updated=text)).last_updated
    assert read.utcoffset() is not None
    assert read.isoformat().startswith(text.removesuffix("Z")[:19])


def test_a_number_is_exact_and_can_be_meant() -> None:
    long = b'{"type":"FLAT","price":0.1234567890123456789,"step_size":1}'
    raw = _tariff().replace(json.dumps(TARIFF["elements"][0]["price_components"][0]).encode(), long)
    assert v221.TARIFF.decode(raw).elements[0].price_components[0].price == Decimal("0.1234567890123456789")
    with pytest.raises(msgspec.ValidationError, match="no number that can be meant"):
        v221.TARIFF.decode(raw.replace(b"0.1234567890123456789", b"1e999"))
