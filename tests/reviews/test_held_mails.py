"""Released mails are all sent: beyond a day's limit later, after a confirmation in fitting words, or they say why not."""

from typing import Any

import pytest

from chalicelib import db
from chalicelib.settings import settings
from tests.factories import stored
from tests.reviews.scene import Scene, make_scene
from tests.reviews.test_decisions import decide, held, ids, settle
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump


def a_day_passes(database: TestDatabase, pump: Pump) -> None:
    """What is counted is a day old, and what waited is due."""
    database.run("UPDATE rate_limits SET free_at = free_at - 86400")
    database.run("UPDATE outbox SET due_at = due_at - interval '1 day' WHERE sent_at IS NULL")
    pump.tick("sweep_outbox")
    pump.everything()


def test_what_is_beyond_a_day_s_limit_is_sent_later(
    client: Client,
    database: TestDatabase,
    pump: Pump,
    environment: pytest.MonkeyPatch,
    limits_on: None,
) -> None:
    for name in ("SPEAKER_MAILS", "SPEAKER_MAILS_UNVERIFIED"):
        environment.setenv(f"LIMIT_{name}", "1/1d")
    settings.cache_clear()
    made = stored(make_scene, talks=5, reviewers=0)
    decide(client, made, sessions=ids(made), state="accepted")
    mails = [mail["id"] for mail in held(client, made)]
    answer = settle(client, made, "release", all=True).json
    assert answer["mails"] == mails
    assert 1 <= len(answer["later"]) < 5
    assert set(answer["later"]) <= set(mails)
    assert {mail["attributes"]["state"] for mail in held(client, made)} == {"released"}
    pump.everything()
    assert len(pump.mails()) == 1
    for _ in range(10):
        if len(pump.mails()) < 5:
            a_day_passes(database, pump)
    assert sorted(mail["to"][0] for mail in pump.mails()) == sorted(
        speaker.email for speaker in made.speakers
    )


def move(client: Client, made: Scene, talk: int, state: str) -> None:
    reply = made.as_owner(client).patch(
        f"/v1/sessions/{made.talks[talk].id}", document("session", {"state": state}, made.talks[talk].id)
    )
    assert reply.status == 200, reply.text


def test_who_has_confirmed_gets_a_fitting_mail_and_who_has_withdrawn_none(
    client: Client, database: TestDatabase, pump: Pump
) -> None:
    made = stored(make_scene, talks=4, reviewers=0)
    decide(client, made, sessions=ids(made), state="accepted")
    edited = held(client, made)[1]
    words = document("held-mail", {"message": "Bring a laptop."}, edited["id"])
    assert made.as_owner(client).patch(f"/v1/held-mails/{edited['id']}", words).status == 200
    for talk, state in ((0, "confirmed"), (1, "confirmed"), (2, "withdrawn")):
        move(client, made, talk, state)
    assert settle(client, made, "release", all=True).status == 200
    pump.everything()
    texts: dict[str, Any] = {
        mail["to"][0]: (mail["subject"], mail["text"])
        for mail in pump.mails()
        if mail["to"][0] in {speaker.email for speaker in made.speakers}
    }
    emails = [speaker.email for speaker in made.speakers]
    assert texts.keys() == set(emails) - {emails[2]}
    assert texts[emails[0]][0].endswith("is confirmed")
    assert "is accepted" not in texts[emails[0]][1]
    assert texts[emails[1]][1].strip() == "Bring a laptop."
    assert texts[emails[3]][0].endswith("is accepted")
    states = [mail["attributes"]["state"] for mail in held(client, made)]
    assert states == ["released", "released", "outdated", "released"]
    refused = settle(client, made, "release", mails=[held(client, made)[2]["id"]])
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (409, "/mails/0")


def test_a_held_mail_is_written_in_the_language_it_was_held_in(
    client: Client, database: TestDatabase, pump: Pump
) -> None:
    made = stored(make_scene, talks=1, reviewers=0)
    with db.transaction() as session:
        db.fetch(
            session, "UPDATE users SET language_preference = 'ar' WHERE email = $1", [made.speakers[0].email]
        )
    decide(client, made, sessions=ids(made), state="accepted")
    database.run("UPDATE users SET language_preference = 'de'")
    settle(client, made, "release", all=True)
    pump.everything()
    (mail,) = pump.mails()
    assert mail["headers"]["content-language"] == "ar"
    assert 'dir="rtl"' in mail["html"]
