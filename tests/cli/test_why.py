"""`why`: the verdict is that of a request, and each part of the rule says whether it holds."""

from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.session import make_session
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

_METHODS = {"see": "GET", "change": "PATCH", "remove": "DELETE"}


def test_who_has_a_role_is_told_which(run: Run, database: TestDatabase) -> None:
    owner, buyer = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner)
    order = stored(make_order, event=event, user=buyer)
    ended = run("why", owner.email, "see", "order", str(order.id))
    assert ended.code == 0
    said = ended.out.splitlines()
    assert said[0] == f"yes: {owner.email} may see order {order.id}"
    assert f"yes: holds owner of event {event.id}" in [line.strip() for line in said]
    assert "no: is not the user it belongs to" in [line.strip() for line in said]
    ended = run("why", buyer.email, "see", "order", str(order.id))
    told = [line.strip() for line in ended.out.splitlines()]
    assert ended.code == 0
    assert "yes: is the user it belongs to" in told
    assert f"no: holds none of coorganizer, organizer, owner of event {event.id}" in told


def test_who_may_not_ends_with_1(run: Run, database: TestDatabase) -> None:
    stranger = stored(make_user)
    order = stored(make_order)
    for who in (stranger.email, "nobody"):
        ended = run("why", who, "see", "order", str(order.id))
        assert ended.code == 1
        assert ended.out.startswith(f"no: {who} may not see order {order.id}\n  no: any of these\n")
        assert ended.err == ""


def test_a_rule_that_leads_to_another_row_is_followed(run: Run, database: TestDatabase) -> None:
    event = stored(make_event, state="draft")
    session = stored(make_session, event=event, state="accepted")
    ended = run("why", "nobody", "see", "session", str(session.id), "--json")
    assert ended.code == 1
    assert ended.json["holds"] is False
    assert says(ended.json, "is not somebody who sees the event") == [False]
    assert says(ended.json, "its state is not published") == [False]
    assert says(ended.json, "its state is accepted") == [True]


def test_what_is_in_the_trash_is_not_seen(run: Run, database: TestDatabase) -> None:
    event = stored(make_event)
    assert run("why", "nobody", "see", "event", str(event.id)).code == 0
    database.run("UPDATE events SET deleted_at = now() WHERE id = :id", id=event.id)
    ended = run("why", "nobody", "see", "event", str(event.id))
    assert ended.code == 1
    assert "\n  no: it is not so that it is not in the trash\n" in ended.out


def test_a_private_event_is_seen_by_who_gives_its_identifier(run: Run, database: TestDatabase) -> None:
    event = stored(make_event, privacy="private")
    assert run("why", "nobody", "see", "event", str(event.id)).code == 1
    ended = run("why", "nobody", "see", "event", event.identifier)
    assert ended.code == 0
    assert "yes: gives its identifier" in ended.out


@pytest.mark.parametrize("verb", ["see", "change", "remove"])
def test_it_says_what_a_request_meets(run: Run, client: Client, database: TestDatabase, verb: str) -> None:
    owner, stranger = stored(make_user), stored(make_user, is_admin=False)
    admin = stored(make_user, is_admin=True)
    event = stored(make_event, owner=owner)
    sessions = [
        stored(make_session, event=event, state=state, creator_id=stranger.id)
        for state in ("draft", "accepted")
    ]
    for session in sessions:
        for user in (owner, admin, stranger, stored(make_user), None):
            asking = client.signed_in_as(user) if user is not None else client
            who = user.email if user is not None else "nobody"
            code = run("why", who, verb, "session", str(session.id)).code
            document = {"data": {"type": "session", "id": str(session.id), "attributes": {"title": "Other"}}}
            sent = document if verb == "change" else None
            reply = asking.request(_METHODS[verb], f"/v1/sessions/{session.id}", json=sent)
            assert (code == 0) is (reply.status == 200), (who, session.state, reply.text)
            database.run("UPDATE sessions SET deleted_at = NULL")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("lost@example.org", "see", "event", "1"), "there is no account with the address lost@example.org"),
        (("nobody", "see", "unicorn", "1"), "there is no type unicorn; there are access-code,"),
        (("nobody", "see", "event", "999999"), "there is no event 999999"),
        (("nobody", "see", "ticket", "xyz"), "xyz is no id, and ticket has no identifier"),
        (("nobody", "create", "event", "1"), "create is asked of a row that is not there yet"),
        (("nobody", "change", "admin-sales-fees", "1"), "there is no request to change admin-sales-fees"),
    ],
)
def test_what_cannot_be_told_is_refused_in_one_line(
    run: Run, database: TestDatabase, arguments: tuple[str, ...], complaint: str
) -> None:
    ended = run("why", *arguments)
    assert ended.code == 1
    assert ended.err.startswith(f"why: {complaint}")
    assert ended.err.count("\n") == 1


def test_a_verb_that_is_not_known_and_an_account_that_may_not_act(run: Run, database: TestDatabase) -> None:
    assert run("why", "nobody", "admire", "event", "1").code == 2
    blocked = stored(make_user, is_blocked=True)
    ended = run("why", blocked.email, "see", "event", "1")
    assert (ended.code, "may not act" in ended.err) == (1, True)


def says(part: Any, text: str) -> list[bool]:
    """The verdicts on the parts that say this."""
    found = [part["holds"]] if part["says"] == text else []
    return found + [verdict for item in part["parts"] for verdict in says(item, text)]
