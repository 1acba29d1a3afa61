"""All places of a type's documents for client texts, and hostile texts."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.jsonapi.model.fields import Computed, fields, validate
from chalicelib.jsonapi.model.resource import Resource

LINK: Final = "https://example.org/"
MARKUP: Final = (
    'x<img src=x onerror=alert(1)><scr<script>ipt>alert(2)</script><svg/onload=alert(3)><<b onclick="f()">bold</b>'
    '<a href="javascript:alert(4)">y</a>'
)
NO_LINKS: Final = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", " javascript:alert(1)",
    "java\tscript:alert(1)", "\x01javascript:alert(1)", "//evil.example.org", "https://x/\"><script>", "ftp://x.org/",
    "https:\\\\evil.example.org",
)  # fmt: skip
_ALLOWED: Final = re.compile(
    r"</?(?:a|b|blockquote|br|code|em|h1|h2|h3|hr|i|li|ol|p|pre|s|strong|sub|sup|u|ul)"
    r'(?: (?:href="(?:https?:|mailto:|tel:|[^:"<>]*")[^"<>]*"?|(?:title|rel|target)="[^"<>]*"))*>'
)


@dataclass(frozen=True, slots=True)
class Place:
    """An attribute, or a member nested in it. `around` builds the attribute's value for a text there."""

    wire: str
    path: str
    field: Any
    around: Callable[[Any], Any]

    @property
    def is_link(self) -> bool:
        """Whether it accepts links only."""
        return isinstance(self.field, fields.Url)

    @property
    def is_chosen(self) -> bool:
        """Whether its values come from a fixed list."""
        return any(isinstance(rule, validate.OneOf) for rule in getattr(self.field, "validators", ()))

    @property
    def too_long(self) -> Any:
        """A value one character longer than its maximum."""
        ends = LINK if self.is_link else ""
        text = ends + "x" * (self.field.longest + 1 - len(ends))
        return self.around(text)


def places(resource: Resource) -> list[Place]:
    """All places of a type."""
    return [
        place
        for attribute in resource.attributes.values()
        if not attribute.field.dump_only
        for place in _within(attribute.wire, attribute.wire, attribute.field, lambda text: text)
    ]


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from texts_in(item)


def is_live(text: str) -> bool:
    """Whether a browser would parse anything in it as forbidden markup."""
    return re.search("<[a-zA-Z/!?]", _ALLOWED.sub("", text)) is not None


def _within(wire: str, path: str, field: Any, around: Callable[[Any], Any]) -> Iterator[Place]:
    if isinstance(field, fields.Nested):
        members = {value.data_key or name: value for name, value in field.schema.fields.items()}
        required = {name: _sample(value) for name, value in members.items() if value.required}
        for name, value in members.items():

            def in_object(text: Any, name: str = name) -> Any:
                return around({**required, name: text})

            yield from _within(wire, f"{path}.{name}", value, in_object)
    elif isinstance(field, fields.List):
        yield from _within(wire, f"{path}[]", field.inner, lambda text: around([text]))
    elif isinstance(field, fields.Dict):
        yield Place(wire, f"{path}.*", field, lambda text: around({"answer": text}))
    elif isinstance(field, fields.String | fields.Url | fields.Email) and not isinstance(field, Computed):
        yield Place(wire, path, field, around)
    elif not isinstance(field, _NO_TEXT):
        yield Place(wire, path, field, around)  # an unknown kind


_NO_TEXT: Final = (fields.Boolean, fields.Number, fields.DateTime, Computed)


def _sample(field: Any) -> Any:
    for rule in field.validators:
        if isinstance(rule, validate.OneOf):
            return next(iter(rule.choices))
    if isinstance(field, fields.Url):
        return LINK
    return 1 if isinstance(field, fields.Number) else "1"
