"""The state machine of sessions through HTTP: every former state, every kind of viewer, every new state.

The tables stand here as the former server's rules have them, and are not those of the code.
"""

from collections.abc import Callable
from typing import Any, Final

import pytest

from chalicelib.resources.programme.session.states import STATES
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
from tests.factories.speaker_invite import make_speaker_invite
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client

ON_THE_PROGRAMME: Final = {"accepted", "confirmed"}
ORGANIZERS: Final = {
    "draft": "",
    "pending": "accepted rejected confirmed withdrawn",
    "accepted": "pending rejected confirmed canceled withdrawn",
    "confirmed": "pending accepted rejected canceled withdrawn",
    "rejected": "pending accepted confirmed withdrawn",
    "canceled": "pending accepted rejected confirmed withdrawn",
    "withdrawn": "pending accepted rejected canceled",
}
SPEAKERS: Final = {
    "draft": "pending",
    "pending": "withdrawn",
    "accepted": "withdrawn",
    "confirmed": "withdrawn",
    "rejected": "withdrawn",
    "canceled": "withdrawn",
    "withdrawn": "",
}
BOTH: Final = {state: f"{ORGANIZERS[state]} {SPEAKERS[state]}" for state in STATES}
# Who may edit, and by which table; others are refused where they see the session, and find none elsewhere.
EDITORS: Final = {
    "owner": ORGANIZERS,
    "organizer": ORGANIZERS,
    "staff": ORGANIZERS,
    "owner who submitted it": BOTH,
    "coorganizer": SPEAKERS,
    "creator": SPEAKERS,
    "speaker": SPEAKERS,
    "speaker by address": SPEAKERS,
}
INVITED: Final = "invitee"
OTHERS: Final = ("track_organizer", "moderator", "registrar", "stranger")
ROLES: Final = ("organizer", "coorganizer", "track_organizer", "moderator", "registrar")


def expected(viewer: str, former: str, state: str) -> int:
    if viewer == "nobody":
        return 401 if former in ON_THE_PROGRAMME else 404
    if viewer in EDITORS:
        return 200 if state == former or state in EDITORS[viewer][former].split() else 403
    return 403 if former in ON_THE_PROGRAMME or viewer == INVITED else 404


def people(event: Any, owner: Any, session: Any, own: Any) -> dict[str, tuple[Any, Any]]:
    """(account, session that it tries to move) by kind of viewer."""
    accounts = {
        name: stored(make_user) for name in ("creator", "speaker", "speaker by address", *OTHERS, INVITED)
    }
    accounts["staff"] = stored(make_user, is_admin=True)
    accounts["owner"] = owner
    for role in ROLES:
        accounts[role] = stored(make_user)
        stored(make_users_events_roles, event=event, user=accounts[role], role=role)
    stored(make_speaker, event=event, user_id=accounts["speaker"].id, sessions=[session])
    stored(make_speaker, event=event, email=accounts["speaker by address"].email, sessions=[session])
    stored(make_speaker_invite, talk=session, email=accounts[INVITED].email)
    return {
        **{name: (account, session) for name, account in accounts.items()},
        "owner who submitted it": (owner, own),
        "nobody": (None, session),
    }


@pytest.fixture
def move(client: Client, database: TestDatabase) -> Callable[[str, str, str], int]:
    """The status of a PATCH by a viewer, from one state to another."""
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    session = stored(make_session, event=event)
    own = stored(make_session, event=event, creator_id=owner.id)
    everybody = people(event, owner, session, own)
    database.run(
        "UPDATE sessions SET creator_id = :id WHERE id = :at", id=everybody["creator"][0].id, at=session.id
    )

    def status(viewer: str, former: str, state: str) -> int:
        account, talk = everybody[viewer]
        database.run("UPDATE sessions SET state = :state WHERE id = :id", state=former, id=talk.id)
        asking = client.signed_in_as(account) if account else client
        sent = document("session", {"state": state}, talk.id)
        reply = asking.patch(f"/v1/sessions/{talk.id}", sent)
        if reply.status == 403 and viewer in EDITORS:
            assert reply.errors[0]["source"]["pointer"] == "/data/attributes/state"
        kept = database.one("SELECT state FROM sessions WHERE id = :id", id=talk.id)
        assert kept == (state if reply.status == 200 else former)
        return reply.status

    return status


@pytest.mark.parametrize("viewer", [*EDITORS, *OTHERS, INVITED, "nobody"])
def test_every_viewer_moves_a_session_by_their_table(
    move: Callable[[str, str, str], int], viewer: str
) -> None:
    answers = {(former, state): move(viewer, former, state) for former in STATES for state in STATES}
    assert answers == {(former, state): expected(viewer, former, state) for former, state in answers}
