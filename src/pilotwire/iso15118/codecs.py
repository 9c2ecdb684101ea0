"""The schema sets of ISO 15118 and DIN SPEC 70121, each a codec: `ISO2.decode(stream)`, `ISO2.encode(message)`."""

from __future__ import annotations

from collections.abc import Mapping

from pilotwire.iso15118 import din, iso2, sap, xmldsig
from pilotwire.iso15118.exi.schemas import SchemaSet
from pilotwire.iso15118.iso20 import ac, acdp, common_messages, common_types, dc, wpt

SAP = SchemaSet("SupportedAppProtocol", sap)
DIN = SchemaSet("DIN SPEC 70121", din, xmldsig)
ISO2 = SchemaSet("ISO 15118-2", iso2, xmldsig)
ISO20_COMMON = SchemaSet("ISO 15118-20 CommonMessages", common_messages, common_types, xmldsig)
ISO20_AC = SchemaSet("ISO 15118-20 AC", ac, common_types, xmldsig)
ISO20_DC = SchemaSet("ISO 15118-20 DC", dc, common_types, xmldsig)
ISO20_ACDP = SchemaSet("ISO 15118-20 ACDP", acdp, common_types, xmldsig)
ISO20_WPT = SchemaSet("ISO 15118-20 WPT", wpt, common_types, xmldsig)
XMLDSIG = SchemaSet("XML signature", xmldsig)

BY_NAMESPACE: Mapping[str, SchemaSet] = {
    sap.APP.uri: SAP,
    din.DEF.uri: DIN,
    iso2.DEF.uri: ISO2,
    common_messages.COMMON_MESSAGES.uri: ISO20_COMMON,
    ac.AC.uri: ISO20_AC,
    dc.DC.uri: ISO20_DC,
    acdp.ACDP.uri: ISO20_ACDP,
    wpt.WPT.uri: ISO20_WPT,
    xmldsig.DS.uri: XMLDSIG,
}
"""The schema sets by the namespace that names them in SupportedAppProtocol; XMLDSIG by its own."""
