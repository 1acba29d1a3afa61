"""A conference of 120 talks from the call to the feedback, by 12 people in their roles, through the API alone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from tests.journeys.conference import FAN, REVIEWERS, SPEAKERS, Conference, Person, ok
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump

OF_ONE = 40  # talks that each speaker submits, of which the last five are workshops
WORKSHOPS = 5
ACCEPTED = 60
DAY = timedelta(days=1)
ALL = {"page[size]": 0}


@pytest.fixture
def conference(client: Client, pump: Pump) -> Iterator[Conference]:
    found = Conference(client, pump)
    yield found
    found.end()


def test_a_conference_from_call_to_feedback(conference: Conference) -> None:
    calls = Calls(conference)
    calls.are_open()
    talks = calls.take_submissions()
    reviewed(conference)
    decided(conference)
    hall = scheduled(conference)
    workshop = released_and_changed(conference, hall)
    tickets = sold_and_signed_up(conference, workshop)
    attended(conference, tickets)
    assert len(talks) == len(SPEAKERS) * OF_ONE
    assert conference.pump.waiting()["dead"] == 0


class Calls:
    """The two calls for papers, of talks and of workshops."""

    def __init__(self, conference: Conference) -> None:
        self.conference = conference
        self.team = conference["cora"]
        self.main = self.track = ""

    def are_open(self) -> None:
        """The team opens both, with a form; nobody else does."""
        here = self.conference.here
        window = {
            "starts_at": (clock.now() - DAY).isoformat(),
            "ends_at": (clock.now() + 20 * DAY).isoformat(),
        }
        main = {**window, "announcement": "Talk to us", "max_submissions": OF_ONE - WORKSHOPS}
        assert self.conference["ada"].try_to_create("speakers-call", main, event=here).status == 403
        self.main = self.team.create("speakers-call", main, event=here)
        self.track = self.team.create("track", {"name": "Workshops", "color": "#ff0000"}, event=here)
        further = {**window, "name": "Workshops", "max_submissions": WORKSHOPS}
        links: dict[str, Any] = {"event": here, "tracks": [("track", self.track)]}
        self.team.create("submission-call", further, **links)
        own = {"form": "session", "is_included": True}
        for field in (
            {"field_identifier": "takeaway", "name": "What do we learn?", "type": "text", "is_required": True},
            {"field_identifier": "needsPower", "name": "Power?", "type": "boolean"},
            {"field_identifier": "howManyWatts", "name": "Watts?", "type": "number", "is_required": True,
             "asked_if_field": "needsPower", "asked_if_value": "true"},
        ):  # fmt: skip
            self.team.create("custom-form", {**own, **field}, event=here)

    def take_submissions(self) -> list[str]:
        """Forty of each speaker, and not one more."""
        talks = [talk for name in SPEAKERS for talk in self._of(self.conference[name])]
        over = {"ends_at": clock.now().isoformat()}
        assert self.team.change("speakers-call", self.main, **over).status == 200
        late = {"title": "Too late", "state": "pending", "complex_field_values": {"takeaway": "Time"}}
        fan = self.conference[FAN]
        assert fan.try_to_create("session", late, event=self.conference.here).status == 403
        return talks

    def _of(self, person: Person) -> list[str]:
        profile = person.create("speaker", {"name": person.name.title()}, event=self.conference.here)
        links: dict[str, Any] = {"event": self.conference.here, "speakers": [("speaker", profile)]}
        answers = {"takeaway": "Much", "needsPower": True}
        sent = {"title": "Unplugged", "state": "pending", "complex_field_values": answers}
        unanswered = person.try_to_create("session", sent, **links)
        assert unanswered.status == 422
        assert "watts" in unanswered.errors[0]["source"]["pointer"].lower()
        talks = []
        answers |= {"howManyWatts": 60}
        for number in range(OF_ONE):
            sent["title"] = f"{person.name.title()} {number}"
            if number == OF_ONE - WORKSHOPS:
                assert person.try_to_create("session", sent, **links).status == 409
                links["track"] = ("track", self.track)
            talks.append(person.create("session", sent, **links))
        assert person.try_to_create("session", sent, **links).status == 409
        assert person.here.get(f"/v1/sessions/{talks[0]}").status == 200
        assert self.conference[FAN].here.get(f"/v1/sessions/{talks[0]}").status == 404
        return talks


def reviewed(conference: Conference) -> None:
    """Blind by assignment, then discussed by all; nobody outside of it sees a proposal."""
    organizer, now = conference["otto"], clock.now()
    times = [(now + days * DAY).isoformat() for days in (-0.01, 4, 8)]
    blind, open_ = (
        organizer.create(
            "review-phase", {**values, "opens_at": begins, "closes_at": ends}, event=conference.here
        )
        for values, begins, ends in (
            ({"name": "Blind", "reviews_per_session": 1}, times[0], times[1]),
            ({"name": "Open", "is_anonymous": False, "reviewers_see": "tracks", "allows_reviews": False,
              "allows_discussion": True, "others_visible": "always"}, times[1], times[2]),
        )
    )  # fmt: skip
    criterion = organizer.create(
        "review-criterion", {"name": "Relevance", "maximum": 5, "is_required": True},
        "/v1/review-criteria", event=conference.here,
    )  # fmt: skip
    reviewers = {}
    for name in REVIEWERS:
        sent = {"email": conference[name].email, "name": name}
        reviewers[name] = organizer.create("reviewer", sent, event=conference.here)
        conference[name].do(f"/v1/reviewers/{reviewers[name]}/accept")
    asked = f"{conference.address}/review-assignments/propose"
    assert conference["tara"].here.post(asked, {"phase": blind}).status == 403
    assert organizer.do(asked, {"phase": blind}) == {"made": 120, "kept": 0, "short": []}
    for name, id in reviewers.items():
        mine = conference[name].read("/v1/proposals", **ALL)
        assert len(mine) == 40
        assert all(each["attributes"]["speaker-names"] is None for each in mine)
        for each in mine:
            scores = [{"criterion": int(criterion), "score": 1 + int(each["id"]) % 5}]
            links: dict[str, Any] = {"proposal": ("proposal", each["id"]), "reviewer": ("reviewer", id)}
            conference[name].create("review", {"scores": scores}, event=conference.here, **links)
    for outsider in ("ada", FAN):
        assert conference[outsider].read("/v1/proposals") == []
    early = clock.now().isoformat()
    assert conference["tara"].change("review-phase", blind, closes_at=early).status == 404
    assert organizer.change("review-phase", blind, closes_at=early).status == 200
    assert organizer.change("review-phase", open_, opens_at=early).status == 200
    shown = conference["rob"].read("/v1/proposals", **ALL)
    assert len(shown) == 120
    assert shown[0]["attributes"]["speaker-names"] is not None
    said = {"text": "This one, please."}
    conference["rob"].create(
        "review-comment", said, event=conference.here, proposal=("proposal", shown[0]["id"])
    )
    heard = conference["roy"].read(f"/v1/proposals/{shown[0]['id']}/review-comments")
    assert [each["attributes"]["text"] for each in heard] == ["This one, please."]


def decided(conference: Conference) -> None:
    """The best half is accepted, the rest rejected; speakers hear of it when the mails are released."""
    organizer = conference["otto"]
    decide = f"{conference.address}/sessions/decide"
    best = {"best": {"count": ACCEPTED}, "state": "accepted"}
    assert conference["cora"].here.post(decide, best).status == 403
    accepted = [each["id"] for each in organizer.do(decide, best)["sessions"]]
    rest = [
        each["id"]
        for each in organizer.read(f"{conference.address}/sessions", **ALL)
        if each["id"] not in set(accepted)
    ]
    assert organizer.do(decide, {"sessions": rest, "state": "rejected"})["held_mails"] == len(rest)
    conference.work()
    before = {name: len(conference[name].mails()) for name in SPEAKERS}
    released = organizer.do(f"{conference.address}/held-mails/release", {"all": True})["mails"]
    assert len(released) == 120
    conference.work()
    assert [len(conference[name].mails()) - before[name] for name in SPEAKERS] == [OF_ONE] * 3
    seen = conference.client.get(f"{conference.address}/sessions", query=ALL).data
    assert sorted(each["id"] for each in seen) == sorted(accepted)
    confirmed = organizer.do(decide, {"sessions": accepted, "state": "confirmed", "mails": "none"})
    assert len(confirmed["sessions"]) == ACCEPTED


def scheduled(conference: Conference) -> str:
    """Three rooms, lunch, and a proposal that is accepted and released as version 1."""
    team = conference["cora"]
    rooms = [
        team.create("microlocation", {"name": name, "capacity": 100}, event=conference.here)
        for name in ("Hall", "Attic", "Cellar")
    ]
    for day in range(3):
        times = {"starts_at": conference.at(24 * day + 12), "ends_at": conference.at(24 * day + 13)}
        team.create("schedule-break", {"name": "Lunch", **times}, event=conference.here)
    address = f"{conference.address}/schedule-proposals"
    assert conference["tara"].here.post(address, {}).status == 403
    task = team.do(address, {"default-minutes": 45})["task_url"]
    conference.work()
    told = ok(team.here.get(task))
    assert told["state"] == "SUCCESS", told
    assert told["result"]["quality"]["unplaced"] == []
    draft = f"/v1/schedule-drafts/{told['result']['draft']}"
    assert conference["ada"].here.get(draft).status == 404 == conference["tara"].here.get(draft).status
    assert len(ok(team.here.get(f"{draft}/diff"))["new"]) == ACCEPTED
    done = team.do(f"{draft}/accept", {"release": True, "note": "First"})
    assert len(done["changed"]) == ACCEPTED
    assert ok(team.here.get(f"{conference.address}/schedule-conflicts"))["count"] == 0
    conference.work()
    for name in SPEAKERS:
        assert len(conference[name].news("schedule_change")) == 1
    assert conference[FAN].news("schedule_change") == []
    return rooms[0]


def released_and_changed(conference: Conference, hall: str) -> str:
    """Ada withdraws a talk, another one moves; version 2 says so, to whom it concerns. A talk's id."""
    fan, team, talks = conference[FAN], conference["cora"], dict[str, list[Any]]()
    for each in conference.client.get(f"{conference.address}/sessions", query=ALL).data:
        talks.setdefault(each["attributes"]["title"].split()[0].lower(), []).append(each)
    gone, moved = talks["ada"][0], talks["grace"][0]
    for liked in (moved, talks["jean"][0]):
        fan.create("user-favourite-session", {}, session=("session", liked["id"]))
    assert conference["grace"].change("session", gone["id"], state="withdrawn").status == 403
    assert conference["ada"].change("session", gone["id"], state="withdrawn").status == 200
    placement = {"session": int(moved["id"]), "starts-at": conference.at(19), "ends-at": conference.at(20)}
    placed = {"placements": [{**placement, "microlocation": int(hall)}]}
    assert conference["grace"].here.patch(f"{conference.address}/schedule", placed).status == 403
    assert ok(team.here.patch(f"{conference.address}/schedule", placed))["changed"] == [int(moved["id"])]
    news = {name: len(conference[name].news("schedule_change")) for name in (*SPEAKERS, FAN)}
    version = team.create("schedule-version", {"note": "Second"}, event=conference.here)
    conference.work()
    difference = ok(conference.client.get(f"/v1/schedule-versions/{version}/diff"))
    assert (difference["from"]["number"], difference["to"]["number"]) == (1, 2)
    assert [each["session"] for each in difference["dropped"]] == [int(gone["id"])]
    assert [each["session"] for each in difference["moved"]] == [int(moved["id"])]
    assert difference["new"] == difference["renamed"] == []
    assert "not on the schedule any more" in conference["ada"].news("schedule_change")[0]
    assert "has moved from" in conference["grace"].news("schedule_change")[0]
    assert "has moved from" in fan.news("schedule_change")[0]
    assert len(conference["jean"].news("schedule_change")) == news["jean"]
    return str(talks["jean"][1]["id"])


def sold_and_signed_up(conference: Conference, workshop: str) -> list[str]:
    """Fay buys three tickets; two sit in the workshop, and the third moves up when a place is given back."""
    fan, team = conference[FAN], conference["otto"]
    sales = {"sales_starts_at": (clock.now() - DAY).isoformat(), "sales_ends_at": conference.at(0)}
    ticket = team.create(
        "ticket", {"name": "All days", "type": "free", "quantity": 3, **sales}, event=conference.here
    )
    held = fan.do("/v1/orders/create-order", {"tickets": [{"id": ticket, "quantity": 3}]})["data"]
    attendees = sorted(each["id"] for each in fan.read(f"/v1/orders/{held['id']}/attendees"))
    for number, id in enumerate(attendees):
        named = {"firstname": f"Guest {number}", "lastname": "Fair", "email": f"guest{number}@example.org"}
        assert fan.change("attendee", id, **named).status == 200
    assert fan.change("order", held["id"], status="completed").status == 200
    assert conference["jean"].change("session", workshop, sign_up_places=2).status == 403
    assert team.change("session", workshop, sign_up_places=2).status == 200
    joined = [
        fan.create("session-sign-up", {}, session=("session", workshop), attendee=("attendee", id))
        for id in attendees
    ]

    def states() -> list[str]:
        return [fan.read(f"/v1/session-sign-ups/{id}")["attributes"]["state"] for id in joined]

    assert states() == ["confirmed", "confirmed", "waiting"]
    assert conference["ada"].here.get(f"/v1/session-sign-ups/{joined[0]}").status == 404
    assert fan.change("session-sign-up", joined[0], state="cancelled").status == 200
    assert states() == ["cancelled", "confirmed", "confirmed"]
    return attendees


def attended(conference: Conference, attendees: list[str]) -> None:
    """Rita lets two of three in; they get certificates once it is over, and say how it was."""
    fan, door = conference[FAN], conference["rita"]
    conference.wait_until(conference.start + timedelta(hours=9))
    arrival = {"is_checked_in": True, "checkin_times": conference.at(9)}
    assert conference["jean"].change("attendee", attendees[0], **arrival).status in {403, 404}
    for id in attendees[:2]:
        assert door.change("attendee", id, **arrival).status == 200
    early = fan.here.post(f"/v1/attendees/{attendees[0]}/certificate")
    assert early.status == 409
    conference.wait_until(conference.start + 4 * DAY)
    codes = [fan.do(f"/v1/attendees/{id}/certificate")["code"] for id in attendees[:2]]
    assert fan.here.post(f"/v1/attendees/{attendees[2]}/certificate").status == 409
    verified = ok(conference.client.get(f"/v1/certificates/{codes[1]}"))
    assert (verified["name"], verified["event"]) == ("Guest 1 Fair", "Compiler Days")
    said = document(
        "feedback", {"rating": 4.5, "comment": "Again!"}, user=("user", fan.id), event=conference.here
    )
    assert fan.here.post("/v1/feedbacks", said).status == 201
    assert door.here.post("/v1/feedbacks", said).status == 403
    heard = conference["olga"].read(f"{conference.address}/feedbacks")
    assert [each["attributes"]["comment"] for each in heard] == ["Again!"]
    conference.work()
