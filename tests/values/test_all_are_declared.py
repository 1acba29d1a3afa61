"""Attributes whose name says what they mean are declared so: what is added tomorrow is not forgotten."""

import re
from pathlib import Path
from typing import Any, Final

from marshmallow import fields, validate
from sqlalchemy import String, UniqueConstraint

from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.value_fields import (
    Code,
    Color,
    Country,
    Currency,
    EmailAddress,
    Key,
    Language,
    LinkKey,
    Name,
    TimeZone,
)
from tests.values.meanings import NOUNS, is_money, written

SOURCE: Final = Path(__file__).resolve().parent.parent.parent / "chalicelib"
MEANT: Final = (
    ("e-?mail", EmailAddress),
    ("currency", Currency),
    ("country", Country),
    ("time-?zone", TimeZone),
    ("language", Language),
    ("colou?r", Color),
)
# What has such a name and means something else: a postal address as its writer writes it, a sentence.
FREE: Final = {
    *("attendee.country", "order.country", "profile.country", "speaker.country", "user.billing-country"),
    *("setting.admin-billing-country", "setting.email-service", "setting.email-from-name"),
    *("mail-text.language", "session.language", "attendee.native-language", "attendee.fluent-language"),
}
LISTED: Final = ("privacy", "status", "type", "mode", "level", "state", "provider", "gender", "place")
UNLISTED: Final = {
    # Parts of postal addresses, and what other systems say.
    *("attendee.state", "order.state", "profile.state", "tax.state", "event-invoice.payment-mode"),
    *("attendee.gender", "sponsor.type", "event-image-size.type", "speaker-image-size.type"),
    *("import-job.result-status", "video-channel.provider", "badge-field-form.text-type", "sponsor.level"),
    *("user.billing-state", "setting.admin-billing-state", "setting.storage-place"),
    "stripe-authorization.stripe-state",
}
# Amounts, and the rule of the noun that asks for the digits of their currency. A discount may be a percentage.
AMOUNTS: Final = {
    *("ticket.price", "ticket.min-price", "ticket.max-price", "order.amount", "event-invoice.amount"),
    "refund-rule.fee",
    "ticket-fee.maximum-fee",
}


def named(resource: Resource, one: Attribute) -> str:
    return f"{resource.type}.{one.wire}"


def all_written() -> list[tuple[Resource, Attribute]]:
    return [(resource, attribute) for resource in NOUNS for attribute in written(resource)]


def test_a_text_that_is_called_by_what_it_means_is_of_that_kind() -> None:
    wrong = [
        named(resource, attribute)
        for resource, attribute in all_written()
        for name, kind in MEANT
        if isinstance(attribute.field, fields.String)
        and re.search(rf"(?:^|-){name}(?:$|-)", attribute.wire)
        and named(resource, attribute) not in FREE
        and not isinstance(attribute.field, kind)
        and not any(isinstance(rule, validate.Regexp) for rule in attribute.field.validators)
    ]
    assert wrong == []
    assert not [attribute for resource, attribute in all_written() if type(attribute.field) is fields.Email]


def test_a_text_that_is_one_of_few_has_a_list() -> None:
    wrong = [
        named(resource, attribute)
        for resource, attribute in all_written()
        if isinstance(attribute.field, fields.String)
        and attribute.wire.rpartition("-")[2] in LISTED
        and named(resource, attribute) not in UNLISTED
        and not any(isinstance(rule, validate.OneOf) for rule in attribute.field.validators)
    ]
    assert wrong == []


def test_a_text_that_is_unique_is_a_key() -> None:
    wrong = [
        named(resource, attribute)
        for resource, attribute in all_written()
        if attribute.column in _unique(resource.model_or_raise.__table__)
        and not any(isinstance(rule, validate.OneOf) for rule in attribute.field.validators)
        and not isinstance(attribute.field, Code | Key | LinkKey | Name | EmailAddress | Country | Currency)
    ]
    assert wrong == []


def _unique(table: Any) -> set[str]:
    """The columns of texts by which no two rows are alike."""
    texts = {column.name for column in table.columns if isinstance(column.type, String)}
    alike = [str(part) for index in table.indexes if index.unique for part in index.expressions]
    alike += [column.name for column in table.columns if column.unique]
    alike += [
        c.name
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
        for c in constraint.columns
    ]
    return {name for name in texts if any(re.search(rf"\b{name}\b", part) for part in alike)}


def test_amounts_of_money_are_known_to_the_test_of_their_digits() -> None:
    assert {
        named(resource, attribute) for resource, attribute in all_written() if is_money(attribute)
    } == AMOUNTS


def test_no_statement_trusts_a_zone_that_is_stored() -> None:
    trusted = re.compile(
        r"AT TIME ZONE (?!\{_ZONE\}|'UTC'|(?:span|known|event|day)\.zone\b|fails for"
        r"|\",\s+(?:\*\()?ZONE\b)\S+"  # ZONE of exports is a call of it
    )
    found = [
        f"{path.name}: {match[0]}"
        for path in sorted(SOURCE.rglob("*.py"))
        for match in trusted.finditer(path.read_text())
    ]
    assert found == []
