"""Texts of exports in the language of the list: headings, and how moments and amounts are shown to people."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from chalicelib.exports.cells import amount
from chalicelib.exports.columns import WORD
from chalicelib.exports.export import ALL_EVENTS, Export
from chalicelib.exports.kinds import EXPORTS
from chalicelib.jsonapi.ground.sql import render
from chalicelib.resources.forms.custom_form.well_known import WELL_KNOWN
from chalicelib.values.messages import translated

_MOMENT: Final = "%-d %b %Y %H:%M"
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_POINT: Final = "."


def title_of(export: Export) -> str:
    """What a list is called, in English."""
    return export.name.replace("-", " ").capitalize()


def moment_shown(when: datetime, language: str) -> str:
    """A moment for people, such as 1 Jul 2031 10:00, in the zone that it has."""
    month = translated(_MONTHS[when.month - 1], language)
    return when.strftime(translated(_MOMENT, language).replace("%b", month))


def amount_shown(value: list[Any], language: str) -> str:
    """[amount, currency] for people, such as 12.50 EUR."""
    exact = amount(value).replace(_POINT, translated(_POINT, language))
    return f"{exact} {value[1] or ''}".strip()


def texts() -> Iterator[tuple[str, str]]:
    """(where it is, the text) of all that is translated."""
    for export in EXPORTS.values():
        place = f"exports/{export.name}"
        yield place, title_of(export)
        for column in export.columns:
            yield place, column.title
            for key in render(column.value).keys:
                if isinstance(key, tuple) and key[0] == WORD:
                    yield place, key[1]
        for label in WELL_KNOWN.get(export.form, {}).values():
            yield f"forms/{export.form}", label
    for text in (ALL_EVENTS, _MOMENT, _POINT, *_MONTHS):
        yield "exports/pdf", text
