"""Bad inputs made from good ones: bytes changed, lost, doubled, moved, numbers made huge, or nothing but noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

_NASTY = (
    b"\x00", b"\xff", b"\xff\xff\xff\xff", b"\x80\x00\x00\x00", b"-1", b"1e400", b"9" * 400, b"NaN", b"null", b"[[" * 50, b'"', b"\\u0000",
    b"\xed\xa0\x80", b"&x;", b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", b"%00", b"\r\n\r\n", b"{", b"}", b"]",
)  # fmt: skip


def bad_input(seeds: Sequence[bytes], chance: Random) -> bytes:
    """One input: mostly a few changes to a seed, sometimes noise."""
    if chance.random() < 0.05:
        return chance.randbytes(chance.randrange(200))
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        chance.choice(_WAYS)(data, chance)
    return bytes(data)


def _place(data: bytearray, chance: Random) -> int:
    return chance.randrange(len(data) + 1)


def _flip(data: bytearray, chance: Random) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _replace(data: bytearray, chance: Random) -> None:
    if data:
        data[chance.randrange(len(data))] = chance.randrange(256)


def _lose(data: bytearray, chance: Random) -> None:
    begin = _place(data, chance)
    del data[begin : begin + chance.choice((1, 2, 8, 64))]


def _cut(data: bytearray, chance: Random) -> None:
    del data[_place(data, chance) :]


def _double(data: bytearray, chance: Random) -> None:
    begin = _place(data, chance)
    data[begin:begin] = data[begin : begin + chance.choice((1, 4, 32, 256))]


def _insert(data: bytearray, chance: Random) -> None:
    begin = _place(data, chance)
    data[begin:begin] = chance.choice(_NASTY)


def _swap(data: bytearray, chance: Random) -> None:
    one, other = sorted((_place(data, chance), _place(data, chance)))
    data[one:other] = data[one:other][::-1] if other - one < 8 else data[one:other]


_WAYS: tuple[Callable[[bytearray, Random], None], ...] = (
    _flip,
    _replace,
    _replace,
    _lose,
    _cut,
    _double,
    _insert,
    _insert,
    _swap,
)
