"""Every text of every noun, by every way in: markup is cleaned, links are links, and what is too long is refused."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.jsonapi.model.fields import fields
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from chalicelib.resources.value_fields import Color, Country, Currency, EmailAddress, Language, TimeZone
from tests.factories import maker, stored
from tests.factories.custom_form import make_custom_form
from tests.factories.custom_form_translate import make_custom_form_translate
from tests.factories.event import make_event
from tests.factories.sponsor import make_sponsor
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.resources.test_every_resource import sent
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.texts import MARKUP, NO_LINKS, Place, is_live, places, texts_in

# Of a form of their own, which leaves no room for markup: tests/values.
WITHOUT_MARKUP = (Color, Country, Currency, EmailAddress, Language, TimeZone)
WRITTEN = [resource for resource in REGISTRY if resource.model is not None]
LINKS = re.compile(
    r"(^|[-_.])(url|link|website|blog|twitter|facebook|github|gitlab|linkedin|instagram|mastodon|logo)$"
)
# What is kept as it is typed, for clients show it as plain text, or compare it: nothing else.
PLAIN = {
    "access-code code", "discount-code code", "event name", "session title", "speakers-call hash",
    "badge-field-form field-identifier", "badge-form badge-fields[].field_identifier",
    "event-invoice transaction-id", "event-invoice stripe-token", "event-invoice paypal-token", "charge stripe", "charge paypal-payer-id",
    "charge paypal-payment-id", "stripe-authorization stripe-auth-code", "stripe-authorization stripe-state",
    "user password", "review-phase hidden-fields[]",
    "push-subscription p256dh", "push-subscription auth",
    "video-stream password", "video-channel api-key", "order tax-id", "bulk-mail filter",
}  # fmt: skip


@pytest.fixture
def staff(client: Client) -> Client:
    return client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))


def test_every_text_has_a_maximum() -> None:
    endless = [
        f"{resource.type} {place.path}"
        for resource in REGISTRY
        for place in places(resource)
        if not isinstance(getattr(place.field, "longest", None), int)
    ]
    assert endless == [], "use fields.Str, Line or RichText, or say longest="


def test_every_list_has_a_maximum() -> None:
    endless = [
        f"{resource.type} {name}"
        for resource in REGISTRY
        for name, field in resource.schema.fields.items()
        if isinstance(field, fields.List)
        and not field.dump_only
        and not isinstance(getattr(field, "longest", None), int)
    ]
    assert endless == [], "a list says longest="


def test_every_maximum_is_in_the_description() -> None:
    from chalicelib.docs.schemas import sent_of

    untold = [
        f"{resource.type} {attribute.wire}"
        for resource in REGISTRY
        for attribute in resource.attributes.values()
        if isinstance(attribute.field, fields.Str | fields.Url | fields.Email)
        and not attribute.field.dump_only
        and not {"maxLength", "enum"} & sent_of(attribute).keys()
    ]
    assert [item for item in untold if not item.endswith("-id")] == []  # ids in texts are numbers


def test_what_is_not_cleaned_is_listed_here() -> None:
    raw = {
        f"{resource.type} {place.path}"
        for resource in REGISTRY
        for place in places(resource)
        if isinstance(place.field, fields.Str) and place.field.plain and not place.is_chosen
        if not isinstance(place.field, WITHOUT_MARKUP)
    }
    assert {item for item in raw if not item.startswith("setting ")} == PLAIN, (
        "what is plain=True is named in PLAIN above; anything that is shown as text does without it"
    )
    assert all(
        re.search(r"key|secret|client|public|merchant|site|user|pass|bot", item) for item in raw - PLAIN
    )


def test_what_is_named_like_a_link_takes_links_alone() -> None:
    named = {
        f"{resource.type} {place.path}": place.is_link
        for resource in WRITTEN
        for place in places(resource)
        if LINKS.search(place.path)
    }
    assert len(named) > 80
    assert [name for name, is_link in named.items() if not is_link] == [], (
        "a link is web_address() or link(), from chalicelib.resources.attributes; else choose another name"
    )


def rounds(found: list[Place]) -> Iterator[dict[str, Place]]:
    """The places in groups, in each of which an attribute is met once."""
    left = found
    while left:
        now = {item.wire: item for item in reversed(left)}
        yield now
        left = [item for item in left if now[item.wire] is not item]


def asked(resource: Resource, attributes: dict[str, Any], base: Any) -> Any:
    """The base document with these attributes over its own."""
    data = {**base["data"], "attributes": {**base["data"]["attributes"], **attributes}}
    return {"data": data}


class Way:
    """A way in: how a document is sent, and which places it reaches."""

    def __init__(self, resource: Resource, base: Any, send: Any, name: str) -> None:
        self.resource, self.base, self.send, self.name = resource, base, send, name

    def refuses(self, given: dict[str, Place], values: dict[str, Any]) -> Iterator[str]:
        """What of these values is not refused with an error that points at it."""
        reply: Reply = self.send(asked(self.resource, values, self.base))
        pointers = [error.get("source", {}).get("pointer", "") for error in reply.json.get("errors", [])]
        for wire, place in given.items():
            at = f"/data/attributes/{wire}"
            if reply.status != 422 or not any(
                pointer == at or pointer.startswith(f"{at}/") for pointer in pointers
            ):
                yield f"{self.name} {self.resource.type} {place.path}: {reply.status}"

    def stores(self, values: dict[str, Any]) -> tuple[Reply, set[str]]:
        """The answer to those values that are not refused by another rule, and their names."""
        left = dict(values)
        while True:
            reply: Reply = self.send(asked(self.resource, left, self.base))
            if reply.status < 300 or not left:
                return reply, set(left)
            pointers = {error.get("source", {}).get("pointer", "") for error in reply.errors}
            refused = {
                wire for wire in left for at in pointers if f"{at}/".startswith(f"/data/attributes/{wire}/")
            }
            assert refused, (self.name, self.resource.type, reply.text)
            left = {wire: value for wire, value in left.items() if wire not in refused}


def breaches(way: Way, links: tuple[str, ...]) -> Iterator[str]:
    """What a way in lets through."""
    found = places(way.resource)
    for given in rounds([item for item in found if not item.is_chosen]):
        yield from way.refuses(given, {wire: value.too_long for wire, value in given.items()})
    for given in rounds([item for item in found if item.is_link]):
        for link in links:
            yield from way.refuses(given, {wire: value.around(link) for wire, value in given.items()})
    marked = [item for item in found if not item.is_chosen and not getattr(item.field, "plain", False)]
    marked = [item for item in marked if not item.is_link and not isinstance(item.field, fields.Email)]
    for given in rounds(marked):
        reply, kept = way.stores({wire: value.around(MARKUP) for wire, value in given.items()})
        if reply.status >= 300:
            yield f"{way.name} {way.resource.type}: {reply.text}"
            continue
        for wire in kept:
            shown = reply.data["attributes"].get(wire)
            if any(map(is_live, texts_in(shown))):
                yield f"{way.name} {way.resource.type} {wire}: {shown}"


def _creation(
    staff: Client, resource: Resource, address: str = "", relation: Any = None, owner: Any = None
) -> Way:
    base = sent(resource)

    def send(body: Any) -> Reply:
        # A new one may need rows of its own, which nobody has taken before; a refusal takes none.
        fresh = sent(resource)
        mine = {"data": {**fresh["data"], "attributes": body["data"]["attributes"]}}
        links = mine["data"].get("relationships", {})
        if relation is not None and relation.inverse:
            links.pop(relation.inverse.replace("_", "-"), None)
        if "event" in links and hasattr(owner, "event_id"):
            links["event"] = {"data": {"type": "event", "id": str(owner.event_id)}}
        return staff.post(address or f"/v1/{resource.path}", mine)

    return Way(resource, base, send, f"create {address}")


def test_creating_keeps_to_it(staff: Client) -> None:
    found: list[str] = []
    for resource in WRITTEN:
        if "create" in resource.methods and places(resource):
            way = _creation(staff, resource)
            found += breaches(way, NO_LINKS)
    assert not found, "\n".join(found)


def test_changing_keeps_to_it(staff: Client) -> None:
    found: list[str] = []
    for resource in WRITTEN:
        if "update" in resource.methods and places(resource):
            row = stored(maker(resource.type))
            address = f"/v1/{resource.path}/{row.id}"
            base = document(resource.type, {}, row.id)
            way = Way(
                resource, base, lambda request, address=address: staff.patch(address, request), "change"
            )
            found += breaches(way, NO_LINKS[:2])
    assert not found, "\n".join(found)


def test_creating_at_a_relationship_keeps_to_it(staff: Client) -> None:
    found: list[str] = []
    met = 0
    for owner in WRITTEN:
        for relation in REGISTRY.relations[owner.type].values():
            target = REGISTRY[relation.target]
            if not relation.creates or "create" not in target.methods or not places(target):
                continue
            row = stored(maker(owner.type))
            met += 1
            address = f"/v1/{owner.path}/{row.id}/{relation.wire}"
            way = _creation(staff, target, address, relation, row)
            found += breaches(way, NO_LINKS[:1])
    assert met > 0
    assert not found, "\n".join(found)


def test_a_copy_has_nothing_that_the_copied_event_has_from_before_there_was_a_rule(
    client: Client, database: TestDatabase
) -> None:
    owner = stored(make_user)
    event = stored(
        make_event,
        owner=owner,
        name="The <template> element",
        description=MARKUP,
        refund_policy=MARKUP,
        public_stream_link="javascript:alert(1)",
        document_links=[{"name": MARKUP, "link": "javascript:alert(1)"}],
    )
    stored(make_sponsor, event=event, description=MARKUP, url="javascript:alert(1)")
    stored(make_ticket, event=event, description=MARKUP)
    stored(make_custom_form_translate, custom_form=stored(make_custom_form, event=event, description=MARKUP))
    made = client.signed_in_as(owner).post(f"/v1/events/{event.id}/copy").json["id"]
    for table in ("events", "sponsors", "tickets", "custom_forms"):
        column = "id" if table == "events" else "event_id"
        (row,) = database.rows(f"SELECT * FROM {table} WHERE {column} = :id", id=made)
        name = row.pop("name")
        texts = [item for value in row.values() for item in texts_in(value)]
        assert [text for text in texts if is_live(text) or text.startswith("javascript:")] == [], table
        assert table != "events" or name == "The <template> element"
