"""XML signatures as messages carry them (`http://www.w3.org/2000/09/xmldsig#`): a table of declarations."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from pilotwire.iso15118.exi.builtin import AnyURI, Base64, BigInteger, String, XmlID
from pilotwire.iso15118.exi.declare import (
    ANY,
    ANY_MANY,
    ATTRIBUTE,
    REFERENCE,
    TEXT,
    Binary,
    Declared,
    Element,
    Integer,
    Namespace,
    Occurs,
    SimpleElement,
    choice,
    optional,
    sequence,
)

DS = Namespace("http://www.w3.org/2000/09/xmldsig#", "ds", attributes=False)

CryptoBinary = Annotated[bytes, Binary()]
DigestValue = Annotated[bytes, Binary()]
HMACOutputLength = Annotated[int, Integer()]


class CanonicalizationMethod(Element, kw_only=True):
    """Element `CanonicalizationMethod`."""

    xsd = Declared(
        DS,
        "CanonicalizationMethodType",
        element="CanonicalizationMethod",
        mixed=True,
        content=sequence(sequence(ANY_MANY, least=0)),
    )
    algorithm: Annotated[AnyURI, ATTRIBUTE] = field(name="Algorithm")


class DSAKeyValue(Element, kw_only=True):
    """Element `DSAKeyValue`."""

    xsd = Declared(
        DS,
        "DSAKeyValueType",
        element="DSAKeyValue",
        content=sequence(
            sequence("p", "q", least=0), optional("g"), "y", optional("j"), sequence("seed", "pgen_counter", least=0)
        ),
    )
    p: CryptoBinary | None = field(default=None, name="P")
    q: CryptoBinary | None = field(default=None, name="Q")
    g: CryptoBinary | None = field(default=None, name="G")
    y: CryptoBinary = field(name="Y")
    j: CryptoBinary | None = field(default=None, name="J")
    seed: CryptoBinary | None = field(default=None, name="Seed")
    pgen_counter: CryptoBinary | None = field(default=None, name="PgenCounter")


class DigestMethod(Element, kw_only=True):
    """Element `DigestMethod`."""

    xsd = Declared(
        DS, "DigestMethodType", element="DigestMethod", mixed=True, content=sequence(sequence(ANY_MANY, least=0))
    )
    algorithm: Annotated[AnyURI, ATTRIBUTE] = field(name="Algorithm")


class KeyInfo(Element, kw_only=True):
    """Element `KeyInfo`."""

    xsd = Declared(
        DS,
        "KeyInfoType",
        element="KeyInfo",
        mixed=True,
        content=choice(
            "key_name",
            "key_value",
            "retrieval_method",
            "x509_data",
            "pgp_data",
            "spki_data",
            "mgmt_data",
            ANY,
            most=None,
        ),
    )
    id: Annotated[XmlID, ATTRIBUTE] | None = field(default=None, name="Id")
    key_name: Annotated[list[Annotated[String, REFERENCE]], Occurs(0, None)] = field(
        default_factory=list, name="KeyName"
    )
    key_value: Annotated[list[Annotated[KeyValue, REFERENCE]], Occurs(0, None)] = field(
        default_factory=list, name="KeyValue"
    )
    retrieval_method: Annotated[list[Annotated[RetrievalMethod, REFERENCE]], Occurs(0, None)] = field(
        default_factory=list, name="RetrievalMethod"
    )
    x509_data: Annotated[list[Annotated[X509Data, REFERENCE]], Occurs(0, None)] = field(
        default_factory=list, name="X509Data"
    )
    pgp_data: Annotated[list[Annotated[PGPData, REFERENCE]], Occurs(0, None)] = field(
        default_factory=list, name="PGPData"
    )
    spki_data: Annotated[list[Annotated[SPKIData, REFERENCE]], Occurs(0, None)] = field(
        default_factory=list, name="SPKIData"
    )
    mgmt_data: Annotated[list[Annotated[String, REFERENCE]], Occurs(0, None)] = field(
        default_factory=list, name="MgmtData"
    )


class KeyValue(Element, kw_only=True):
    """Element `KeyValue`."""

    xsd = Declared(
        DS, "KeyValueType", element="KeyValue", mixed=True, content=choice("dsa_key_value", "rsa_key_value", ANY)
    )
    dsa_key_value: Annotated[DSAKeyValue, REFERENCE] | None = field(default=None, name="DSAKeyValue")
    rsa_key_value: Annotated[RSAKeyValue, REFERENCE] | None = field(default=None, name="RSAKeyValue")


class Manifest(Element, kw_only=True):
    """Element `Manifest`."""

    xsd = Declared(DS, "ManifestType", element="Manifest")
    id: Annotated[XmlID, ATTRIBUTE] | None = field(default=None, name="Id")
    reference: Annotated[list[Annotated[Reference, REFERENCE]], Occurs(1, None)] = field(name="Reference")


class Object(Element, kw_only=True):
    """Element `Object`."""

    xsd = Declared(DS, "ObjectType", element="Object", mixed=True, content=sequence(ANY, least=0, most=None))
    encoding: Annotated[AnyURI, ATTRIBUTE] | None = field(default=None, name="Encoding")
    id: Annotated[XmlID, ATTRIBUTE] | None = field(default=None, name="Id")
    mime_type: Annotated[String, ATTRIBUTE] | None = field(default=None, name="MimeType")


class PGPData(Element, kw_only=True):
    """Element `PGPData`."""

    xsd = Declared(
        DS,
        "PGPDataType",
        element="PGPData",
        content=choice(
            sequence("pgp_key_id", optional("pgp_key_packet"), sequence(ANY_MANY, least=0)),
            sequence("pgp_key_packet", sequence(ANY_MANY, least=0)),
        ),
    )
    pgp_key_id: Base64 | None = field(default=None, name="PGPKeyID")
    pgp_key_packet: Base64 | None = field(default=None, name="PGPKeyPacket")


class RSAKeyValue(Element, kw_only=True):
    """Element `RSAKeyValue`."""

    xsd = Declared(DS, "RSAKeyValueType", element="RSAKeyValue")
    modulus: CryptoBinary = field(name="Modulus")
    exponent: CryptoBinary = field(name="Exponent")


class Reference(Element, kw_only=True):
    """Element `Reference`."""

    xsd = Declared(DS, "ReferenceType", element="Reference")
    id: Annotated[XmlID, ATTRIBUTE] | None = field(default=None, name="Id")
    type: Annotated[AnyURI, ATTRIBUTE] | None = field(default=None, name="Type")
    uri: Annotated[AnyURI, ATTRIBUTE] | None = field(default=None, name="URI")
    transforms: Annotated[Transforms, REFERENCE] | None = field(default=None, name="Transforms")
    digest_method: Annotated[DigestMethod, REFERENCE] = field(name="DigestMethod")
    digest_value: Annotated[DigestValue, REFERENCE] = field(name="DigestValue")


class RetrievalMethod(Element, kw_only=True):
    """Element `RetrievalMethod`."""

    xsd = Declared(DS, "RetrievalMethodType", element="RetrievalMethod")
    type: Annotated[AnyURI, ATTRIBUTE] | None = field(default=None, name="Type")
    uri: Annotated[AnyURI, ATTRIBUTE] | None = field(default=None, name="URI")
    transforms: Annotated[Transforms, REFERENCE] | None = field(default=None, name="Transforms")


class SPKIData(Element, kw_only=True):
    """Element `SPKIData`."""

    xsd = Declared(
        DS, "SPKIDataType", element="SPKIData", content=sequence("spki_sexp", sequence(ANY, least=0), most=None)
    )
    spki_sexp: Annotated[list[Base64], Occurs(0, None)] = field(default_factory=list, name="SPKISexp")


class SignatureMethod(Element, kw_only=True):
    """Element `SignatureMethod`."""

    xsd = Declared(
        DS,
        "SignatureMethodType",
        element="SignatureMethod",
        mixed=True,
        content=sequence(optional("hmac_output_length"), sequence(ANY_MANY, least=0)),
    )
    algorithm: Annotated[AnyURI, ATTRIBUTE] = field(name="Algorithm")
    hmac_output_length: HMACOutputLength | None = field(default=None, name="HMACOutputLength")


class SignatureProperties(Element, kw_only=True):
    """Element `SignatureProperties`."""

    xsd = Declared(DS, "SignaturePropertiesType", element="SignatureProperties")
    id: Annotated[XmlID, ATTRIBUTE] | None = field(default=None, name="Id")
    signature_property: Annotated[list[Annotated[SignatureProperty, REFERENCE]], Occurs(1, None)] = field(
        name="SignatureProperty"
    )


class SignatureProperty(Element, kw_only=True):
    """Element `SignatureProperty`."""

    xsd = Declared(DS, "SignaturePropertyType", element="SignatureProperty", mixed=True, content=choice(ANY, most=None))
    id: Annotated[XmlID, ATTRIBUTE] | None = field(default=None, name="Id")
    target: Annotated[AnyURI, ATTRIBUTE] = field(name="Target")


class Signature(Element, kw_only=True):
    """Element `Signature`."""

    xsd = Declared(DS, "SignatureType", element="Signature")
    id: Annotated[XmlID, ATTRIBUTE] | None = field(default=None, name="Id")
    signed_info: Annotated[SignedInfo, REFERENCE] = field(name="SignedInfo")
    signature_value: Annotated[SignatureValue, REFERENCE] = field(name="SignatureValue")
    key_info: Annotated[KeyInfo, REFERENCE] | None = field(default=None, name="KeyInfo")
    object: Annotated[list[Annotated[Object, REFERENCE]], Occurs(0, None)] = field(default_factory=list, name="Object")


class SignatureValue(Element, kw_only=True):
    """Element `SignatureValue`."""

    xsd = Declared(DS, "SignatureValueType", element="SignatureValue")
    id: Annotated[XmlID, ATTRIBUTE] | None = field(default=None, name="Id")
    value: Annotated[Base64, TEXT] = field(name="value")


class SignedInfo(Element, kw_only=True):
    """Element `SignedInfo`."""

    xsd = Declared(DS, "SignedInfoType", element="SignedInfo")
    id: Annotated[XmlID, ATTRIBUTE] | None = field(default=None, name="Id")
    canonicalization_method: Annotated[CanonicalizationMethod, REFERENCE] = field(name="CanonicalizationMethod")
    signature_method: Annotated[SignatureMethod, REFERENCE] = field(name="SignatureMethod")
    reference: Annotated[list[Annotated[Reference, REFERENCE]], Occurs(1, None)] = field(name="Reference")


class Transform(Element, kw_only=True):
    """Element `Transform`."""

    xsd = Declared(
        DS, "TransformType", element="Transform", mixed=True, content=choice(ANY, "x_path", least=0, most=None)
    )
    algorithm: Annotated[AnyURI, ATTRIBUTE] = field(name="Algorithm")
    x_path: Annotated[list[String], Occurs(0, None)] = field(default_factory=list, name="XPath")


class Transforms(Element, kw_only=True):
    """Element `Transforms`."""

    xsd = Declared(DS, "TransformsType", element="Transforms")
    transform: Annotated[list[Annotated[Transform, REFERENCE]], Occurs(1, None)] = field(name="Transform")


class X509Data(Element, kw_only=True):
    """Element `X509Data`."""

    xsd = Declared(
        DS,
        "X509DataType",
        element="X509Data",
        content=sequence(
            choice("x509_issuer_serial", "x509_ski", "x509_subject_name", "x509_certificate", "x509_crl", ANY),
            most=None,
        ),
    )
    x509_issuer_serial: Annotated[list[X509IssuerSerial], Occurs(0, None)] = field(
        default_factory=list, name="X509IssuerSerial"
    )
    x509_ski: Annotated[list[Base64], Occurs(0, None)] = field(default_factory=list, name="X509SKI")
    x509_subject_name: Annotated[list[String], Occurs(0, None)] = field(default_factory=list, name="X509SubjectName")
    x509_certificate: Annotated[list[Base64], Occurs(0, None)] = field(default_factory=list, name="X509Certificate")
    x509_crl: Annotated[list[Base64], Occurs(0, None)] = field(default_factory=list, name="X509CRL")


class X509IssuerSerial(Element, kw_only=True):
    """`X509IssuerSerialType`."""

    xsd = Declared(DS, "X509IssuerSerialType")
    x509_issuer_name: String = field(name="X509IssuerName")
    x509_serial_number: BigInteger = field(name="X509SerialNumber")


SIMPLE_ELEMENTS = (
    SimpleElement(DS, "DigestValue"),
    SimpleElement(DS, "KeyName"),
    SimpleElement(DS, "MgmtData"),
)
"""Global elements without structure."""
