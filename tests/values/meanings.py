"""What values of each kind are refused, and what is taken and in which form it is stored."""

from collections.abc import Iterator
from typing import Any, Final

from marshmallow import fields, validate

from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.fields import Computed
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.visible import must_be_visible
from chalicelib.resources import REGISTRY
from chalicelib.resources.attributes import IdText, Money
from chalicelib.resources.value_fields import (
    Code,
    Color,
    Country,
    Currency,
    EmailAddress,
    Key,
    Language,
    Name,
    TimeZone,
)

NOUNS: Final = [resource for resource in REGISTRY if resource.model is not None]
# Blanks, and what is shown as nothing: zero-width, a word joiner, an empty Braille cell, a filler.
BLANK: Final = (" ", "\u00a0\u3000\t", "\u200b", "\u2060\ufeff", "\u2800", "\u3164 ")
HIDDEN: Final = ("a\u200bb", "a\ufeff", "\u202eabc", "a\x07b", "a\nb", "a\u00adb", "a\u2060b")
WRONG_ADDRESSES: Final = (
    *(
        "jörg@example.org",
        "x@example.org\u200b",
        "\u202ex@example.org",
        "x\u200d@example.org",
        "x@exam\x07ple.org",
    ),
    *("x@example", "x@.example.org", "x@example..org", "x@example.org.", "x@-example.org", "x@example_.org"),
    *(
        ".x@example.org",
        "x.@example.org",
        "x..y@example.org",
        "x y@example.org",
        "x@y@example.org",
        "x",
        "@",
        " ",
    ),
    *(f"{'x' * 65}@example.org", f"x@{'y' * 64}.org", f"x@{'.'.join(['y' * 60] * 5)}.org", '"x"@example.org'),
    *(
        "x@[127.0.0.1]",
        "x@127.0.0.10",
        "x@example.org\r\nBcc: y@example.org",
        "X <x@example.org>",
        "x@xn--.org",
    ),
)
# A kind: (wrong values, what may be sent, how it is stored then).
KINDS: Final[dict[type, tuple[tuple[Any, ...], str, str]]] = {
    EmailAddress: (WRONG_ADDRESSES, " Ada.{n}@BÜCHER.Example\t", "Ada.{n}@xn--bcher-kva.example"),
    Currency: (("€", "EURO", "XXX", "XAU", "XTS", "CLF", "EUR\u200b", *BLANK), " jpy ", "JPY"),
    Country: (("Narnia", "ZZ", "D", "DE\u200b", *BLANK), " germany ", "DE"),
    TimeZone: (
        (
            "localtime",
            "posixrules",
            "Factory",
            "right/UTC",
            "posix/UTC",
            "+01:00",
            "europe/berlin",
            "UTC0",
            *BLANK,
        ),
        " Asia/Tokyo ",
        "Asia/Tokyo",
    ),
    Language: (("English!", "d", "12", "en--GB", "en\u200b", "Klingon tongue", *BLANK), " english ", "en"),
    Color: (("red", "#12", "#ggg", "#1234567", *BLANK), " #FFB300 ", "#FFB300"),
    Code: (("A B", "A\u3000B", *HIDDEN, *BLANK), "\u3000\uff33\uff21\uff36\uff25-{n} ", "SAVE-{n}"),
    Key: ((*HIDDEN, *BLANK), " cafe\u0301 {n}\n", "café {n}"),
    Name: ((*HIDDEN, *BLANK), "\u00a0cafe\u0301 {n} ", "café {n}"),
}
NO_NUMBERS: Final = ("NaN", "-Infinity", "Infinity", "1e999", "ten", "")
# Texts with a list behind them that a rule of the noun refuses in its own way.
_BY_RULE: Final = {("discount-code", "used-for")}


def written(resource: Resource) -> Iterator[Attribute]:
    """The attributes that clients may send."""
    for attribute in resource.attributes.values():
        if not attribute.field.dump_only and not isinstance(attribute.field, Computed | IdText):
            yield attribute


def kind_of(one: Attribute) -> type | None:
    """The kind of text that the attribute is, if any."""
    return next((kind for kind in KINDS if type(one.field) is kind), None)


def wrong_values(resource: Resource, one: Attribute) -> tuple[Any, ...]:
    """What must be refused for this attribute, because of what it means."""
    field = one.field
    kind = kind_of(one)
    if kind is not None:
        return KINDS[kind][0]
    if isinstance(field, fields.Number):
        return NO_NUMBERS
    listed = next((rule for rule in field.validators if isinstance(rule, validate.OneOf)), None)
    if listed is not None and (resource.type, one.wire) not in _BY_RULE:
        first = next(choice for choice in listed.choices if choice.swapcase() != choice)
        return ("weird", first.swapcase(), f"{first}\u200b", f"{first} {first}")
    if must_be_visible(one.name, field) is not None:
        return BLANK
    return ()


def is_money(one: Attribute) -> bool:
    """Whether the attribute is an amount of money."""
    return isinstance(one.field, Money)
