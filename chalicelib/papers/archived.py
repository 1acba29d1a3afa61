"""PDF/A-3 (ISO 19005-3, level B): metadata as XMP, an output intent, and a file in the document.

The file is that of Factur-X: factur-x.xml, an alternative of the pages. Source: Factur-X 1.0, chapter 6.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import md5
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

from chalicelib.papers.document import About

FILE: Final = "factur-x.xml"
_PROFILE: Final = "EN 16931"
_XMP: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance></rdf:Description>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"><pdf:Producer>{producer}</pdf:Producer></rdf:Description>
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:CreateDate>{moment}</xmp:CreateDate>
<xmp:ModifyDate>{moment}</xmp:ModifyDate></rdf:Description>
<rdf:Description rdf:about="" xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">
<fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>{file}</fx:DocumentFileName>
<fx:Version>1.0</fx:Version><fx:ConformanceLevel>{profile}</fx:ConformanceLevel></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>fx</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""
_PROPERTY: Final = """<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>
<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>
<pdfaProperty:description>{about}</pdfaProperty:description></rdf:li>"""
_PROPERTIES: Final = {
    "DocumentFileName": "The name of the embedded XML document",
    "DocumentType": "The type of the hybrid document",
    "Version": "The version of the standard that the embedded XML document follows",
    "ConformanceLevel": "The profile of the embedded XML document",
}


@dataclass(frozen=True, slots=True)
class Archived:
    """What makes a document one for archives: the XML of its invoice, and when it was made."""

    xml: bytes
    moment: datetime

    def add(self, pdf: Any, library: Any, about: About) -> None:
        """Add it to the document that is about to be written."""
        write, array, text = library.Dictionary, library.Array, library.String
        stamp = self.moment.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'")
        facts = {"ModDate": text(stamp), "Size": len(self.xml), "CheckSum": text(_checksum(self.xml))}
        kind = {"Type": "/EmbeddedFile", "Subtype": "/text#2Fxml", "Params": write(facts)}
        file = library.Stream([self.xml], extra=kind, compress=True)
        color = library.Stream([_srgb()], extra={"N": 3}, compress=True)
        metadata = library.Stream([self._xmp(about)], extra={"Type": "/Metadata", "Subtype": "/XML"})
        for added in (file, color, metadata):
            pdf.add_object(added)
        described = write(
            {
                "Type": "/Filespec", "F": text(FILE), "UF": text(FILE), "AFRelationship": "/Alternative",
                "Desc": text("Factur-X invoice"), "EF": write({"F": file.reference, "UF": file.reference}),
            }
        )  # fmt: skip
        pdf.add_object(described)
        intent = {
            "Type": "/OutputIntent", "S": "/GTS_PDFA1", "OutputConditionIdentifier": text("sRGB"),
            "Info": text("sRGB"), "DestOutputProfile": color.reference,
        }  # fmt: skip
        files = write({"Names": array([text(FILE), described.reference])})
        pdf.catalog["Names"] = write({"EmbeddedFiles": files})
        pdf.catalog["AF"] = array([described.reference])
        pdf.catalog["OutputIntents"] = array([write(intent)])
        pdf.catalog["Metadata"] = metadata.reference
        pdf.info["CreationDate"] = pdf.info["ModDate"] = text(stamp)

    def _xmp(self, about: About) -> bytes:
        said = "".join(_PROPERTY.format(name=name, about=said) for name, said in _PROPERTIES.items())
        text = _XMP.format(
            title=escape(about.title), producer=escape(about.producer), file=FILE, profile=_PROFILE,
            moment=self.moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00"), properties=said,
        )  # fmt: skip
        return text.encode()


def _checksum(content: bytes) -> str:
    return md5(content, usedforsecurity=False).digest().decode("latin-1")


@cache
def _srgb() -> bytes:
    """The ICC profile of sRGB, as LittleCMS makes it."""
    return Path(__file__).with_name("sRGB.icc").read_bytes()
