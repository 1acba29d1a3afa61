"""Elements of UN/CEFACT Cross Industry Invoice (CII), by their prefixed names."""

from datetime import date
from typing import Final
from xml.etree.ElementTree import Element

from chalicelib.values import xml_writing

NAMES: Final = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}


def inside(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    """A new element at the end of `parent`; what XML 1.0 cannot say is left out."""
    return xml_writing.inside(parent, tag_of(tag), text, **attributes)


def tag_of(name: str) -> str:
    """The name with its namespace, of a name with prefix."""
    prefix, _, local = name.partition(":")
    return f"{{{NAMES[prefix]}}}{local}"


def date_inside(parent: Element, day: date, tag: str = "udt:DateTimeString") -> None:
    """A date in `parent`, in the format YYYYMMDD."""
    inside(parent, tag, f"{day:%Y%m%d}", format="102")
