"""What organizers read of a programme costs the same number of statements, however many sessions there are."""

from typing import Any

import pytest

from chalicelib import db
from tests.factories.held_mail import make_held_mail
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
def test_more_sessions_are_no_more_statements(client: Client, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first request of a process knows less than the second, so each is sent twice."""
    counts = []
    for talks in (3, MANY):
        with db.transaction() as session:
            made = make_scene(session, talks=talks)
        counts.append(statements_of(client, made, path, monkeypatch))
    assert counts[0] == counts[1]
    assert counts[1] <= 4


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
