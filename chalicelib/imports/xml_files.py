"""XML within bounds: no document type, so no entities and nothing external; limited depth and size."""

from collections.abc import Iterable, Iterator
from typing import Any, Final
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from chalicelib.imports.report import BadFile

MOST_ELEMENTS: Final = 300_000
DEEPEST: Final = 50
_LONGEST: Final = 1_000_000  # characters of one text
_MOST_ATTRIBUTES: Final = 50


class Parser:
    """Feeds a target (start, data, end) with the events of a document. Names have {namespace} in front."""

    def __init__(self, target: Any, *, most_elements: int = MOST_ELEMENTS, what: str = "The file") -> None:
        self._target, self._what = target, what
        self._left, self._depth, self._length = most_elements, 0, 0
        self._expat = expat.ParserCreate(namespace_separator="}")
        self._expat.buffer_text = True
        self._expat.ordered_attributes = False
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._data
        self._expat.StartDoctypeDeclHandler = self._refuse
        self._expat.EntityDeclHandler = self._refuse

    def feed(self, content: bytes, *, last: bool = False) -> None:
        """Parse a further piece. Raises BadFile for what is no XML, or is out of bounds."""
        try:
            self._expat.Parse(content, last)
        except expat.ExpatError as problem:
            reason = expat.errors.messages[problem.code]
            detail = f"{self._what} is no well-formed XML: {reason}, line {problem.lineno}."
            raise BadFile(detail, row=problem.lineno) from None
        except (LookupError, ValueError):
            raise BadFile(f"{self._what} is in an encoding that is not taken: use UTF-8.") from None

    def _refuse(self, *_details: Any) -> None:
        raise BadFile(f"{self._what} has a document type (DTD), which is not taken.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._left, self._depth, self._length = self._left - 1, self._depth + 1, 0
        if self._left < 0:
            raise BadFile(f"{self._what} has too many elements.", row=self._expat.CurrentLineNumber)
        if self._depth > DEEPEST:
            detail = f"{self._what} is nested deeper than {DEEPEST} elements."
            raise BadFile(detail, row=self._expat.CurrentLineNumber)
        if len(attributes) > _MOST_ATTRIBUTES:
            raise BadFile(f"{self._what} has an element with too many attributes.")
        named = {_named(key): value for key, value in attributes.items()}
        self._target.start(_named(name), named)

    def _end(self, name: str) -> None:
        self._depth, self._length = self._depth - 1, 0
        self._target.end(_named(name))

    def _data(self, text: str) -> None:
        self._length += len(text)
        if self._length > _LONGEST:
            raise BadFile(f"{self._what} has a text of more than {_LONGEST:,} characters.")
        self._target.data(text)


def tree_of(content: bytes) -> Element:
    """The root of a whole document. Raises BadFile."""
    builder = TreeBuilder()
    parser = Parser(builder)
    parser.feed(content, last=True)
    return builder.close()


def feed_all(parser: Parser, chunks: Iterable[bytes]) -> Iterator[None]:
    """Parse the pieces of a document, and yield after each."""
    for chunk in chunks:
        parser.feed(chunk)
        yield
    parser.feed(b"", last=True)
    yield


def _named(name: str) -> str:
    return f"{{{name}" if "}" in name else name
