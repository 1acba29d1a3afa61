"""What must be true of every noun, asked of each in the registry: nobody writes these tests by hand."""

from typing import Any

import pytest

from chalicelib.jsonapi.model.fields import fields
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from tests.factories import attributes_of, links_of, maker, stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.statements import counted_statements

# Nouns that report have no rows to make; what they say is tested with what they count.
ALL = [resource for resource in REGISTRY if resource.model is not None]
BY_TYPE = pytest.mark.parametrize("resource", ALL, ids=lambda resource: resource.type)
ABSENT = "999999999"


def only(offer: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "resource", [item for item in ALL if offer in item.methods], ids=lambda resource: resource.type
    )


def row_of(resource: Resource, **values: Any) -> Any:
    return stored(maker(resource.type), **values)


def belongs_to_an_event(resource: Resource) -> bool:
    event = REGISTRY.relations[resource.type].get("event")
    return event is not None and event.column is not None


@pytest.fixture
def staff(client: Client) -> Client:
    return client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))


@pytest.fixture
def stranger(client: Client) -> Client:
    return client.signed_in_as(stored(make_user))


def sent(resource: Resource) -> Any:
    """A document that creates the resource, with everything that it requires."""
    links: dict[str, Any] = links_of(resource.type)
    for relation in REGISTRY.relations[resource.type].values():
        if relation.name in links or relation.read_only:
            continue
        if relation.required and relation.column is not None:
            links[relation.name] = (relation.target, stored(maker(relation.target)))
    return document(resource.type, attributes_of(resource.type), **links)


@only("create")
def test_it_is_created_read_changed_and_removed(resource: Resource, staff: Client) -> None:
    asked = sent(resource)
    created = staff.post(f"/v1/{resource.path}", asked)
    assert created.status == 201, created.text
    assert created.headers["location"].endswith(f"/v1/{resource.path}/{created.data['id']}")
    address = f"/v1/{resource.path}/{created.data['id']}"
    read = staff.get(address)
    assert read.status == 200
    for name, value in asked["data"]["attributes"].items():
        attribute = resource.attributes[name.replace("-", "_")]
        if not attribute.field.load_only and not name.endswith("-at"):
            assert read.data["attributes"][name] == value, name
    same = document(resource.type, {}, created.data["id"])
    if "update" in resource.methods:
        assert staff.patch(address, same).status in {200, 422}
        shown = {
            name: value
            for name, value in asked["data"]["attributes"].items()
            if not resource.attributes[name.replace("-", "_")].field.load_only
        }
        changed = staff.patch(address, document(resource.type, shown, created.data["id"]))
        assert changed.status == 200, changed.text
    if "delete" in resource.methods:
        assert staff.delete(address).status == 200
        assert staff.get(address).status == 404
        assert staff.delete(address).status == 404


@BY_TYPE
def test_every_attribute_of_the_schema_is_served(resource: Resource, staff: Client) -> None:
    row = row_of(resource)
    shown = staff.get(f"/v1/{resource.path}/{row.id}").data
    assert shown["attributes"].keys() == {item.wire for item in resource.readable.values()}
    assert shown.get("relationships", {}).keys() == {
        relation.wire for relation in REGISTRY.relations[resource.type].values()
    }


@BY_TYPE
def test_every_relationship_can_be_included_and_its_links_lead_somewhere(
    resource: Resource, staff: Client
) -> None:
    row = row_of(resource)
    address = f"/v1/{resource.path}/{row.id}"
    for relation in REGISTRY.relations[resource.type].values():
        reply = staff.get(f"{address}?include={relation.wire}")
        assert reply.status == 200, (relation.wire, reply.text)
        member = reply.data["relationships"][relation.wire]
        assert "data" in member
        assert (relation.many and isinstance(member["data"], list)) or not relation.many
        assert staff.get(member["links"]["self"]).status == 200
        empty = 404 if relation.or_404 and member["data"] is None else 200
        assert staff.get(member["links"]["related"]).status == empty


# What somebody keeps for themselves, whichever event it is about: its team knows nothing of it.
PERSONAL = {"email-notification", "user-favourite-event"}
OPEN_TO_STRANGERS = {"session", "speaker", *PERSONAL}  # anybody may propose a session and speak


@pytest.mark.parametrize(
    "resource",
    [
        item
        for item in ALL
        if "create" in item.methods and belongs_to_an_event(item) and item.type not in OPEN_TO_STRANGERS
    ],
    ids=lambda resource: resource.type,
)
def test_nobody_and_strangers_add_nothing_to_an_event(
    resource: Resource, client: Client, stranger: Client, database: Any
) -> None:
    asked = sent(resource)
    before = database.one(f'SELECT count(*) FROM "{resource.table}"')
    assert client.post(f"/v1/{resource.path}", asked).status == 401
    assert stranger.post(f"/v1/{resource.path}", asked).status in {403, 404}
    assert database.one(f'SELECT count(*) FROM "{resource.table}"') == before


@only("update")
def test_nobody_and_strangers_change_and_remove_nothing(
    resource: Resource, client: Client, stranger: Client, database: Any
) -> None:
    row = row_of(resource)
    address = f"/v1/{resource.path}/{row.id}"
    same = document(resource.type, {}, row.id)
    assert client.patch(address, same).status in {401, 404}
    assert stranger.patch(address, same).status in {403, 404}
    if "delete" in resource.methods:
        assert client.delete(address).status in {401, 404}
        assert stranger.delete(address).status in {403, 404}
        assert stranger.delete(f"{address}?permanent=true").status in {403, 404}
    assert database.one(f'SELECT count(*) FROM "{resource.table}" WHERE id = :id', id=row.id) == 1


@pytest.mark.parametrize(
    "resource",
    [item for item in ALL if belongs_to_an_event(item) and item.type not in PERSONAL],
    ids=lambda resource: resource.type,
)
def test_a_draft_events_rows_are_hidden_from_the_public(
    resource: Resource, client: Client, stranger: Client
) -> None:
    owner = stored(make_user)
    row = row_of(resource, event=stored(make_event, owner=owner, state="draft"))
    address = f"/v1/{resource.path}/{row.id}"
    assert client.get(address).status in {401, 404}  # 401 where nobody sees any row of the noun
    assert stranger.get(address).status == 404
    assert client.signed_in_as(owner).get(address).status == 200


@pytest.mark.parametrize(
    "resource", [item for item in ALL if not item.singleton], ids=lambda resource: resource.type
)
def test_unknown_ids_are_404_for_every_method_and_relationship(resource: Resource, staff: Client) -> None:
    address = f"/v1/{resource.path}/{ABSENT}"
    for method, offer in (("GET", "read"), ("PATCH", "update"), ("DELETE", "delete")):
        if offer in resource.methods:
            body = document(resource.type, {}, ABSENT) if method == "PATCH" else None
            assert staff.request(method, address, body).status == 404, method
    for relation in REGISTRY.relations[resource.type].values():
        assert staff.get(f"{address}/{relation.wire}").status == 404
        assert staff.get(f"{address}/relationships/{relation.wire}").status == 404


@only("create")
def test_every_required_attribute_is_demanded_with_a_pointer(resource: Resource, staff: Client) -> None:
    complete = sent(resource)
    for attribute in resource.attributes.values():
        if not attribute.field.required:
            continue
        asked = document(resource.type, {**complete["data"]["attributes"]})
        asked["data"]["relationships"] = complete["data"].get("relationships", {})
        del asked["data"]["attributes"][attribute.wire]
        missing = staff.post(f"/v1/{resource.path}", asked)
        pointer = f"/data/attributes/{attribute.wire}"
        assert (missing.status, missing.errors[0]["source"]) == (422, {"pointer": pointer}), attribute.wire
        asked["data"]["attributes"][attribute.wire] = None
        null = staff.post(f"/v1/{resource.path}", asked)
        assert null.status == 422
        assert null.errors[0]["source"]["pointer"] == pointer


@only("create")
def test_attributes_of_a_wrong_kind_are_refused_and_never_crash(resource: Resource, staff: Client) -> None:
    complete = sent(resource)
    for attribute in resource.attributes.values():
        if attribute.field.dump_only:
            continue
        wrongs: list[Any] = [{"a": {"b": []}}, [[]], "\ud800", 10**30, -1, "x" * 70_000]
        for wrong in wrongs:
            asked = document(resource.type, {**complete["data"]["attributes"], attribute.wire: wrong})
            asked["data"]["relationships"] = complete["data"].get("relationships", {})
            reply = staff.post(f"/v1/{resource.path}", asked)
            assert reply.status in {201, 400, 403, 409, 422}, (attribute.wire, wrong, reply.text)
            if reply.status != 201:
                assert reply.errors[0]["source"]["pointer"].startswith("/data"), attribute.wire


@BY_TYPE
def test_reading_takes_as_many_statements_for_three_rows_as_for_one(
    resource: Resource, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = stored(make_event)
    values = {"event": event} if belongs_to_an_event(resource) and _inverse(resource) else {}
    row = row_of(resource, **values)
    includes = ",".join(relation.wire for relation in REGISTRY.relations[resource.type].values())
    address = f"/v1/events/{event.id}/{_inverse(resource)}" if values else f"/v1/{resource.path}"
    if not values and "list" not in resource.methods:
        address = f"/v1/{resource.path}/{row.id}"

    def statements() -> int:
        with counted_statements(monkeypatch) as seen:
            reply: Reply = staff.get(f"{address}?include={includes}&page[size]=0")
        assert reply.status == 200, reply.text
        return len(seen)

    one = statements()
    has_many = not values or REGISTRY.relation(REGISTRY["event"], _inverse(resource)).many
    for _ in range(2):
        row_of(resource, **(values if has_many else {}))
    assert statements() == one <= 2  # who is asking, and the question


def _inverse(resource: Resource) -> str:
    inverse = REGISTRY.relations[resource.type]["event"].inverse or ""
    return inverse.replace("_", "-")


@BY_TYPE
def test_every_attribute_can_be_sorted_and_filtered_by_and_nothing_crashes(
    resource: Resource, staff: Client
) -> None:
    event = stored(make_event)
    if belongs_to_an_event(resource) and _inverse(resource):
        row_of(resource, event=event)
        address = f"/v1/events/{event.id}/{_inverse(resource)}"
    elif "list" in resource.methods:
        address = f"/v1/{resource.path}"
    else:
        return  # it is only ever met through others
    for attribute in resource.readable.values():
        comparable = attribute.sql_type != "JSONB"
        for sign in ("", "-"):
            sorted_by = staff.get(f"{address}?sort={sign}{attribute.wire}")
            assert sorted_by.status == (200 if comparable else 400), (attribute.wire, sorted_by.text)
        for value in ("x", "5", "true", "2031-01-01T00:00:00Z"):
            narrowed = staff.get(f"{address}?filter[{attribute.wire}]={value}")
            assert narrowed.status in {200, 400}, (attribute.wire, value, narrowed.text)
        empty = f'[{{"name": "{attribute.wire}", "op": "is", "val": null}}]'
        assert staff.get(address, query={"filter": empty}).status == 200, attribute.wire
    for relation in REGISTRY.relations[resource.type].values():
        related = (
            f'[{{"name": "{relation.wire}", "op": "any", "val": {{"name": "id", "op": "gt", "val": 0}}}}]'
        )
        assert staff.get(address, query={"filter": related}).status == 200, relation.wire


def _integers() -> list[Any]:
    return [
        (resource, attribute)
        for resource in ALL
        if "update" in resource.methods
        for attribute in resource.attributes.values()
        if isinstance(attribute.field, fields.Integer) and not attribute.field.dump_only
    ]


def test_every_whole_number_is_taken_as_text_and_with_a_fraction_that_is_none(staff: Client) -> None:
    rows: dict[str, Any] = {}
    for resource, attribute in _integers():
        row = rows.setdefault(resource.type, row_of(resource))
        address = f"/v1/{resource.path}/{row.id}"

        def answered(
            value: object,
            address: str = address,
            resource: Any = resource,
            attribute: Any = attribute,
            row: Any = row,
        ) -> Reply:
            return staff.patch(address, document(resource.type, {attribute.wire: value}, row.id))

        plain, *other = (answered(value) for value in (7, "7", 7.0))
        for reply in other:  # whether 7 fits is up to the noun
            assert reply.status == plain.status, (resource.type, attribute.wire, reply.text)
        for wrong in ("abc", "5.5", "", 5.5, True, "1e3", " 5 "):
            reply = answered(wrong)
            assert reply.status == 422, (resource.type, attribute.wire, wrong, reply.text)
            pointers = [error["source"]["pointer"] for error in reply.errors]
            assert pointers == [f"/data/attributes/{attribute.wire}"]


@only("create")
def test_every_required_relationship_is_demanded_with_a_pointer(resource: Resource, staff: Client) -> None:
    complete = sent(resource)
    for relation in REGISTRY.relations[resource.type].values():
        if not relation.required or relation.column is None or relation.read_only:
            continue
        links = {k: v for k, v in complete["data"]["relationships"].items() if k != relation.wire}
        asked = {"data": {**complete["data"], "relationships": links}}
        missing = staff.post(f"/v1/{resource.path}", asked)
        assert missing.status in {201, 409, 422}, relation.wire  # some are told by what else is linked
        if missing.status == 422:
            pointer = missing.errors[0]["source"]["pointer"]
            assert pointer == f"/data/relationships/{relation.wire}"
        else:
            assert missing.status == 201 or missing.errors[0]["source"]["pointer"]


@only("create")
def test_a_made_up_id_is_ignored_by_every_noun(resource: Resource, staff: Client) -> None:
    asked = sent(resource)
    asked["data"]["id"] = "0"
    made = staff.post(f"/v1/{resource.path}", asked)
    assert made.status == 201, made.text
    assert made.data["id"] != "0"
    read = staff.get(made.headers["location"])
    assert made.headers["etag"] == read.headers["etag"], (made.text, read.text)


def _structures() -> list[Any]:
    return [
        (resource, attribute)
        for resource in ALL
        if "update" in resource.methods
        for attribute in resource.attributes.values()
        if isinstance(attribute.field, fields.List)
        and isinstance(attribute.field.inner, fields.Nested)
        and not attribute.field.dump_only
    ]


def test_a_structure_within_an_attribute_is_sent_whole_also_in_a_change(staff: Client) -> None:
    assert _structures()
    for resource, attribute in _structures():
        required = [field for field in attribute.field.inner.schema.fields.values() if field.required]
        row = row_of(resource)
        asked = document(resource.type, {attribute.wire: [{}]}, row.id)
        reply = staff.patch(f"/v1/{resource.path}/{row.id}", asked)
        if not required:
            continue
        assert reply.status == 422, (resource.type, attribute.wire)
        start = f"/data/attributes/{attribute.wire}/0/"
        assert {error["source"]["pointer"] for error in reply.errors} == {
            start + (item.data_key or item.name) for item in required
        }
