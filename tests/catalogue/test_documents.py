"""Documents of every type as existing clients read and write them: members by their JSON kinds, types, names and ids."""

from typing import Any

import pytest

from chalicelib.resources import REGISTRY
from tests.catalogue.facts import kept
from tests.factories import maker, stored
from tests.factories.user import make_user
from tests.resources.test_every_resource import sent
from tests.support.documents import document
from tests.support.http_client import Client

pytestmark = pytest.mark.one_database
FACTS = kept()
KINDS: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict, list),
    "string": (str,),
    "url": (str,),
    "email": (str,),
    "datetime": (str,),
}
NOUNS = [noun for noun in REGISTRY if noun.model is not None and noun.type in FACTS]


@pytest.fixture
def staff(client: Client) -> Client:
    return client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))


def test_every_attribute_is_answered_in_the_kind_that_clients_read(staff: Client) -> None:
    differences = []
    for noun in NOUNS:
        row = stored(maker(noun.type))
        shown = staff.get(f"/v1/{noun.path}/{row.id}").data["attributes"]
        for name, (kind, flags, _) in FACTS[noun.type]["attributes"].items():
            if "write_only" in flags:
                continue
            value = shown.get(name, ...)
            is_number = kind in {"integer", "number"} and isinstance(value, bool)
            if value is not None and (not isinstance(value, KINDS[kind]) or is_number):
                differences.append(f"{noun.type}.{name} is {value!r}, not of kind {kind}")
    assert differences == []


def test_every_type_is_created_by_the_name_of_its_address_and_with_links_by_number(staff: Client) -> None:
    """Several client libraries have one word for a type and its address; apps keep ids as numbers."""
    refused = []
    for noun in NOUNS:
        if "create" not in noun.methods:
            continue
        asked = sent(noun)
        asked["data"]["type"] = noun.path
        for link in asked["data"].get("relationships", {}).values():
            for identifier in [link["data"]] if isinstance(link["data"], dict) else link["data"] or []:
                identifier["id"] = int(identifier["id"])
                identifier["type"] = REGISTRY[identifier["type"]].path
        made = staff.post(f"/v1/{noun.path}", asked)
        if made.status != 201 or made.data["type"] != noun.type:
            refused.append(f"{noun.type}: {made.text}")
    assert refused == []


def test_every_type_is_created_with_each_other_link_empty(staff: Client) -> None:
    """Web front ends send each link of their models, null or empty where nothing is set, and some that we have not."""
    refused = []
    for noun in NOUNS:
        if "create" not in noun.methods:
            continue
        asked = sent(noun)
        links = asked["data"].setdefault("relationships", {})
        for relation in REGISTRY.relations[noun.type].values():
            if not relation.required:
                links.setdefault(relation.wire, {"data": [] if relation.many else None})
        links |= {"of-a-front-end": {"data": None}, "others-of-it": {"data": []}}
        made = staff.post(f"/v1/{noun.path}", asked)
        if made.status != 201:
            refused.append(f"{noun.type}: {made.text}")
    assert refused == []


@pytest.mark.parametrize(
    ("type", "status"),
    [("track", 200), ("tracks", 200), ("trackses", 409), ("session", 409), ("sessions", 409), ("", 409)],
)
def test_another_type_is_still_refused(staff: Client, type: str, status: int) -> None:
    row = stored(maker("track"))
    reply = staff.patch(f"/v1/tracks/{row.id}", document(type, {"name": "Web"}, row.id))
    assert reply.status == status, reply.text
    if status == 409:
        assert reply.errors[0]["source"] == {"pointer": "/data/type"}


@pytest.mark.parametrize(
    ("attributes", "color"),
    [
        ({"font_color": "#000000", "color": "#aa0000"}, "#aa0000"),
        ({"name": "Web", "color": "#aa0000", "deleted_at": None}, "#aa0000"),
    ],
)
def test_names_with_underscores_are_those_with_dashes(
    staff: Client, attributes: dict[str, Any], color: str
) -> None:
    row = stored(maker("track"))
    reply = staff.patch(f"/v1/tracks/{row.id}", document("track", attributes, row.id))
    assert (reply.status, reply.data["attributes"]["color"]) == (200, color)
    room = stored(maker("microlocation"))
    told = {"is_global_event_room": True, "is-global-event-room": False, "@odd_one": 1}
    reply = staff.patch(f"/v1/microlocations/{room.id}", document("microlocation", told, room.id))
    assert reply.data["attributes"]["is-global-event-room"] is False  # the name with dashes wins
    said = {"is_global_event_room": "perhaps"}
    wrong = staff.patch(f"/v1/microlocations/{room.id}", document("microlocation", said, room.id))
    assert (wrong.status, wrong.errors[0]["source"]) == (
        422,
        {"pointer": "/data/attributes/is-global-event-room"},
    )


def test_requests_are_answered_as_the_former_documentation_writes_them(staff: Client) -> None:
    """Its examples have names with underscores, numbers as text, a blank filter, and the single row's own id."""
    made = staff.post(
        "/v1/custom-placeholders",
        document(
            "custom-placeholder",
            {
                "name": "example",
                "origin": "example",
                "original_image_url": "https://example.org/mountain.jpg",
            },
        ),
    )
    assert (made.status, made.data["attributes"]["original-image-url"]) == (
        201,
        "https://example.org/mountain.jpg",
    )
    pax = sent(REGISTRY["station-store-pax"])
    pax["data"]["attributes"] = {"current_pax": "10"}
    counted = staff.post("/v1/station-store-paxs", pax)
    assert (counted.status, counted.data["attributes"]["current-pax"]) == (201, 10)
    sizes = document("speaker-image-size", {"icon-size-quality": 80, "thumbnail-size-quality": None}, 2)
    assert staff.patch("/v1/speaker-image-sizes", sizes).status == 200
    page = {"name": "How it works", "url": "/how-it-works", "description": "So.", "place": "footer"}
    shown = staff.post("/v1/pages", document("page", {**page, "language": "English", "index": 0}))
    assert (shown.status, shown.data["attributes"]["language"]) == (201, "en")
    users = "/v1/users?page%5bsize%5d=10&page%5bnumber%5d=1&sort=email&filter="
    assert staff.get(users).data[0]["type"] == "user"
