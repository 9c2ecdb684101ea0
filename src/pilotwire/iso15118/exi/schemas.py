"""A schema set: the classes that are known together, and so the codes of their elements. Encodes and decodes documents and fragments.

Documents are EXI with the header byte 0x80: bit-packed, schema-informed, not strict, no fidelity option (ISO 15118-2, 7.9.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from types import ModuleType, TracebackType
from typing import Any, Final, TypeVar

from pilotwire.iso15118.exi.bits import Strings, Unreadable, Unwritable, add_text, text_value
from pilotwire.iso15118.exi.declare import Element, Role, SimpleElement
from pilotwire.iso15118.exi.errors import DecodeError, EncodeError
from pilotwire.iso15118.exi.explain import explain
from pilotwire.iso15118.exi.generate import GLOBALS
from pilotwire.iso15118.exi.generate_decoder import DecoderSource
from pilotwire.iso15118.exi.generate_encoder import EncoderSource
from pilotwire.iso15118.exi.grammar import Grammar, grammar
from pilotwire.iso15118.exi.second_level import namespaces
from pilotwire.iso15118.exi.shapes import Field, fields

E = TypeVar("E", bound=Element)
QName = tuple[str, str]
"""Local name first: elements sort by it, then by their namespace."""
Decoder = Callable[[int, int, Strings], tuple[Element, int]]
Encoder = Callable[[Any, int], int]

_HEADER: Final = 0x80
_SPARE: Final = 8
"""Zero bits put after a stream: values are read a byte ahead. Whether they were needed is seen at the end."""
_GENERATED = "<exi>"


class SchemaSet:
    """The codec of one schema set. Its functions are made at first use; an instance may be used by several threads."""

    def __init__(self, name: str, *modules: ModuleType) -> None:
        self.name = name
        self.modules = modules
        self._classes = tuple(_classes(modules))
        self._globals = self._global_elements()
        self._roots = {cls: code for code, (_, cls) in enumerate(self._globals) if cls is not None}
        self._root_width = len(self._globals).bit_length()
        self._strict = _Functions(self, loose=False)
        self._loose = _Functions(self, loose=True)
        self._alternatives: dict[type[Element], dict[str, tuple[type[Element], ...]]] = {}
        self._grammars: dict[type[Element], Grammar] = {}
        self._numbers: dict[QName, int] = {}
        self._next_number = count()
        self._fragment_names: tuple[QName, ...] | None = None
        self._prepared = False

    def __repr__(self) -> str:
        return f"SchemaSet({self.name!r})"

    # --- documents ---------------------------------------------------------------------------------------------------------------

    def encode(self, message: Element) -> bytes:
        """A document. `message` is a structure whose class has a global element. Raises EncodeError."""
        code = self._roots.get(type(message))
        if code is None:
            raise EncodeError(f"it is no root element of {self.name}", type(message).__name__)
        return self._written(message, _HEADER << self._root_width | code, lambda a: a)

    def decode(self, stream: bytes) -> Element:
        """The message of a document. Bytes after its end are ignored; string tables and undeclared ends of empty values are understood.

        Where the stream does not follow the schema, it is read once more as if lists had no end: deployed peers keep the code for one more
        item after the last (see `docs/iso15118.md`). Raises DecodeError.
        """
        return self._read_twice(stream, self._document)

    # --- fragments ---------------------------------------------------------------------------------------------------------------

    def encode_fragment(self, element: Element, name: str | None = None) -> bytes:
        """One element as a fragment, as signatures hash it (ISO 15118-2, 7.9.2.4). `name` where several elements share its class:
        the local one, or `{namespace}local` where that is not enough.

        Raises EncodeError.
        """
        code, relaxed = self._fragment_code(element, name)
        names = self.fragment_names
        width = (len(names) + 1).bit_length()
        end = len(names) + 1
        start = _HEADER << width | code
        if relaxed:
            return self._finish(self._relaxed_text(element, start) << width | end)
        return self._written(element, start, lambda a: a << width | end)

    def encode_fragment_unrelaxed(self, element: Element, name: str | None = None) -> bytes:
        """The same with the class's own grammar where EXI asks for the relaxed one (eMAID of ISO 15118-2): some stations hash it so."""
        code, _ = self._fragment_code(element, name)
        names = self.fragment_names
        width = (len(names) + 1).bit_length()
        return self._written(element, _HEADER << width | code, lambda a: a << width | len(names) + 1)

    def decode_fragment(self, stream: bytes) -> Element:
        """The element of a fragment. Raises DecodeError."""
        return self._read_twice(stream, self._fragment)

    def fragment_name(self, stream: bytes) -> str:
        """The local name of the element in a fragment. Raises DecodeError."""
        return self._fragment_head(stream)[0][0]

    def fragment_class(self, local: str) -> type[Element] | None:
        """The class of an element that may be a fragment, by its local name."""
        found = (cls for name in self.fragment_names if name[0] == local for cls in self._candidates(name))
        return next(found, None)

    @property
    def fragment_names(self) -> tuple[QName, ...]:
        """All elements that the schema set declares, by local name and namespace: their places are their codes in fragments."""
        if self._fragment_names is None:
            named = {(element.element, element.namespace.uri) for element in self._simple_elements()}
            for cls in self._classes:
                if cls.xsd.element:
                    named.add((cls.xsd.element, cls.xsd.namespace.uri))
                named |= {one.qname for one in fields(cls) if one.role is None}
            self._fragment_names = tuple(sorted(named))
        return self._fragment_names

    # --- what there is -----------------------------------------------------------------------------------------------------------

    @property
    def spaces(self) -> tuple[str, ...]:
        """The namespaces whose numbers names in a stream begin with."""
        return namespaces({cls.xsd.namespace.uri for cls in self._classes})

    @property
    def classes(self) -> Sequence[type[Element]]:
        """All structures of the set."""
        return self._classes

    def root(self, local: str) -> type[Element] | None:
        """The class of a global element."""
        return next((cls for (name, _), cls in self._globals if name == local and cls is not None), None)

    def substitutes(self, head: type[Element]) -> tuple[type[Element], ...]:
        """The classes whose elements may stand for that of `head`, itself included, in the order of their codes."""
        members = [cls for cls in self._classes if cls is head or _stands_for(cls, head)]
        return tuple(sorted(members, key=lambda cls: (cls.xsd.element or "", cls.xsd.namespace.uri)))

    def alternatives(self, cls: type[Element]) -> dict[str, tuple[type[Element], ...]]:
        """Of each field that is a reference: what may stand there, if there is more than one."""
        if cls not in self._alternatives:
            found = {}
            for one in fields(cls):
                if one.role is Role.REFERENCE and one.struct is not None:
                    members = self.substitutes(one.struct)
                    if len(members) > 1:
                        found[one.name] = members
            self._alternatives[cls] = found
        return self._alternatives[cls]

    def grammar(self, cls: type[Element]) -> Grammar:
        """The grammar of a class, where its references may stand for the members that the set knows."""
        if cls not in self._grammars:
            sizes = {of: len(members) for of, members in self.alternatives(cls).items()}
            self._grammars[cls] = grammar(cls, sizes)
        return self._grammars[cls]

    def prepare(self) -> None:
        """Make all functions now. Else the first message of each kind takes some milliseconds more, too many for a charge loop."""
        if self._prepared:
            return
        for cls in self._classes:
            if not cls.xsd.abstract:
                self._strict.make(cls)
        self._prepared = True

    def number_of(self, one: Field) -> int:
        """The number of a name in the string table."""
        return self._numbers.setdefault(one.qname, next(self._next_number))

    def try_alone(self, element: Element) -> None:
        """Encode a structure by itself. Raises what its encoder raises."""
        self._strict.encoder(type(element))(element, 1)

    # --- inside ------------------------------------------------------------------------------------------------------------------

    def _global_elements(self) -> list[tuple[QName, type[Element] | None]]:
        found: list[tuple[QName, type[Element] | None]] = [
            ((element.element, element.namespace.uri), None) for element in self._simple_elements()
        ]
        found += [((cls.xsd.element, cls.xsd.namespace.uri), cls) for cls in self._classes if cls.xsd.element]
        return sorted(found, key=lambda pair: pair[0])

    def _simple_elements(self) -> Iterable[SimpleElement]:
        return chain.from_iterable(getattr(module, "SIMPLE_ELEMENTS", ()) for module in self.modules)

    def _written(self, element: Element, start: int, end: Callable[[int], int]) -> bytes:
        encoder = self._strict.encoder(type(element))
        try:
            return self._finish(end(encoder(element, start)))
        except (Unwritable, AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            reason, path = explain(self, element)
            raise EncodeError(reason or str(error), path) from None

    @staticmethod
    def _finish(a: int) -> bytes:
        a <<= -a.bit_length() % 8
        return a.to_bytes(a.bit_length() // 8, "big")

    def _read_twice(self, stream: bytes, read: Callable[[_Functions, bytes], Element]) -> Element:
        try:
            return read(self._strict, stream)
        except DecodeError as error:
            try:
                return read(self._loose, stream)
            except DecodeError:
                raise error from None

    def _document(self, functions: _Functions, stream: bytes) -> Element:
        v, r = self._opened(stream)
        r -= self._root_width
        code = v >> r & (1 << self._root_width) - 1
        cls = self._globals[code][1] if code < len(self._globals) else None
        if cls is None or cls.xsd.abstract:
            raise DecodeError(f"no root element of {self.name} has the code {code}", 8)
        return self._guarded(functions.decoder(cls), v, r, len(stream) * 8)[0]

    def _fragment_head(self, stream: bytes) -> tuple[QName, list[type[Element]], int, int]:
        """The name of the element, the classes it may have, and the stream behind them."""
        v, r = self._opened(stream)
        names = self.fragment_names
        width = (len(names) + 1).bit_length()
        if len(stream) < 1 + (width + 7) // 8:
            raise DecodeError("it ends too early", len(stream) * 8)
        r -= width
        code = v >> r & (1 << width) - 1
        candidates = self._candidates(names[code]) if code < len(names) else []
        if not candidates:
            raise DecodeError(f"no element with structure of {self.name} has the code {code} in fragments", 8)
        return names[code], candidates, v, r

    def _fragment(self, functions: _Functions, stream: bytes) -> Element:
        name, candidates, v, r = self._fragment_head(stream)
        total, names = len(stream) * 8, self.fragment_names
        width = (len(names) + 1).bit_length()
        if self._is_relaxed(name):
            element, r = self._guarded(lambda v, r, t: self._read_relaxed(candidates[0], v, r, t), v, r, total)
        else:
            element, r = self._guarded(functions.decoder(candidates[0]), v, r, total)
        r -= width
        if r < _SPARE or v >> r & (1 << width) - 1 != len(names) + 1:
            raise DecodeError("the fragment does not end after its element", total - r - width + _SPARE)
        return element

    @staticmethod
    def _opened(stream: bytes) -> tuple[int, int]:
        if not stream or stream[0] != _HEADER:
            raise DecodeError("it does not begin with the header byte 0x80", 0)
        return int.from_bytes(stream, "big") << _SPARE, len(stream) * 8 - 8 + _SPARE

    @staticmethod
    def _guarded(decoder: Decoder, v: int, r: int, total: int) -> tuple[Element, int]:
        try:
            element, r = decoder(v, r, Strings())
        except Unreadable as error:
            position = min(total - error.left + _SPARE, total)
            raise DecodeError(error.reason, position, _open_types(error.__traceback__)) from None
        except ValueError as error:
            raise DecodeError("it ends too early", total, _open_types(error.__traceback__)) from None
        if r < _SPARE:
            raise DecodeError("it ends too early", total)
        return element, r

    def _candidates(self, qname: QName) -> list[type[Element]]:
        found = [cls for cls in self._classes if (cls.xsd.element, cls.xsd.namespace.uri) == qname]
        for cls in self._classes:
            found += [one.struct for one in fields(cls) if one.role is None and one.qname == qname and one.struct]
        return list(dict.fromkeys(found))

    def _is_relaxed(self, qname: QName) -> bool:
        """Whether an element is declared with different types: then its fragment has the relaxed grammar (EXI 8.5.3)."""
        kinds = {
            one.struct or one.value
            for cls in self._classes
            for one in fields(cls)
            if one.role is None and one.qname == qname
        }
        return len(kinds) > 1 and any(isinstance(kind, type) for kind in kinds)

    def _fragment_code(self, element: Element, name: str | None) -> tuple[int, bool]:
        cls = type(element)
        names = self.fragment_names
        if cls.xsd.element is not None and name in (None, cls.xsd.element):
            own = (cls.xsd.element, cls.xsd.namespace.uri)
        else:
            held = {
                one.qname
                for of in self._classes
                for one in fields(of)
                if one.role is None and one.struct is cls and name in (None, one.local, _clark(one.qname))
            }
            if len(held) != 1:
                what = "no element" if not held else "several elements"
                raise EncodeError(
                    f"{what} of {self.name} {'has' if not held else 'have'} this type and name", name or cls.__name__
                )
            own = next(iter(held))
        if own not in names:
            raise EncodeError(f"{self.name} does not declare it", own[0])
        return names.index(own), self._is_relaxed(own)

    # --- the relaxed grammar: an attribute Id and text, nothing else is ever in it --------------------------------------------------

    def _relaxed(self, cls: type[Element]) -> tuple[tuple[int, int, int], tuple[int, int]]:
        """Where attributes may stand: the width, the codes of Id and of untyped text. After text: the width, the code of EE."""
        attributes = sorted({one.qname for of in self._classes for one in fields(of) if one.role is Role.ATTRIBUTE})
        identity = next(one.qname for one in fields(cls) if one.local == "Id")
        elements = len(self.fragment_names)
        first = len(attributes) + 1 + elements + 3
        after = elements + 3
        return (first.bit_length(), attributes.index(identity), first - 1), (after.bit_length(), after - 2)

    def _relaxed_text(self, element: Any, a: int) -> int:
        (first, identity, text), (after, end) = self._relaxed(type(element))
        a = add_text(a << first | identity, element.id)
        a = add_text(a << first | text, element.value)
        return a << after | end

    def _read_relaxed(self, cls: type[Element], v: int, r: int, t: Strings) -> tuple[Element, int]:
        (first, identity, text), (after, end) = self._relaxed(cls)
        r = _expected(v, r, first, identity) - 8
        given, r = text_value(v, r, v >> r & 255, t, -1)
        r = _expected(v, r, first, text) - 8
        value, r = text_value(v, r, v >> r & 255, t, -2)
        r = _expected(v, r, after, end)
        made: Any = cls
        return made(id=given, value=value), r


def _expected(v: int, r: int, width: int, code: int) -> int:
    """Read an event that must be this one."""
    r -= width
    if v >> r & (1 << width) - 1 != code:
        raise Unreadable("an event that the schema does not have here", r + width)
    return r


class _Functions:
    """The generated functions of a schema set, one pair a class, made when first needed."""

    def __init__(self, schemas: SchemaSet, loose: bool) -> None:
        self._schemas = schemas
        self._loose = loose
        self._names = {cls: number for number, cls in enumerate(schemas.classes)}
        self._made: dict[str, Any] = dict(GLOBALS)
        self._made["G"] = self._made

    def decoder(self, cls: type[Element]) -> Decoder:
        """The decoder of a class."""
        made: Decoder = self._made[self._decoder_name(cls)]
        return made

    def encoder(self, cls: type[Element]) -> Encoder:
        """The encoder of a class."""
        made: Encoder = self._made[self._encoder_name(cls)]
        return made

    def make(self, cls: type[Element]) -> None:
        """Make both functions of a class."""
        self._make_decoder(cls, self._decoder_name(cls))
        self._make_encoder(cls, self._encoder_name(cls))

    def _number(self, cls: type[Element]) -> str:
        return f"{cls.__name__}_{self._names[cls]}"

    def _decoder_name(self, cls: type[Element]) -> str:
        name = f"d_{self._number(cls)}"
        if name not in self._made:

            def at_first(v: int, r: int, t: Strings) -> tuple[Element, int]:
                self._make_decoder(cls, name)
                made: Decoder = self._made[name]
                return made(v, r, t)

            self._made[name] = at_first
        return name

    def _encoder_name(self, cls: type[Element]) -> str:
        name = f"e_{self._number(cls)}"
        if name not in self._made:

            def at_first(o: Any, a: int) -> int:
                self._make_encoder(cls, name)
                made: Encoder = self._made[name]
                return made(o, a)

            self._made[name] = at_first
        return name

    def _make_decoder(self, cls: type[Element], name: str) -> None:
        made, alternatives = self._schemas.grammar(cls), self._schemas.alternatives(cls)
        source = DecoderSource(
            made, alternatives, self._decoder_name, self._schemas.number_of, self._loose, self._schemas.spaces
        )
        self._run(source.text(name), name, source.constants)

    def _make_encoder(self, cls: type[Element], name: str) -> None:
        made, alternatives = self._schemas.grammar(cls), self._schemas.alternatives(cls)
        source = EncoderSource(made, alternatives, self._encoder_name)
        self._run(source.text(name), name, source.constants)

    def _run(self, source: str, name: str, constants: Mapping[str, Any]) -> None:
        """Compile a function. Its constants are keyword defaults: locals are faster, and names cannot meet."""
        head, _, body = source.partition("):")
        keywords = "".join(f", {constant}=K[{constant!r}]" for constant in constants)
        space = self._made
        local: dict[str, Any] = {"K": constants}
        exec(compile(f"{head}{keywords}):{body}", _GENERATED, "exec"), space, local)  # our own grammar, no outside text
        space[name] = local[name]


def _classes(modules: Iterable[ModuleType]) -> Iterator[type[Element]]:
    """The classes that modules declare themselves, in their order."""
    for module in modules:
        for one in vars(module).values():
            if isinstance(one, type) and issubclass(one, Element) and one.__module__ == module.__name__:
                yield one


def _clark(qname: QName) -> str:
    return f"{{{qname[1]}}}{qname[0]}"


def _stands_for(cls: type[Element], head: type[Element]) -> bool:
    above = cls.xsd.substitutes
    while above is not None:
        if above is head:
            return True
        above = above.xsd.substitutes
    return False


def _open_types(trace: TracebackType | None) -> tuple[str, ...]:
    """The classes whose decoders were running when an error was raised, the outermost first."""
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == _GENERATED:
            found.append(code.co_name.removeprefix("d_").rpartition("_")[0])
        trace = trace.tb_next
    return tuple(found)
