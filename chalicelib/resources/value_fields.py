"""Attributes with a normal form and validation: email addresses, keys, codes, currencies, time zones ...

Filters compare in the same form (`stored_form`). Old rows may hold values that are invalid today: they are
shown unchanged, and normalizing them never raises.
"""

from collections.abc import Callable
from typing import Any

from marshmallow import ValidationError
from marshmallow import fields as marshmallow_fields

from chalicelib.jsonapi.model.fields import fields, validate
from chalicelib.jsonapi.model.texts import LONGEST_ADDRESS, LONGEST_LINE
from chalicelib.values import addresses, countries, currencies, keys, languages, tax_ids, zones


class Normal(fields.Str):
    """Plain text in a normal form. Where null is allowed, an empty text means null.

    `normal_form` is a total and idempotent function of a module that a cold read may import.
    """

    normal_form: "staticmethod[[str], str]" = staticmethod(keys.stripped)

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"plain": True, **options})

    def stored_form(self, value: str) -> str:
        """The normal form."""
        return self.normal_form(value)

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """The validated value in its normal form; null for an empty text where null is allowed. Raises
        ValidationError.
        """
        is_empty = self.allow_none and value == ""
        return super().deserialize(None if is_empty else value, attr, data, **kwargs)


class EmailAddress(Normal, marshmallow_fields.Email):
    """An email address to which mail can be sent."""

    normal_form = staticmethod(addresses.stored_form)  # the address with its domain in lower case punycode

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"longest": LONGEST_ADDRESS, **options})
        self.validators = [_checked(addresses.mistake_in), *self.validators[1:]]  # instead of marshmallow's


class _Found(Normal):
    """A text that identifies a row: sanitized, then normalized as a key."""

    def __init__(self, mistake: Callable[[str], str | None], **options: Any) -> None:
        super().__init__(**{"plain": False, "longest": LONGEST_LINE, **options})
        self.validators = [_checked(mistake), *self.validators]

    def stored_form(self, value: str) -> str:
        """NFC, stripped and sanitized."""
        return keys.key_form(super(Normal, self).stored_form(value))


class Name(_Found):
    """A unique name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(keys.mistake_in_name, **options)


class Key(_Found):
    """A lookup key without invisible characters."""

    def __init__(self, **options: Any) -> None:
        super().__init__(keys.mistake_in_key, **options)


class LinkKey(fields.Url):
    """A URL used as a key."""

    def stored_form(self, value: str) -> str:
        """NFC, stripped."""
        return keys.key_form(super().stored_form(value))


class Code(Normal):
    """A code typed from print, such as a discount code: no white space, nothing invisible."""

    normal_form = staticmethod(keys.code_form)  # NFKC, stripped

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.validators = [_checked(keys.mistake_in_code), *self.validators]


class Currency(Normal):
    """An ISO 4217 code."""

    normal_form = staticmethod(currencies.stored_form)  # the code in upper case

    def __init__(self, **options: Any) -> None:
        known = validate.OneOf(list(currencies.DIGITS), error="Not a currency of ISO 4217, such as EUR.")
        super().__init__(validate=known, **options)


class Country(Normal):
    """An ISO 3166 code or English name; `others` are further accepted words."""

    normal_form = staticmethod(countries.stored_form)  # the code in upper case

    def __init__(self, *, others: frozenset[str] = frozenset(), **options: Any) -> None:
        def known(code: str) -> None:
            if code not in countries.CODES and code not in others:
                raise ValidationError("Not a country of ISO 3166, such as DE.")

        super().__init__(validate=known, **options)


class TaxId(Normal):
    """A tax id. Whether it fits its country is for the row that has both to say."""

    normal_form = staticmethod(tax_ids.stored_form)  # in upper case, without separators

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"longest": tax_ids.LONGEST, **options})
        self.validators = [_checked(tax_ids.mistake_in), *self.validators]


class TimeZone(Normal):
    """An IANA time zone name."""

    def __init__(self, **options: Any) -> None:
        def known(name: str) -> None:
            if name not in zones.known():
                raise ValidationError("There is no time zone with this name.")

        super().__init__(validate=known, **options)


class Language(Normal):
    """A language tag (RFC 5646), or the language's English name."""

    normal_form = staticmethod(languages.stored_form)  # the tag of a name; a tag stays as it is

    def __init__(self, **options: Any) -> None:
        metadata = {"example": "en", **options.pop("metadata", {})}
        super().__init__(validate=_checked(languages.mistake_in), metadata=metadata, **options)


class Color(Normal):
    """A CSS hexadecimal color."""

    def __init__(self, **options: Any) -> None:
        digits = validate.Regexp(r"^#(?:[0-9a-fA-F]{3}){1,2}\Z", error="A color is #rgb or #rrggbb.")
        super().__init__(validate=digits, **options)


def _checked(mistake: Callable[[str], str | None]) -> Callable[[str], None]:
    def check(value: str) -> None:
        problem = mistake(value)
        if problem is not None:
            raise ValidationError(problem)

    return check
