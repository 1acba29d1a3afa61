"""Further shapes: reports, single rows, other addresses of relationships, and lost connections."""

import pytest

from chalicelib import db
from tests.jsonapi.conftest import STRANGER, Toys


def test_a_report_is_read_like_any_noun_and_cannot_be_written(toys: Toys, staff: Toys) -> None:
    address = "/v1/admin/reports/stock"
    listed = staff.get(f"{address}?sort=-book-count&include=library&filter[book-count]=4")
    assert listed.status == 200, listed.text
    assert [(resource["id"], resource["attributes"]) for resource in listed.data] == [
        (str(staff["city"]), {"book-count": 4})
    ]
    assert listed.json["included"][0]["attributes"]["name"] == "City Library"
    assert staff.get(f"{address}/{staff['rival']}").data["attributes"]["book-count"] == 1
    assert staff.get(f"/v1/libraries/{staff['city']}/stock").data["id"] == str(staff["city"])
    included = staff.get("/v1/libraries?include=stock").json["included"]
    assert {resource["attributes"]["book-count"] for resource in included} == {4, 1}
    assert toys.get(address).status == 401
    assert toys.as_(STRANGER).get(address).status == 403
    assert toys.as_(STRANGER).get(f"{address}/{staff['rival']}").status == 404
    assert toys.get(f"/v1/libraries/{toys['city']}/stock").data is None
    assert staff.post(address, {"data": {"type": "stock"}}).status == 405
    assert staff.delete(f"{address}/{staff['rival']}").status == 405


def test_a_single_row_answers_at_the_collection_and_under_any_id(toys: Toys, staff: Toys) -> None:
    assert toys.get("/v1/house-rules").data["attributes"] == {"quiet": True}
    assert staff.get("/v1/house-rules").data["attributes"] == {"quiet": True, "guards": "two"}
    assert toys.get("/v1/house-rules/7").data["id"] == "1"
    document = {"data": {"type": "house-rules", "id": "1", "attributes": {"quiet": False}}}
    assert toys.patch("/v1/house-rules", document).status == 401
    assert staff.patch("/v1/house-rules", document).data["attributes"]["quiet"] is False
    assert staff.post("/v1/house-rules", document).status == 405
    as_read = {"data": {"type": "house-rules", "id": "7", "attributes": {"quiet": True}}}
    for address in ("/v1/house-rules", "/v1/house-rules/7"):
        assert staff.patch(address, as_read).data["attributes"]["quiet"] is True
    as_read["data"]["id"] = {"a": 1}
    assert staff.patch("/v1/house-rules", as_read).status == 409


def test_a_relationship_has_its_other_addresses_and_creates_where_it_says_so(librarian: Toys) -> None:
    assert {
        resource["attributes"]["label"] for resource in librarian.get("/v1/libraries/c1ty/racks").data
    } == {
        "Novels",
        "Poems",
    }
    document = {"data": {"type": "shelf", "attributes": {"label": "Maps"}}}
    created = librarian.post("/v1/libraries/c1ty/racks?include=library", document)
    assert created.status == 201
    assert created.data["relationships"]["library"]["data"]["id"] == str(librarian["city"])
    assert librarian.post(f"/v1/libraries/{librarian['rival']}/shelves", document).status == 403
    assert librarian.post("/v1/libraries/c1ty/books", document).status == 405


def test_what_a_to_one_leads_to_can_be_changed_and_removed_there(librarian: Toys, stranger: Toys) -> None:
    address = f"/v1/books/{librarian['solaris']}/shelf"
    document = {"data": {"type": "shelf", "id": str(librarian["novels"]), "attributes": {"label": "Space"}}}
    assert stranger.patch(address, document).status == 403
    assert librarian.patch(address, document).data["attributes"]["label"] == "Space"
    assert librarian.delete(address).status == 200
    assert librarian.get(address).data is None
    assert librarian.delete(address).status == 404


def test_a_scoped_relationship_is_there_for_its_readers_only(toys: Toys, librarian: Toys) -> None:
    address = f"/v1/books/{toys['solaris']}"
    assert "sequels" not in toys.get(address).data["relationships"]
    assert toys.get(f"{address}?include=sequels").json["included"] == []
    assert toys.get(f"{address}/sequels").status == 404
    assert toys.get(f"{address}/relationships/sequels").status == 404
    assert toys.get("/v1/books?filter[sequels.title]=Fiasco").data == []
    assert librarian.get(f"{address}?include=sequels").json["included"][0]["id"] == str(toys["fiasco"])
    assert "sequels" in librarian.get(address).data["relationships"]
    assert len(librarian.get("/v1/books?filter[sequels.title]=Fiasco").data) == 1
    mixed = {resource["id"]: resource["relationships"] for resource in librarian.get("/v1/books").data}
    assert "sequels" in mixed[str(toys["solaris"])]
    assert "sequels" not in mixed[str(toys["rival-book"])]


def test_what_several_share_is_included_once(toys: Toys) -> None:
    included = toys.get("/v1/books?include=library").json["included"]
    assert sorted(resource["id"] for resource in included) == sorted(
        {resource["id"] for resource in included}
    )


def test_moments_are_shown_in_utc_wherever_the_database_is(librarian: Toys) -> None:
    name = librarian.database.one("SELECT current_database()")
    librarian.database.run(f"ALTER DATABASE \"{name}\" SET timezone TO 'Asia/Tokyo'")
    db.forget()
    id = librarian["solaris"]
    document = {
        "data": {"type": "book", "id": str(id), "attributes": {"published-at": "1961-01-01T09:00:00+09:00"}}
    }
    assert (
        librarian.patch(f"/v1/books/{id}", document).data["attributes"]["published-at"]
        == "1961-01-01T00:00:00+00:00"
    )


@pytest.mark.parametrize("prepare", ["false", "true"])
def test_a_killed_connection_is_replaced(
    toys: Toys, librarian: Toys, monkeypatch: pytest.MonkeyPatch, prepare: str
) -> None:
    from chalicelib.settings import settings

    monkeypatch.setenv("DB_PREPARE", prepare)
    settings.cache_clear()
    db.forget()
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    for _ in range(2):
        assert toys.get("/v1/books").status == 200
        toys.database.run(kill)
        assert toys.get("/v1/books").status == 200
    toys.database.run(kill)
    id = toys["solaris"]
    document = {"data": {"type": "book", "id": str(id), "attributes": {"pages": 1}}}
    first = librarian.patch(f"/v1/books/{id}", document)
    assert first.status in {200, 503}  # a write is not repeated behind the client's back
    assert librarian.patch(f"/v1/books/{id}", document).status == 200
