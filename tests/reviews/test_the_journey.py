"""From the invitation of three reviewers to twelve decided sessions, over HTTP, as organizers and reviewers do."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump


def ok(reply: Reply) -> Any:
    """The document's data; what is refused is a failure."""
    assert reply.status in {200, 201}, reply.text
    return reply.data


@pytest.mark.usefixtures("signals_on")
def test_three_reviewers_two_tracks_twelve_sessions(client: Client, pump: Pump) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, is_sessions_speakers_enabled=True)
    organizer, here = client.signed_in_as(owner), ("event", event)
    tracks = [
        ok(organizer.post("/v1/tracks", document("track", {"name": name, "color": "#ff0000"}, event=here)))[
            "id"
        ]
        for name in ("Compilers", "Networks")
    ]
    talks = []
    for number in range(12):
        talk = stored(
            make_session,
            event=event,
            state="pending",
            title=f"Talk {number}",
            submitted_at=clock.now(),
            track_id=int(tracks[number % 2]),
        )
        stored(make_speaker, event=event, name=f"Ada {number}", sessions=[talk])
        talks.append(talk)

    # Two phases, of which the first is open, and two criteria.
    now = clock.now()
    times = {
        "opens-at": (now - timedelta(hours=1)).isoformat(),
        "closes-at": (now + timedelta(days=1)).isoformat(),
    }
    phase = ok(
        organizer.post(
            "/v1/review-phases",
            document("review-phase", {"name": "Blind", "allows-discussion": True, **times}, event=here),
        )
    )["id"]
    overlapping = organizer.post(
        "/v1/review-phases", document("review-phase", {"name": "Open", **times}, event=here)
    )
    assert (overlapping.status, overlapping.errors[0]["source"]["pointer"]) == (
        409,
        "/data/attributes/opens-at",
    )
    later = {"opens-at": times["closes-at"], "closes-at": (now + timedelta(days=2)).isoformat()}
    ok(
        organizer.post(
            "/v1/review-phases",
            document("review-phase", {"name": "Open", "is-anonymous": False, **later}, event=here),
        )
    )
    criteria = [
        int(
            ok(
                organizer.post(
                    "/v1/review-criteria",
                    document(
                        "review-criterion",
                        {"name": name, "weight": weight, "maximum": highest, "is-required": True},
                        event=here,
                    ),
                )
            )["id"]
        )
        for name, weight, highest in (("Relevance", 3, 5), ("Clarity", 1, 3))
    ]

    # Reviewers are invited by mail, and accept. The third covers Networks alone.
    team = ok(
        organizer.post(
            "/v1/review-teams",
            document("review-team", {"name": "Networkers"}, event=here, tracks=[("track", tracks[1])]),
        )
    )["id"]
    people, reviewers = [stored(make_user) for _ in range(3)], []
    for number, person in enumerate(people):
        links = {"team": ("review-team", team)} if number == 2 else {}
        made = ok(
            organizer.post(
                "/v1/reviewers",
                document("reviewer", {"email": person.email, "name": f"R{number}"}, event=here, **links),
            )
        )
        assert made["attributes"]["status"] == "pending"
        reviewers.append(made["id"])
    pump.everything()
    assert {mail["to"][0] for mail in pump.mails()} >= {person.email for person in people}
    for number, person in enumerate(people):
        asking = client.signed_in_as(person)
        if number:
            assert asking.post(f"/v1/reviewers/{reviewers[0]}/accept").status == 404
        assert asking.post(f"/v1/reviewers/{reviewers[number]}/accept").status == 200
        assert asking.post(f"/v1/reviewers/{reviewers[number]}/accept").status == 409
        assert asking.get("/v1/proposals").json["meta"]["count"] == 0

    # Assignment: two for each session, evenly; asked again, nothing is new.
    proposed = organizer.post(
        f"/v1/events/{event.id}/review-assignments/propose", {"phase": phase, "per_session": 2}
    )
    assert proposed.json == {"made": 24, "kept": 0, "short": []}
    again = organizer.post(
        f"/v1/events/{event.id}/review-assignments/propose", {"phase": phase, "per_session": 2}
    )
    assert again.json == {"made": 0, "kept": 24, "short": []}

    # Everybody reviews what they see: session n has the scores (1 + n % 5, 1 + n % 3).
    for number, person in enumerate(people):
        asking = client.signed_in_as(person)
        seen = ok(asking.get("/v1/proposals", query={"page[size]": 50, "include": "track"}))
        assert len(seen) in {6, 9}
        assert all(row["attributes"]["speaker-names"] is None for row in seen)
        for row in seen:
            place = int(row["attributes"]["title"].removeprefix("Talk "))
            scores = [
                {"criterion": criteria[0], "score": 1 + place % 5},
                {"criterion": criteria[1], "score": 1 + place % 3},
            ]
            links = {"proposal": ("proposal", row["id"]), "reviewer": ("reviewer", reviewers[number])}
            missing = asking.post(
                "/v1/reviews", document("review", {"scores": scores[:1]}, event=here, **links)
            )
            assert (missing.status, missing.errors[0]["detail"]) == (422, "Required: Clarity.")
            made = ok(
                asking.post(
                    "/v1/reviews", document("review", {"scores": scores, "text": "Fine"}, event=here, **links)
                )
            )
            expected = round(100 * (3 * (place % 5) / 4 + (place % 3) / 2) / 4, 2)
            assert made["attributes"]["mean"] == expected
            ok(
                asking.post(
                    "/v1/review-comments",
                    document("review-comment", {"text": "I like it"}, event=here, proposal=links["proposal"]),
                )
            )
            others = ok(asking.get(f"/v1/proposals/{row['id']}/reviews"))
            assert 1 <= len(others) <= 2
            assert asking.get(f"/v1/sessions/{row['id']}").status == 404

    # Organizers see means and spreads, on sessions too, and accept the best in bulk.
    results = ok(
        organizer.get(f"/v1/events/{event.id}/review-results", query={"sort": "-mean", "page[size]": 50})
    )
    assert len(results) == 12
    assert {result["attributes"]["reviews"] for result in results} == {2}
    assert {result["attributes"]["spread"] for result in results} == {0.0}
    assert results[0]["attributes"]["mean"] >= results[11]["attributes"]["mean"]
    shown = organizer.get(f"/v1/sessions/{talks[4].id}", query={"include": "review-result"})
    assert shown.json["included"][0]["attributes"]["mean"] == 87.5
    decided = organizer.post(
        f"/v1/events/{event.id}/sessions/decide", {"best": {"count": 3}, "state": "accepted"}
    )
    assert decided.status == 200, decided.text
    best = [item["id"] for item in decided.json["sessions"]]
    assert best == [result["id"] for result in results[:3]]
    rest = [str(talk.id) for talk in talks if str(talk.id) not in best]
    rejected = organizer.post(
        f"/v1/events/{event.id}/sessions/decide", {"sessions": rest, "state": "rejected"}
    )
    assert (rejected.status, rejected.json["held_mails"]) == (200, 9)

    # Nothing is sent until it is released.
    before = len(pump.mails())
    pump.everything()
    assert len(pump.mails()) == before
    held = ok(organizer.get(f"/v1/events/{event.id}/held-mails", query={"page[size]": 50}))
    accepted = [mail for mail in held if "is accepted" in mail["attributes"]["subject"]]
    assert (len(held), len(accepted)) == (12, 3)
    ids = [mail["id"] for mail in accepted]
    assert organizer.post(f"/v1/events/{event.id}/held-mails/release", {"mails": ids}).json["mails"] == ids
    assert organizer.post(f"/v1/events/{event.id}/held-mails/release", {"mails": ids}).status == 409
    discarded = organizer.post(f"/v1/events/{event.id}/held-mails/discard", {"all": True})
    assert len(discarded.json["mails"]) == 9
    pump.everything()
    assert len(pump.mails()) == before + 3
    assert all("is accepted for" in mail["text"] for mail in pump.mails()[before:])
