"""What organizers read of a programme costs the same number of statements, however many sessions there are."""

from typing import Any

import pytest

from chalicelib import db
from tests.reviews.scene import Scene, make_scene
from tests.support.http_client import Client
from tests.support.statements import counted_statements

MANY = 120
INCLUDED = "speakers,track,session-type,microlocation,review-result,speaker-invites,submission-call,creator"
LISTS = (
    f"sessions?include={INCLUDED}",
    "sessions?include=speakers.sessions.track&sort=track.name&page[size]=0",
    "speakers?include=sessions.track,sessions.session-type,sessions.microlocation",
    "review-results?include=session.speakers,session.track&sort=-mean",
    "review-assignments?include=proposal.track,reviewer",
    "proposals?include=track,session-type,reviews.reviewer,conflicts",
    "tracks?include=sessions.speakers",
    "held-mails?include=session",
    "schedule-conflicts",
    "schedule-diff",
)


@pytest.mark.parametrize("path", LISTS)
def test_more_sessions_are_no_more_statements(
    client: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first request of a process knows less than the second, so each is sent twice."""
    counts = []
    for talks in (3, MANY):
        with db.transaction() as session:
            made = make_scene(session, talks=talks)
        counts.append(statements_of(client, made, path, monkeypatch))
    assert counts[0] == counts[1]
    assert counts[1] <= 4


def test_more_held_mails_are_no_more_statements(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that change the sessions come on top, with mails or without."""
    counts: list[int] = []
    for talks in (4, 40):
        with db.transaction() as session:
            made = make_scene(session, talks=talks)
        ids = [str(talk.id) for talk in made.talks]
        decide = f"/v1/events/{made.event.id}/sessions/decide"
        sent = []
        for mails, chosen in (("none", ids[: talks // 2]), ("held", ids[talks // 2 :])):
            body = {"sessions": chosen, "state": "accepted", "mails": mails}
            with counted_statements(monkeypatch) as seen:
                reply = made.as_owner(client).post(decide, body)
            assert reply.json["held_mails"] == (len(chosen) if mails == "held" else 0)
            sent.append(len(seen))
        counts.append(sent[1] - sent[0])
    assert counts[0] == counts[1]


def statements_of(client: Client, made: Scene, path: str, monkeypatch: pytest.MonkeyPatch) -> int:
    asking: Any = made.as_owner(client)
    separator = "&" if "?" in path else "?"
    size = "" if "size" in path or "schedule" in path else f"{separator}page[size]={MANY}"
    address = f"/v1/events/{made.event.id}/{path}{size}"
    first = asking.get(address)
    assert first.status == 200, first.text
    with counted_statements(monkeypatch) as seen:
        assert asking.get(address).status == 200
    return len([sql for sql in seen if not sql.lower().startswith(("begin", "commit", "rollback"))])
