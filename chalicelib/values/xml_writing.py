"""XML documents (XML 1.0, UTF-8): elements whose texts have only characters that XML can say."""

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_UNSAYABLE: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def sayable(text: str) -> str:
    """The text without the characters that XML 1.0 forbids, which not even an escape can say."""
    return _UNSAYABLE.sub("", text)


def one_line(text: str | None) -> str:
    """The text in one line: control characters that separate words become a blank, others are dropped."""
    return sayable(" ".join((text or "").split()))


def root(tag: str, **attributes: str) -> "Element":
    """The element of a document that has all others. With `xmlns` it and they are in that namespace."""
    from xml.etree.ElementTree import Element  # lazy: only feeds and invoices are XML

    return Element(tag, attributes)


def inside(parent: "Element", tag: str, text: str | None = None, **attributes: str) -> "Element":
    """A new element at the end of `parent`."""
    from xml.etree.ElementTree import SubElement  # lazy: only feeds and invoices are XML

    child = SubElement(parent, tag, {name: sayable(value) for name, value in attributes.items()})
    if text is not None:
        child.text = sayable(text)
    return child


def written(document: "Element") -> bytes:
    """The document as UTF-8, with its declaration."""
    from xml.etree.ElementTree import indent, tostring  # lazy: only feeds and invoices are XML

    indent(document, " ")
    content: bytes = tostring(document, encoding="utf-8", xml_declaration=True)
    return content
