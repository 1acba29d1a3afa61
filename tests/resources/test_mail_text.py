"""Texts of an event for kinds of mails: in its language, with placeholders of a list, previewed, copied."""

from dataclasses import fields

import pytest

from chalicelib.resources.events.mail_text import LANGUAGES, PLACEHOLDERS
from chalicelib.values.messages import MAILS, languages
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.mail_text import make_mail_text
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.tasks.order_scene import happens, mails, scene
from tests.tasks.test_mail_templates import KINDS


def test_placeholders_are_fields_of_their_kinds_and_everybody_may_see_them(client: Client) -> None:
    by_folder = {kind.folder: {field.name for field in fields(kind)} for kind in KINDS}
    for kind, names in PLACEHOLDERS.items():
        assert set(names) <= by_folder[kind]
    assert languages(MAILS) == LANGUAGES
    listed = client.get("/v1/mail-placeholders").json
    assert listed["order_to_guest"] == ["event", "text"]
    assert listed.keys() == PLACEHOLDERS.keys()


def test_mails_have_the_texts_of_the_event_in_the_language_of_the_reader(
    client: Client, database: TestDatabase, pump: Pump, signals_on: None
) -> None:
    told = scene(name="Jazz {total} Days")
    database.run("UPDATE users SET language_preference = 'de' WHERE id = :id", id=told.buyer.id)
    owner = client.signed_in_as(told.owner)
    for kind, language, subject, message in (
        (
            "order_to_buyer",
            "de",
            "Bis bald bei {event}",
            "Bringen Sie <b>{ total }</b> & eine Tasse mit.\n{text}\nBis bald",
        ),
        ("order_to_buyer", "en", "not in this language", None),
        ("order_to_guest", "en", None, "You come to {event}."),
    ):
        sent = document(
            "mail-text", {"kind": kind, "language": language, "subject": subject, "message": message}
        )
        sent["data"]["relationships"] = {"event": {"data": {"type": "event", "id": str(told.event.id)}}}
        assert owner.post("/v1/mail-texts", sent).status == 201
        assert owner.post("/v1/mail-texts", sent).status == 409
    happens("completed", told.order)
    pump.everything()
    sent_mails = mails(pump)
    bought = sent_mails[told.buyer.email]
    # A value is filled in once: what stands in braces in the event's name is no placeholder.
    assert bought["subject"] == "Bis bald bei Jazz {total} Days"
    lines = [line for line in bought["text"].splitlines() if line]
    assert lines[0] == "Bringen Sie 50,00 EUR & eine Tasse mit."
    assert "Summe: 50,00 EUR" in lines
    assert "Bis bald" in lines
    guest = sent_mails["grace@example.org"]
    assert guest["subject"] == "Your tickets for Jazz {total} Days"
    assert guest["text"].split()[:9] == [
        "You",
        "come",
        "to",
        "Jazz",
        "{total}",
        "Days.",
        "See",
        "the",
        "order:",
    ]
    assert told.code(1) not in guest["text"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{password}", "{password}"),
        ("{event.owner.email}", "{event.owner.email}"),
        ("{event!r:>10}", "{event!r:>10}"),
        ("{{ event }}", "{"),
        ("{% for a in range(9) %}", "{% for a in range(9) %}"),
        ("a stray {", "{"),
        ("a stray }", "}"),
        ("{}", "{}"),
        ("&#123;password&#125;", "{password}"),
        ("{speaker}", "{speaker}"),
    ],
)
def test_a_stray_brace_or_an_unknown_placeholder_is_422_with_a_pointer(
    client: Client, text: str, wrong: str
) -> None:
    user = stored(make_user)
    row = stored(make_mail_text, kind="order_to_buyer", event=stored(make_event, owner=user))
    owner = client.signed_in_as(user)
    for member in ("subject", "message"):
        changed = owner.patch(f"/v1/mail-texts/{row.id}", document("mail-text", {member: text}, row.id))
        previewed = owner.post(
            f"/v1/events/{row.event_id}/mail-texts/preview", {"kind": "order_to_buyer", member: text}
        )
        for reply, pointer in ((changed, f"/data/attributes/{member}"), (previewed, f"/{member}")):
            assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, pointer)
            assert f"There is no placeholder {wrong};" in reply.errors[0]["detail"]


def test_previews_are_for_the_team_and_refuse_what_is_not_understood(client: Client, pump: Pump) -> None:
    told = scene()
    address = f"/v1/events/{told.event.id}/mail-texts/preview"
    sent = {"kind": "order_to_buyer", "language": "de", "subject": "Zu {event}", "message": "Hallo\n{text}"}
    owner = client.signed_in_as(told.owner)
    shown = owner.post(address, sent)
    assert (shown.status, shown.json["subject"]) == (200, "Zu Harbour Jazz Days")
    assert shown.json["paragraphs"][0] == "Hallo"
    assert len(shown.json["paragraphs"]) == 2
    spaced = owner.post(address, {**sent, "message": "<p>Hallo</p><p>{ text }</p>"})
    assert spaced.json["paragraphs"] == shown.json["paragraphs"]
    for viewer, status in ((client, 401), (client.signed_in_as(stored(make_user)), 403)):
        assert viewer.post(address, sent).status == status
    for changes, pointer in (
        ({"kind": "password_reset"}, "/kind"),
        ({"kind": None}, "/kind"),
        ({"language": "xx"}, "/language"),
        ({"language": []}, "/language"),
        ({"subject": 7}, "/subject"),
        ({"message": "x" * 5_001}, "/message"),
        ({"subject": "", "message": " "}, "/subject"),
        ({"subject": "{text}"}, "/subject"),
        ({"subject": "&#123; text }"}, "/subject"),
        ({"message": "Hallo {text}"}, "/message"),
        ({"message": "{text} {text}"}, "/message"),
        ({"message": "{\nevent}"}, "/message"),
        ({"subject": "<p></p>", "message": "<p> </p>"}, "/subject"),
        ({"more": 1}, "/more"),
    ):
        reply = owner.post(address, {**sent, **changes})
        assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, pointer)
    assert pump.mails() == []


def test_they_are_seen_and_written_by_the_team_alone(client: Client) -> None:
    user = stored(make_user)
    row = stored(make_mail_text, event=stored(make_event, owner=user))
    for viewer in (client, client.signed_in_as(stored(make_user))):
        assert viewer.get(f"/v1/mail-texts/{row.id}").status in {401, 403, 404}
        assert viewer.delete(f"/v1/mail-texts/{row.id}").status in {401, 403, 404}
    owner = client.signed_in_as(user)
    assert owner.get(f"/v1/events/{row.event_id}/mail-texts").data[0]["id"] == str(row.id)
    empty = document("mail-text", {"subject": None, "message": None}, row.id)
    assert owner.patch(f"/v1/mail-texts/{row.id}", empty).status == 422
    assert owner.delete(f"/v1/mail-texts/{row.id}").status == 200
