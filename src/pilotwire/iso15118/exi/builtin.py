"""The built-in types of XML Schema that messages use."""

from __future__ import annotations

from typing import Annotated

from pilotwire.iso15118.exi.declare import Binary, Integer, Text

Byte = Annotated[int, Integer(-128, 127)]
Int = Annotated[int, Integer(-2147483648, 2147483647)]
BigInteger = Annotated[int, Integer()]
Short = Annotated[int, Integer(-32768, 32767)]
Long = Annotated[int, Integer(-9223372036854775808, 9223372036854775807)]
String = Annotated[str, Text()]
UnsignedByte = Annotated[int, Integer(0, 255)]
UnsignedInt = Annotated[int, Integer(0, 4294967295)]
UnsignedLong = Annotated[int, Integer(0, 18446744073709551615)]
UnsignedShort = Annotated[int, Integer(0, 65535)]
XmlID = Annotated[str, Text()]
AnyURI = Annotated[str, Text()]
Base64 = Annotated[bytes, Binary()]
Hex = Annotated[bytes, Binary("hex")]
