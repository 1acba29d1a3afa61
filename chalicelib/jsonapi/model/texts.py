"""Text attributes: maximum lengths, and HTML sanitizing unless declared `plain`.

The length is checked before anything that parses the text, such as a pattern; it does not limit what a filter
compares with. `stored_form` of each kind is idempotent: it normalizes input and stored values alike.
"""

import re
from collections.abc import Iterable
from typing import Any, Final, TypeVar

from marshmallow import ValidationError, fields, validate

from chalicelib.jsonapi.model.markup import MOST_TAGS, has_too_many_tags, sanitize

LONGEST_LINE: Final = 255  # names, codes, keys: default of plain texts
LONGEST_PARAGRAPH: Final = 1_000  # default of other texts
LONGEST_ANSWER: Final = 5_000  # descriptions of small things, notes
LONGEST_ARTICLE: Final = 20_000  # abstracts of talks, biographies
LONGEST_TEXT: Final = 50_000  # by organizers: descriptions, terms, codes of conduct
LONGEST_LINK: Final = 2_048
LONGEST_ADDRESS: Final = 254  # of e-mail: RFC 5321, section 4.5.3.1.3
MOST_ITEMS: Final = 100  # default of lists

_NOT_IN_LINKS: Final = re.compile(r"""[\x00-\x20\x7f-\xa0\u2028\u2029<>"`\\]""")
_NOT_IN_ADDRESSES: Final = re.compile(r"""[\x00-\x20\x7f-\xa0<>"]""")
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+-]*):", re.IGNORECASE)
_HARMLESS: Final = {"http", "https", "mailto"}
_LOCAL: Final = re.compile(r"/?(?!/)[^:&]*")  # no scheme, encoded or not, and no other host
_BLANK: Final = re.compile(r"[\x00-\x20\x7f-\xa0]")  # browsers ignore it before and within a scheme

_an_address = validate.Email(error="Not a valid URL.")

Item = TypeVar("Item")


def demand_length(text: str, longest: int) -> None:
    """Raise ValidationError if the text is longer than `longest` characters."""
    if len(text) > longest:
        raise ValidationError(f"Longer than maximum length {longest}.")


class Str(fields.String):
    """Text. A `plain` one is stored as typed, as clients never render it as HTML."""

    def __init__(self, *, plain: bool = False, longest: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        is_chosen = any(isinstance(rule, validate.OneOf) for rule in self.validators)
        self.plain = plain or is_chosen  # one of fixed choices needs no sanitizing
        default = LONGEST_LINE if self.plain else LONGEST_PARAGRAPH
        self.longest = _publish(self, longest, default, is_published=not is_chosen)

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """The text as it is stored. Raises ValidationError."""
        if not isinstance(value, str):
            return super().deserialize(value, attr, data, **kwargs)
        demand_length(value, self.longest)
        if not self.plain and has_too_many_tags(value):
            raise ValidationError(f"A text has {MOST_TAGS} tags at most.")
        stored: Any = super().deserialize(value, attr, data, **kwargs)
        if isinstance(stored, str) and len(stored) > self.longest:
            # Sanitizing lengthens links and escapes stray brackets.
            raise ValidationError(f"With its markup written out, longer than maximum length {self.longest}.")
        return stored

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return self.stored_form(super()._deserialize(value, attr, data, **kwargs))

    def stored_form(self, value: str) -> str:
        """The text, sanitized."""
        return value if self.plain or not isinstance(value, str) else sanitize(value)


class Line(Str):
    """A short text, such as a name or a place."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"longest": LONGEST_LINE, **options})


class Url(fields.Url):
    """Absolute http or https URL.

    With `mailto` a mailbox is allowed too, with `local` a path on this site, with `empty` an empty text.
    """

    def __init__(
        self,
        *,
        mailto: bool = False,
        local: bool = False,
        empty: bool = False,
        longest: int | None = None,
        **options: Any,
    ) -> None:
        if local or empty:  # then it is not always a URL
            options["metadata"] = {"json_schema": {"type": "string"}, **options.get("metadata", {})}
        super().__init__(require_tld=False, schemes={"http", "https"}, **options)
        self.mailto, self.local, self.empty = mailto, local, empty
        self.longest = _publish(self, longest, LONGEST_LINK)
        # The first validator takes only http and https URLs; _demand_link calls it where one is required.
        self._of_the_web, *self.validators = self.validators

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """The URL; null for an empty text where null is allowed. Raises ValidationError."""
        if value == "" and self.allow_none and not self.empty:
            return super().deserialize(None, attr, data, **kwargs)
        if isinstance(value, str):
            demand_length(value, self.longest)
            if _NOT_IN_LINKS.search(value):
                raise self.make_error("invalid")
            self._demand_link(value)
        return super().deserialize(value, attr, data, **kwargs)

    def stored_form(self, value: str) -> str:
        """The URL, or "" for one that could run a script where it is shown."""
        scheme = _SCHEME.match(_BLANK.sub("", str(value)))
        return value if scheme is None or scheme[1].lower() in _HARMLESS else ""

    def _demand_link(self, value: str) -> None:
        if (value == "" and self.empty) or (self.local and _LOCAL.fullmatch(value)):
            return
        if self.mailto and value[:7].lower() == "mailto:":
            _an_address(value[7:].partition("?")[0])
        else:
            self._of_the_web(value)


class Email(fields.Email):
    """An e-mail address."""

    def __init__(self, *, longest: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.longest = _publish(self, longest, LONGEST_ADDRESS)

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """The address. Raises ValidationError."""
        if isinstance(value, str):
            demand_length(value, self.longest)
            if _NOT_IN_ADDRESSES.search(value):
                raise self.make_error("invalid")
        return super().deserialize(value, attr, data, **kwargs)

    def stored_form(self, value: str) -> str:
        """The address, unchanged."""
        return value


class List(fields.List[Item]):
    """List with a maximum number of items, checked before they are parsed."""

    def __init__(
        self, cls_or_instance: fields.Field[Item] | type[fields.Field[Item]], **options: Any
    ) -> None:
        super().__init__(cls_or_instance, **options)
        self.longest = _publish(self, None, MOST_ITEMS)

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """The items. Raises ValidationError."""
        if isinstance(value, list) and len(value) > self.longest:
            raise ValidationError(f"Longer than maximum length {self.longest}.")
        return super().deserialize(value, attr, data, **kwargs)

    def stored_form(self, value: Any) -> Any:
        """The list with each item normalized."""
        return [stored_form(self.inner, item) for item in value] if isinstance(value, list) else value


class Nested(fields.Nested):
    """Object with declared members."""

    def stored_form(self, value: Any) -> Any:
        """The object with each member normalized."""
        if not isinstance(value, dict):
            return value
        members = {field.data_key or name: field for name, field in self.schema.fields.items()}
        return {
            key: stored_form(members[key], item) if key in members else item for key, item in value.items()
        }


def stored_form(field: fields.Field[Any], value: Any) -> Any:
    """The value as the field stores it; None stays None."""
    made = getattr(field, "stored_form", None)
    return value if made is None or value is None else made(value)


def longest_of(rules: Iterable[Any]) -> int | None:
    """The maximum length that these validators set, or None."""
    return next((rule.max for rule in rules if isinstance(rule, validate.Length) and rule.max), None)


def _publish(
    field: fields.Field[Any], longest: int | None, default: int, *, is_published: bool = True
) -> int:
    """The field's maximum; also adds the validator from which the API description takes it."""
    declared = longest_of(field.validators)
    if declared is not None:
        return declared
    if is_published and not field.dump_only:
        field.validators = [*field.validators, validate.Length(max=longest or default)]
    return longest or default
