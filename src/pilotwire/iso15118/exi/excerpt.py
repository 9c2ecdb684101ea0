"""A place in a stream, for people: the bits around it."""

from __future__ import annotations


def bits_around(stream: bytes, position: int, reach: int = 24) -> tuple[str, str]:
    """Two lines: bits in groups of eight with the byte they begin at, and a caret under the bit at `position`."""
    first = max(0, position - reach) // 8
    last = min(len(stream), (position + reach) // 8 + 1)
    head = f"byte {first}: " + ("" if first == 0 else "... ")
    line = " ".join(f"{byte:08b}" for byte in stream[first:last])
    tail = " ..." if last < len(stream) else " (end)"
    within = position - 8 * first
    return f"{head}{line}{tail}", " " * (len(head) + within + within // 8) + "^"
