"""XML signatures over EXI: made for messages of ISO 15118-2 and -20, and judged.

What is hashed and signed are EXI fragments: of each signed element by the message's schemas, of SignedInfo by the schema of XML signatures
alone. Some peers encode SignedInfo by the message's schemas instead: verification takes either.

A peer's signature is never an exception here: `verify` returns a `Verdict`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, cast

from pilotwire.errors import MisuseError
from pilotwire.iso15118 import iso2, xmldsig
from pilotwire.iso15118.codecs import ISO2, ISO20_COMMON, XMLDSIG
from pilotwire.iso15118.exi.errors import EncodeError
from pilotwire.iso15118.exi.schemas import SchemaSet
from pilotwire.iso15118.signature_suites import (
    ISO2_SUITES,
    ISO20_SUITES,
    SigningKey,
    Suite,
    VerifyingKey,
    is_der,
    suite_for,
)
from pilotwire.iso15118.signed_parts import Edition, Message, Part, Signed, signed_parts, with_signature
from pilotwire.pki.keys import key_words

CANONICAL_EXI: Final = "http://www.w3.org/TR/canonical-exi/"
MOST_REFERENCES: Final = 4
"""In -2."""


class Failure(StrEnum):
    """Why a signature is not good."""

    NOTHING_TO_SIGN = "nothing-to-sign"
    """The message has none of the elements that are signed in its kind."""
    NO_SIGNATURE = "no-signature"
    NO_ID = "no-id"
    """An element that must be signed has no Id."""
    SAME_ID = "same-id"
    """Two elements share an Id: a reference means neither."""
    MALFORMED = "malformed"
    """It cannot be put into EXI again as it was signed."""
    CANONICALIZATION = "canonicalization"
    SIGNATURE_ALGORITHM = "signature-algorithm"
    DIGEST_ALGORITHM = "digest-algorithm"
    TRANSFORM = "transform"
    TOO_MANY_REFERENCES = "too-many-references"
    REFERENCE_UNKNOWN = "reference-unknown"
    """A reference to something that is no signed element of this message."""
    REFERENCE_TWICE = "reference-twice"
    REFERENCE_MISSING = "reference-missing"
    """An element that must be signed is not referenced."""
    DIGEST = "digest"
    KEY = "key"
    """The key is none for the algorithm."""
    SIGNATURE = "signature"


class Form(StrEnum):
    """By which schemas SignedInfo was encoded to be signed."""

    XMLDSIG = "XML signatures alone"
    MESSAGE = "the message's"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a signature is good (`failure` None), and if not, why: in words, with the element or reference it is about.

    `form` and `suite` are told of a good one.
    """

    failure: Failure | None = None
    what: str = ""
    element: str = ""
    reference: str = ""
    form: Form | None = None
    suite: Suite | None = None

    @property
    def good(self) -> bool:
        """Whether every element that must be signed is, by the key."""
        return self.failure is None


class _Refused(Exception):
    """Ends the checks with a verdict; stays inside."""

    def __init__(self, failure: Failure, what: str, *, element: str = "", reference: str = "") -> None:
        self.verdict = Verdict(failure, what, element, reference)


def sign(message: Message, key: SigningKey, suites: tuple[Suite, ...] = ()) -> Message:
    """The message with a signature of all its elements that must be signed.

    `suites` instead of those of the edition, for test benches of -20 with other curves. Raises MisuseError: messages of this kind are not
    signed, an element has no Id or one that is taken, or the key is none for the edition. Raises EncodeError for a message that does not
    follow its schema.
    """
    signed = signed_parts(message)
    try:
        _check_parts(signed)
    except _Refused as refused:
        raise MisuseError(refused.verdict.what, "Give each signed element an Id of its own.") from None
    suite = suite_for(key.public_key(), suites or _suites_of(signed.edition))
    codec = codec_of(signed.edition)
    references = [_reference(part.id or "", suite, fragment_of(codec, part)) for part in signed.parts]
    info = xmldsig.SignedInfo(
        canonicalization_method=xmldsig.CanonicalizationMethod(algorithm=CANONICAL_EXI),
        signature_method=xmldsig.SignatureMethod(algorithm=suite.method),
        reference=references,
    )
    value = xmldsig.SignatureValue(value=suite.sign(key, XMLDSIG.encode_fragment(info)))
    return with_signature(message, xmldsig.Signature(signed_info=info, signature_value=value))


def verify(message: Message, key: object, suites: tuple[Suite, ...] = ()) -> Verdict:
    """Whether all elements of a message that must be signed are signed by a public key.

    Whose key that is, and whether its certificate is good, is for the caller to see to (`signed_parts(message).role`, `contracts`).
    `suites` as in `sign`. Raises MisuseError for a message of a kind that is never signed.
    """
    signed = signed_parts(message)
    try:
        return _judged(signed, key, suites or _suites_of(signed.edition))
    except _Refused as refused:
        return refused.verdict
    except EncodeError as error:
        return Verdict(Failure.MALFORMED, f"What was signed cannot be encoded again: {error}")


def codec_of(edition: Edition) -> SchemaSet:
    """The schemas of an edition's signed messages."""
    return ISO2 if edition is Edition.ISO2 else ISO20_COMMON


def fragment_of(codec: SchemaSet, part: Part) -> bytes:
    """The bytes of a signed element that are hashed."""
    return codec.encode_fragment(part.value, part.element)


def _suites_of(edition: Edition) -> tuple[Suite, ...]:
    return ISO2_SUITES if edition is Edition.ISO2 else ISO20_SUITES


def _reference(id_: str, suite: Suite, fragment: bytes) -> xmldsig.Reference:
    """Transforms are written though they may be left out: some stations and vehicles refuse references without."""
    return xmldsig.Reference(
        uri=f"#{id_}",
        transforms=xmldsig.Transforms(transform=[xmldsig.Transform(algorithm=CANONICAL_EXI)]),
        digest_method=xmldsig.DigestMethod(algorithm=suite.digest_method),
        digest_value=suite.digest(fragment),
    )


def _judged(signed: Signed, key: object, suites: tuple[Suite, ...]) -> Verdict:
    signature = signed.signature
    if signature is None:
        raise _Refused(Failure.NO_SIGNATURE, "The message is not signed.")
    _check_parts(signed)
    suite = _suite_of(signature.signed_info, suites)
    _check_references(signed, signature.signed_info, suite)
    return _check_value(signature, key, suite, codec_of(signed.edition))


def _check_parts(signed: Signed) -> None:
    if not signed.parts:
        raise _Refused(Failure.NOTHING_TO_SIGN, "The message has no element that is signed in messages of its kind.")
    for part in signed.parts:
        if not part.id:
            raise _Refused(Failure.NO_ID, f"{part.element} has no Id, and cannot be signed.", element=part.element)
    id_, count = Counter(part.id for part in signed.parts).most_common(1)[0]
    if count > 1:
        raise _Refused(Failure.SAME_ID, f"{count} signed elements have the Id {id_!r}.", reference=f"#{id_}")


def _suite_of(info: xmldsig.SignedInfo, suites: tuple[Suite, ...]) -> Suite:
    canonical, method = info.canonicalization_method.algorithm, info.signature_method
    if canonical != CANONICAL_EXI:
        what = f"The CanonicalizationMethod is {canonical!r} instead of {CANONICAL_EXI!r}."
        raise _Refused(Failure.CANONICALIZATION, what)
    suite = next((each for each in suites if each.method == method.algorithm), None)
    if suite is None or method.hmac_output_length is not None:
        wanted = " or ".join(repr(each.method) for each in suites)
        what = f"The SignatureMethod is {method.algorithm!r} instead of {wanted}."
        raise _Refused(
            Failure.SIGNATURE_ALGORITHM, what if suite is None else "The SignatureMethod has an HMAC length."
        )
    return suite


def _check_references(signed: Signed, info: xmldsig.SignedInfo, suite: Suite) -> None:
    if signed.edition is Edition.ISO2 and len(info.reference) > MOST_REFERENCES:
        what = f"The signature has {len(info.reference)} references, and ISO 15118-2 allows {MOST_REFERENCES}."
        raise _Refused(Failure.TOO_MANY_REFERENCES, what)
    parts = {f"#{part.id}": part for part in signed.parts}
    seen: set[str] = set()
    for each in info.reference:
        uri = each.uri or ""
        if uri not in parts:
            what = f"The reference to {uri!r} is to no signed element of the message ({', '.join(parts)})."
            raise _Refused(Failure.REFERENCE_UNKNOWN, what, reference=uri)
        if uri in seen:
            raise _Refused(Failure.REFERENCE_TWICE, f"{uri!r} is referenced twice.", reference=uri)
        seen.add(uri)
        _check_methods(each, suite)
    for uri, part in parts.items():
        if uri not in seen:
            what = f"{part.element} ({uri}) must be signed, and is not referenced."
            raise _Refused(Failure.REFERENCE_MISSING, what, element=part.element, reference=uri)
    for each in info.reference:
        _check_digest(each, parts[each.uri or ""], suite, codec_of(signed.edition))


def _check_methods(reference: xmldsig.Reference, suite: Suite) -> None:
    uri, method = reference.uri or "", reference.digest_method.algorithm
    if method != suite.digest_method:
        what = f"The DigestMethod of {uri!r} is {method!r} instead of {suite.digest_method!r}."
        raise _Refused(Failure.DIGEST_ALGORITHM, what, reference=uri)
    if reference.transforms is None:
        return
    told = [each.algorithm for each in reference.transforms.transform]
    if told != [CANONICAL_EXI] or any(each.x_path for each in reference.transforms.transform):
        what = f"The transforms of {uri!r} are {told} instead of {CANONICAL_EXI!r} alone."
        raise _Refused(Failure.TRANSFORM, what, reference=uri)


def _check_digest(reference: xmldsig.Reference, part: Part, suite: Suite, codec: SchemaSet) -> None:
    if any(suite.digest(each) == reference.digest_value for each in _fragments(codec, part)):
        return
    uri, length = reference.uri or "", len(suite.digest(b""))
    why = f" (it has {len(reference.digest_value)} bytes)" if len(reference.digest_value) != length else ""
    what = f"The digest of {part.element} ({uri}) is not that of what was sent{why}: it was changed, or encoded in another way."
    raise _Refused(Failure.DIGEST, what, element=part.element, reference=uri)


def _fragments(codec: SchemaSet, part: Part) -> Iterator[bytes]:
    """The forms in which an element may have been hashed.

    The eMAID of -2 is declared with two types: the grammar for that case is to be taken, and some peers take that of its type.
    """
    yield fragment_of(codec, part)
    if isinstance(part.value, iso2.EMAID):
        yield codec.encode_fragment_unrelaxed(part.value, part.element)


def _check_value(signature: xmldsig.Signature, key: object, suite: Suite, codec: SchemaSet) -> Verdict:
    if not suite.fits(key):
        what = f"The message is signed with {suite.name}, and the key is {key_words(key)}."
        raise _Refused(Failure.KEY, what)
    value = signature.signature_value.value
    if len(value) != suite.length:
        form = ", in DER instead of r and s side by side" if suite.curve is not None and is_der(value) else ""
        raise _Refused(Failure.SIGNATURE, f"The signature has {len(value)} bytes instead of {suite.length}{form}.")
    for form, by in ((Form.XMLDSIG, XMLDSIG), (Form.MESSAGE, codec)):
        if suite.is_good(cast(VerifyingKey, key), value, by.encode_fragment(signature.signed_info)):
            return Verdict(form=form, suite=suite)
    what = "The signature is not that of SignedInfo by this key: either was changed, or another key signed."
    raise _Refused(Failure.SIGNATURE, what)
