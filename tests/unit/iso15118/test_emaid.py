"""Names of contracts and vehicles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.iso15118.emaid import Emaid, check_digit, is_pcid, normalised, read_emaid, same_emaid
from pilotwire.pki import PkiFault

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
contracts = st.builds(
    "{}{}".format,
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2),
    st.text(ALPHABET, min_size=12, max_size=12),
)


@pytest.mark.parametrize("text", ["DE8ACC12E46L89", "DE-8AC-C12E46L89", "de-8ac-c12e46l89", " DE8AC-C12E46L89 "])
def test_hyphens_and_small_letters_mean_nothing(text: str) -> None:
    assert read_emaid(text) == Emaid("DE", "8AC", "C12E46L89")
    assert str(read_emaid(text)) == normalised(text) == "DE8ACC12E46L89"


def test_a_check_digit_may_follow() -> None:
    emaid = read_emaid("NL-TNM-000122045-U")
    assert (emaid.check_digit, emaid.check_digit_is_right) == ("U", True)
    assert not read_emaid("NL-TNM-000122045-X").check_digit_is_right
    assert read_emaid("NL-TNM-000122045").check_digit_is_right


@pytest.mark.parametrize(
    ("contract", "digit"),
    [
        ("NN123ABCDEFGHI", "T"),
        ("FRXYZ123456789", "2"),
        ("ITA1B2C3E4F5G6", "4"),
        ("ESZU8WOX834H1D", "R"),
        ("PT73902837ABCZ", "Z"),
        ("DE83DUIEN83QGZ", "D"),
        ("DE83DUIEN83ZGQ", "M"),
        ("DE8AA001234567", "0"),
    ],
)
def test_check_digits_that_are_known(contract: str, digit: str) -> None:
    assert check_digit(contract) == digit


@given(contract=contracts, place=st.integers(0, 13), other=st.sampled_from(ALPHABET))
def test_a_check_digit_tells_one_wrong_character(contract: str, place: int, other: str) -> None:
    wrong = contract[:place] + other + contract[place + 1 :]
    assert (check_digit(wrong) == check_digit(contract)) is (wrong == contract)


@given(contract=contracts, place=st.integers(0, 12))
def test_a_check_digit_tells_neighbours_that_changed_places(contract: str, place: int) -> None:
    wrong = contract[:place] + contract[place + 1] + contract[place] + contract[place + 2 :]
    assert (check_digit(wrong) == check_digit(contract)) is (wrong == contract)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "0 letters"),
        ("DE8ACC12E46L8", "13 letters"),
        ("DE8ACC12E46L8912", "16 letters"),
        ("D18ACC12E46L89", "country"),
        ("DE8ACC12E46L8!", "'!'"),
        ("DE*8AC*C12E46L89", "'*'"),
        ("DE8ACC12E46L8Ä", "'Ä'"),
        ("\uff24\uff258ACC12E46L89", "in it"),
    ],
)
def test_what_is_no_emaid(text: str, why: str) -> None:
    with pytest.raises(PkiFault) as caught:
        read_emaid(text)
    assert why in caught.value.what
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("DE8ACC12E46L89", "de-8ac-c12e46l89", True),
        ("NLTNM000122045", "NL-TNM-000122045-U", True),
        ("NLTNM000122045U", "NL-TNM-000122045-X", False),
        ("DE8ACC12E46L89", "DE8ACC12E46L88", False),
        ("DE8ACC12E46L89", "", False),
        ("free text", "FREE-text", False),
        ("free-text", "FREETEXT", True),
    ],
)
def test_which_texts_name_the_same_contract(one: str, other: str, same: bool) -> None:
    assert same_emaid(one, other) is same_emaid(other, one) is same


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("WMIV1234567890ABCD", True),
        ("WMI-V1234567890ABC-D", True),
        ("WMIV1234567890ABC", True),
        ("WMIV1234567890AB", False),
        ("WMIV1234567890ABCDE", False),
        ("WMIV1234567890ABC!", False),
        ("", False),
    ],
)
def test_what_a_pcid_looks_like(name: str, good: bool) -> None:
    assert is_pcid(name) is good
