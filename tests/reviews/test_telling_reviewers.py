"""Reviewers are told of what is assigned to them: once for what is assigned within minutes, if it is still so."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib import db
from chalicelib.tasks.tell_reviewers import tell_reviewer
from tests.factories import stored
from tests.reviews.scene import Scene, close, make_scene
from tests.reviews.test_assignment import propose
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump


def minutes_pass(database: TestDatabase, pump: Pump) -> dict[str, Any]:
    """What was enqueued for later is done; returns the mails by address, one for each."""
    pump.everything()
    database.run(
        "UPDATE outbox SET due_at = due_at - interval '1 hour', sent_at = NULL WHERE done_at IS NULL"
    )
    pump.tick("sweep_outbox")
    pump.everything()
    mails = {mail["to"][0]: mail for mail in pump.mails()}
    assert len(mails) == len(pump.mails())
    return mails


def told(database: TestDatabase) -> list[tuple[int, str, int]]:
    rows = database.rows(
        "SELECT user_id, message, count FROM notifications JOIN notification_contents c ON c.id = content_id "
        "WHERE type = 'review_assigned' ORDER BY user_id"
    )
    return [(row["user_id"], row["message"], row["count"]) for row in rows]


@pytest.fixture
def made(database: TestDatabase) -> Scene:
    return stored(make_scene)


def test_a_batch_is_one_mail_for_each_reviewer(
    made: Scene, client: Client, database: TestDatabase, pump: Pump
) -> None:
    assert made.assign(client, 0, 0).status == made.assign(client, 0, 1).status == 201
    assert propose(client, made, per_session=2).json["made"] == 22
    pump.everything()
    assert pump.mails() == []
    mails = minutes_pass(database, pump)
    assert mails.keys() == {account.email for account in made.accounts}
    first = mails[made.accounts[0].email]
    assert "8 sessions of" in first["text"]
    assert f"/reviews/{made.reviewers[0].id}" in first["text"]
    assert "Session 0" not in first["text"]
    ids = sorted(account.id for account in made.accounts)
    assert [(user, count) for user, _, count in told(database)] == [(id, 1) for id in ids]
    assert told(database)[0][1].startswith("8 sessions are assigned to you")
    assert propose(client, made, per_session=2).json["made"] == 0
    assert minutes_pass(database, pump).keys() == mails.keys()  # and nobody twice


def test_what_is_not_to_be_reviewed_any_more_is_not_told(
    made: Scene, client: Client, database: TestDatabase, pump: Pump
) -> None:
    for number, talk in ((0, 0), (0, 1), (1, 2), (2, 3)):
        assert made.assign(client, number, talk).status == 201
    rows = database.rows("SELECT id FROM review_assignments ORDER BY id")
    assert made.as_owner(client).delete(f"/v1/review-assignments/{rows[0]['id']}").status == 200
    database.run("UPDATE sessions SET state = 'accepted' WHERE id = :id", id=made.talks[2].id)
    database.run("UPDATE reviewers SET is_active = FALSE WHERE id = :id", id=made.reviewers[2].id)
    mails = minutes_pass(database, pump)
    assert mails.keys() == {made.accounts[0].email}
    assert "A session of" in mails[made.accounts[0].email]["text"]


def test_it_is_in_their_language_and_can_be_switched_off(
    made: Scene, client: Client, database: TestDatabase, pump: Pump
) -> None:
    database.run("UPDATE users SET language_preference = 'de' WHERE id = :id", id=made.accounts[0].id)
    assert made.assign(client, 0, 0).status == 201
    mails = minutes_pass(database, pump)
    assert mails[made.accounts[0].email]["subject"].startswith("Vorträge zur Begutachtung")
    database.run("UPDATE message_settings SET enabled = FALSE WHERE action = 'review_assigned'")
    database.run("UPDATE notification_settings SET enabled = FALSE WHERE type = 'review_assigned'")
    assert made.assign(client, 1, 0).status == 201
    assert minutes_pass(database, pump).keys() == mails.keys()
    assert [user for user, _, _ in told(database)] == [made.accounts[0].id]


def test_nothing_is_told_of_a_phase_that_is_over(
    made: Scene, client: Client, database: TestDatabase, pump: Pump
) -> None:
    assert made.assign(client, 0, 0).status == 201
    close(made.phase.id)
    assert minutes_pass(database, pump) == {}
    assert told(database) == []


def test_two_tasks_at_once_tell_once(made: Scene, client: Client, database: TestDatabase, pump: Pump) -> None:
    for talk in range(3):
        assert made.assign(client, 0, talk).status == 201
    pump.everything()

    def tell(_: int) -> None:
        with db.transaction() as session:
            tell_reviewer(session, made.reviewers[0].id)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(tell, range(3)))
    assert len(minutes_pass(database, pump)) == 1
    assert [count for _, _, count in told(database)] == [1]


def test_a_reviewer_who_is_removed_before_the_mail_is_sent_gets_none(
    made: Scene, client: Client, database: TestDatabase, pump: Pump
) -> None:
    assert made.assign(client, 0, 0).status == 201
    pump.everything()
    with db.transaction() as session:
        tell_reviewer(session, made.reviewers[0].id)
    reply = made.as_owner(client).delete(f"/v1/reviewers/{made.reviewers[0].id}")
    assert reply.status == 200, reply.text
    assert minutes_pass(database, pump) == {}
    assert database.rows("SELECT task FROM outbox WHERE attempts > 0") == []
