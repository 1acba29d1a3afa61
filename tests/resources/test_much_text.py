"""However much somebody writes, everybody else's lists stay as they are."""

from typing import Any

import pytest

from chalicelib.resources import REGISTRY
from chalicelib.settings import settings
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.custom_form import make_custom_form
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.session import make_session
from tests.factories.social_link import make_social_link
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client, Reply

WIDE = "\U00020000"  # four bytes


def changed(client: Client, resource: str, row: Any, **attributes: Any) -> Reply:
    sent = {name.replace("_", "-"): value for name, value in attributes.items()}
    return client.patch(f"/v1/{resource}s/{row.id}", document(resource, sent, row.id))


def test_a_page_of_the_longest_events_is_an_answer(client: Client) -> None:
    owner = stored(make_user)
    mine = client.signed_in_as(owner)
    most = REGISTRY["event"].most_bytes
    for number in range(20):
        event = stored(make_event, owner=owner, name=f"Long {number}")
        whole = changed(mine, "event", event, description=WIDE * 50_000)
        assert whole.status == 200, whole.text
        refused = changed(mine, "event", event, code_of_conduct=WIDE * 50_000)
        assert refused.status == 422
        assert refused.errors[0]["source"] == {"pointer": "/data/attributes/code-of-conduct"}
        rest = changed(mine, "event", event, code_of_conduct=WIDE * ((most - 210_000) // 4))
        assert rest.status == 200, rest.text
    page = client.get("/v1/events", headers={"Accept-Encoding": "gzip"})
    assert (page.status, len(page.data)) == (200, 20)
    assert len(page.text.encode()) < settings().max_answer_bytes
    # Without gzip Lambda counts the escapes of such letters, and the page ends earlier; its links lead on.
    found: list[str] = []
    link: str | None = "/v1/events"
    while link:
        plain = client.get(link)
        assert plain.status == 200
        found += [resource["id"] for resource in plain.data]
        link = plain.json["links"].get("next")
    assert found == [resource["id"] for resource in page.data]


@pytest.mark.parametrize(
    "resource",
    [resource for resource in REGISTRY if resource.model is not None],
    ids=lambda resource: resource.type,
)
def test_twenty_of_the_longest_rows_fit_into_one_answer(resource: Any) -> None:
    relations = len(REGISTRY.relations[resource.type]) * 400  # addresses of each
    assert 20 * (resource.most_bytes + relations) < settings().max_answer_bytes


def test_one_buyer_with_long_addresses_takes_the_list_from_nobody(client: Client) -> None:
    owner, buyer = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner)
    attendee = stored(make_attendee, order=stored(make_order, event=event, user=buyer, status="initializing"))
    mine = client.signed_in_as(buyer)
    names = (
        "address",
        "billing-address",
        "home-address",
        "shipping-address",
        "work-address",
        "company",
        "city",
    )
    long = mine.patch(
        f"/v1/attendees/{attendee.id}",
        document("attendee", dict.fromkeys(names, "x" * 130_000), attendee.id),
    )
    assert long.status == 422
    assert {error["source"]["pointer"] for error in long.errors} == {
        f"/data/attributes/{name}" for name in names
    }
    longest = mine.patch(
        f"/v1/attendees/{attendee.id}",
        document("attendee", {**dict.fromkeys(names, WIDE * 255), "home-wiki": WIDE * 255}, attendee.id),
    )
    assert longest.status == 200, longest.text
    shown = client.signed_in_as(owner).get(f"/v1/events/{event.id}/attendees?page[size]=0")
    assert shown.status == 200
    assert len(shown.text.encode()) < 25_000


def test_what_was_stored_before_there_was_a_rule_is_shown_and_its_neighbors_change(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, is_sessions_speakers_enabled=True)
    long = "x" * 150_000
    session = stored(make_session, event=event, long_abstract=long, website="javascript:alert(1)")
    mine = client.signed_in_as(owner)
    assert mine.get(f"/v1/sessions/{session.id}").data["attributes"]["long-abstract"] == long
    # Clients send the whole of it back.
    sent = {"title": "New", "long_abstract": long, "website": "javascript:alert(1)"}
    kept = changed(mine, "session", session, **sent)
    assert kept.status == 200, kept.text
    assert kept.data["attributes"]["title"] == "New"
    assert kept.data["attributes"]["long-abstract"] == long
    assert changed(mine, "session", session, comments="More").status == 422  # it grows
    assert changed(mine, "session", session, long_abstract=f"{long}x").status == 422
    assert changed(mine, "session", session, website="javascript:alert(2)").status == 422
    assert changed(mine, "session", session, long_abstract="Short", comments="More").status == 200


def test_the_translations_of_a_field_are_no_more_than_it_can_show(client: Client) -> None:
    owner = stored(make_user)
    field = stored(make_custom_form, event=stored(make_event, owner=owner), field_identifier="size")
    mine = client.signed_in_as(owner)
    languages = ("de", "el", "es", "fr", "it", "nl", "pl", "pt", "ru", "tr")
    many = [{"name": "x" * 5_000, "language_code": code} for code in languages]
    body = document("custom-form", {"translations": many}, field.id)
    assert mine.patch(f"/v1/custom-forms/{field.id}", body).status == 200
    refused = mine.patch(f"/v1/custom-forms/{field.id}", body)
    assert refused.status == 422, refused.text
    assert refused.errors[0]["source"] == {"pointer": "/data/attributes/translations"}
    links = {"custom_form": ("custom-form", field)}
    more = {"name": "x" * 5_000, "language-code": "de", "form-id": "1"}
    statuses = [
        mine.post("/v1/custom-form-translates", document("custom-form-translate", more, **links)).status
        for _ in range(2)
    ]
    assert statuses == [201, 422]
    shown = mine.get(f"/v1/custom-forms/{field.id}").data["attributes"]["translations"]
    assert len(shown) == 11


def test_an_empty_text_is_null_where_links_and_moments_may_be(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    mine = client.signed_in_as(owner)
    session = stored(make_session, event=event, slides_url="https://example.org/slides")
    cleared = changed(mine, "session", session, slides_url="", video_url="", starts_at="")
    assert cleared.status == 200, cleared.text
    shown = cleared.data["attributes"]
    assert (shown["slides-url"], shown["video-url"], shown["starts-at"]) == (None, None, None)


def test_links_that_people_send_are_taken(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    mine = client.signed_in_as(owner)
    links = [
        "https://example.org/",
        "http://localhost:4200/a?b=c&d=e#f",
        "https://twitter.com/eventyay",
        "mailto:ada@example.org",
        "MAILTO:ada@example.org?subject=Hello",
        "https://müller.example/pfad/ß",
    ]
    for link in links:
        sent = changed(
            mine, "event", event, document_links=[{"name": "Plan", "link": link}], public_stream_link=link
        )
        assert sent.status == 200, (link, sent.text)
        assert sent.data["attributes"]["document-links"] == [{"name": "Plan", "link": link}]
    social = stored(make_social_link, event=event)
    path = f"/v1/social-links/{social.id}"
    assert mine.patch(path, document("social-link", {"link": links[3]}, social.id)).status == 200
    refused = mine.patch(path, document("social-link", {"link": "mailto:<script>"}, social.id))
    assert refused.status == 422
    assert changed(mine, "event", event, public_stream_link="").status == 200  # as pages empty a field
