"""Attributes whose text means something: each is stored in its normal form, and refused if it means nothing.

What is compared with them, in filters too, takes the same form (`stored_form`). Old rows may hold what is
refused today: they are shown as they are, and their form is never an error.
"""

from collections.abc import Callable
from typing import Any

from marshmallow import ValidationError
from marshmallow import fields as marshmallow_fields

from chalicelib.jsonapi.model.fields import fields, validate
from chalicelib.jsonapi.model.texts import LONGEST_ADDRESS, LONGEST_LINE
from chalicelib.values import addresses, countries, currencies, keys, languages, zones


class Normal(fields.Str):
    """A plain text, stored in one form. Where null is taken, so is an empty text, and means the same."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"plain": True, **options})

    def stored_form(self, value: str) -> str:
        """The form in which the value is stored and compared. Total, and applied again the same."""
        return value.strip()

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """The value in its normal form, checked; null for an empty text where null is taken."""
        is_empty = self.allow_none and value == ""
        return super().deserialize(None if is_empty else value, attr, data, **kwargs)


class EmailAddress(Normal, marshmallow_fields.Email):
    """An e-mail address that mail can be sent to."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"longest": LONGEST_ADDRESS, **options})
        self.validators = [_checked(addresses.mistake_in), *self.validators[1:]]  # instead of marshmallow's

    def stored_form(self, value: str) -> str:
        """The domain in punycode and lower case."""
        return addresses.stored_form(value)


class _Found(Normal):
    """A text by which a row is told from others: cleaned, then brought into the form of a key."""

    def __init__(self, mistake: Callable[[str], str | None], **options: Any) -> None:
        super().__init__(**{"plain": False, "longest": LONGEST_LINE, **options})
        self.validators = [_checked(mistake), *self.validators]

    def stored_form(self, value: str) -> str:
        """Composed characters, no blanks at the ends, and nothing that browsers would run."""
        return keys.key_form(super(Normal, self).stored_form(value))


class Name(_Found):
    """What people call something, where no two may be called alike."""

    def __init__(self, **options: Any) -> None:
        super().__init__(keys.mistake_in_name, **options)


class Key(_Found):
    """A text by which a row is found: nothing in it is invisible."""

    def __init__(self, **options: Any) -> None:
        super().__init__(keys.mistake_in_key, **options)


class LinkKey(fields.Url):
    """A link by which a row is found."""

    def stored_form(self, value: str) -> str:
        """Composed characters, and no blanks at the ends."""
        return keys.key_form(super().stored_form(value))


class Code(Normal):
    """What people read from paper and type, such as a discount code: no white space, nothing invisible."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.validators = [_checked(keys.mistake_in_code), *self.validators]

    def stored_form(self, value: str) -> str:
        """Letters and digits as they look, and no blanks at the ends."""
        return keys.code_form(value)


class Currency(Normal):
    """A currency, by its code in ISO 4217."""

    def __init__(self, **options: Any) -> None:
        known = validate.OneOf(list(currencies.DIGITS), error="Not a currency of ISO 4217, such as EUR.")
        super().__init__(validate=known, **options)

    def stored_form(self, value: str) -> str:
        """The code in capital letters."""
        return currencies.stored_form(value)


class Country(Normal):
    """A country, by its code in ISO 3166 or its English name; `others` are further words that are taken."""

    def __init__(self, *, others: frozenset[str] = frozenset(), **options: Any) -> None:
        def known(code: str) -> None:
            if code not in countries.CODES and code not in others:
                raise ValidationError("Not a country of ISO 3166, such as DE.")

        super().__init__(validate=known, **options)

    def stored_form(self, value: str) -> str:
        """The code in capital letters."""
        return countries.stored_form(value)


class TimeZone(Normal):
    """A time zone, by its name in the IANA database."""

    def __init__(self, **options: Any) -> None:
        def known(name: str) -> None:
            if name not in zones.known():
                raise ValidationError("There is no time zone with this name.")

        super().__init__(validate=known, **options)


class Language(Normal):
    """A language, by its tag."""

    def __init__(self, **options: Any) -> None:
        metadata = {"example": "en", **options.pop("metadata", {})}
        super().__init__(validate=_checked(languages.mistake_in), metadata=metadata, **options)


class Color(Normal):
    """A colour, as CSS writes it in hexadecimal."""

    def __init__(self, **options: Any) -> None:
        digits = validate.Regexp(r"^#(?:[0-9a-fA-F]{3}){1,2}\Z", error="A colour is #rgb or #rrggbb.")
        super().__init__(validate=digits, **options)


def _checked(mistake: Callable[[str], str | None]) -> Callable[[str], None]:
    def check(value: str) -> None:
        found = mistake(value)
        if found is not None:
            raise ValidationError(found)

    return check
