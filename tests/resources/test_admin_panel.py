"""Calls of the admin panel: events counted by topic and type, the search over events, the texts for translators."""

import io
import zipfile

import pytest

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.event_topic import make_event_topic
from tests.factories.event_type import make_event_type
from tests.factories.user import make_user
from tests.support.http_client import Client
from tests.support.statements import counted_statements

STATISTICS = "/v1/admin/statistics"
TRANSLATIONS = "/v1/admin/content/translations/all"


def test_events_are_counted_that_the_viewer_sees(client: Client) -> None:
    music, dance = stored(make_event_topic, name="Music"), stored(make_event_topic, name="Dance")
    fair = stored(make_event_type, name="Fair")
    owner = stored(make_user)
    stored(make_event, state="published", event_topic_id=music.id, event_type_id=fair.id)
    stored(make_event, state="draft", event_topic_id=music.id, event_type_id=fair.id, owner=owner)
    stored(make_event, state="published", privacy="private", event_topic_id=music.id, event_type_id=fair.id)
    counts = [
        (client.signed_in_as(stored(make_user)), 1),
        (client.signed_in_as(owner), 2),
        (client.signed_in_as(stored(make_user, is_admin=True)), 3),
    ]
    for viewer, count in counts:
        topics = viewer.get(f"{STATISTICS}/event-topics")
        expected = [
            {"name": "Dance", "id": dance.id, "count": 0},
            {"name": "Music", "id": music.id, "count": count},
        ]
        assert (topics.status, topics.json) == (200, expected)
        types = viewer.get(f"{STATISTICS}/event-types")
        assert (types.status, types.json) == (200, [{"name": "Fair", "id": fair.id, "count": count}])
    for name in ("event-topics", "event-types"):
        assert client.get(f"{STATISTICS}/{name}").status == 401


def test_events_are_found_by_their_words(client: Client) -> None:
    owner = stored(make_user)
    summit = stored(make_event, state="published", name="FOSS summit 100%", location_name="Lyon", owner=owner)
    stored(make_event, state="published", name="Foss_meeting", location_name="Lyon")
    draft = stored(make_event, state="draft", name="Secret summit", owner=owner)
    private = stored(make_event, state="published", privacy="private", name="Hidden summit")
    for query, count in [
        ({"name": "foss SUMMIT"}, 1), ({"name": "foss"}, 2), ({"name": "100%"}, 1), ({"name": "0%0"}, 0),
        ({"location-name": "lyon"}, 2), ({"location_name": "lyon", "name": "summit"}, 1), ({"name": "nothing"}, 0),
        ({"name": "foss_"}, 1), ({}, 2), ({"owner-name": "'; DROP TABLE events; --"}, 0),
    ]:  # fmt: skip
        found = client.get("/v1/search/events", query=query)
        assert (found.status, len(found.json)) == (200, count), query
    (hit,) = client.get("/v1/search/events", query={"name": "summit"}).json
    assert hit["meta"] == {"id": str(summit.id), "index": "event"}
    assert (hit["id"], hit["identifier"], hit["location_name"]) == (summit.id, summit.identifier, "Lyon")
    mine = client.signed_in_as(owner).get("/v1/search/events", query={"name": "summit"})
    assert {item["id"] for item in mine.json} == {summit.id, draft.id}
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    assert private.id in {
        item["id"] for item in staff.get("/v1/search/events", query={"name": "summit"}).json
    }
    many = client.get("/v1/search/events", query={"name": " ".join(map(str, range(21)))})
    assert (many.status, many.errors[0]["source"]) == (400, {"parameter": "name"})
    long = client.get("/v1/search/events", query={"owner-description": "x" * 201})
    assert (long.status, long.errors[0]["source"]) == (400, {"parameter": "owner-description"})


def test_ten_are_found_by_one_statement(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(11):
        stored(make_event, state="published", name="Summit")
    with counted_statements(monkeypatch) as statements:
        assert len(client.get("/v1/search/events", query={"name": "summit"}).json) == 10
    assert len([sql for sql in statements if "begin" not in sql]) == 1


@pytest.mark.parametrize(("words", "is_led"), [("summit", True), ("su mm", False), ("su summit", True)])
def test_an_index_is_asked_for_words_of_three_characters(
    client: Client, monkeypatch: pytest.MonkeyPatch, words: str, is_led: bool
) -> None:
    stored(make_event, state="published", name="Summit")
    with counted_statements(monkeypatch) as statements:
        assert len(client.get("/v1/search/events", query={"name": words}).json) == 1
    # Without a trigram to look up, the whole index would be read.
    assert any("trigrams(" in sql for sql in statements) is is_led


@pytest.mark.parametrize("address", [TRANSLATIONS, f"{TRANSLATIONS}/"])
def test_staff_get_the_texts_of_mails_for_translators(client: Client, address: str) -> None:
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    answer = staff.get(address, headers={"Accept": "*/*", "Accept-Encoding": "gzip"})
    assert (answer.status, answer.headers["content-type"]) == (200, "application/zip")
    assert "content-encoding" not in answer.headers
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["messages.pot"]
        text = archive.read("messages.pot").decode()
    assert "charset=UTF-8" in text
    assert "#: verification/subject.txt:1\n" in text
    assert client.get(address).status == 401
    assert client.signed_in_as(stored(make_user)).get(address).status == 403


@pytest.mark.parametrize("provider", ["facebook", "google", "twitter", "instagram", "nosuch"])
def test_no_provider_of_sign_in_is_configured(client: Client, provider: str) -> None:
    for method, path in (
        ("GET", f"/v1/auth/oauth/{provider}"),
        ("POST", f"/v1/auth/oauth/login/{provider}?code=4f0a&redirect_uri=https%3A%2F%2Fexample.org"),
        ("POST", f"/v1/auth/oauth/login/{provider}/4f0a/?redirect_uri=https%3A%2F%2Fexample.org"),
    ):
        answer = client.request(method, path)
        assert answer.status == 404
        assert answer.json["message"] == answer.errors[0]["detail"]
        assert answer.errors[0]["source"] == {"pointer": ""}
    # The former address of the platform's own token: there is no such action.
    assert client.get(f"/v1/auth/oauth/token/{provider}").status == 404
