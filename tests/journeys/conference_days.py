"""The days of a conference and after: tickets, a workshop's line, the door, certificates, mails, feedback."""

from datetime import timedelta
from typing import Any

from tests.journeys.conference import DAY, FAN, SPEAKERS, Conference, Person, at_once, ok
from tests.journeys.conference_programme import Programme

_BUYERS = (FAN, *SPEAKERS)
PLACES = 2


class Days:
    """Four people buy tickets, of which Fay's is paid by transfer."""

    def __init__(self, conference: Conference, programme: Programme) -> None:
        self.conference, self.programme = conference, programme
        self.team, self.door = conference["otto"], conference["rita"]
        self.attendees: dict[str, str] = {}
        self.signed_up: dict[str, str] = {}

    def sell(self) -> None:
        """Speakers get a free ticket, all at once; Fay's is hers once Otto says that the money is there."""
        conference = self.conference
        sales = {
            "sales_starts_at": (conference.now() - DAY).isoformat(), "sales_ends_at": conference.at(0),
            "max_order": 1,
        }  # fmt: skip
        free = self._ticket({"name": "Speakers", "type": "free", "quantity": 3, **sales})
        paid = self._ticket(
            {"name": "All days", "type": "paid", "price": 90, "quantity": 5, "is_fee_absorbed": True, **sales}
        )
        at_once(lambda name: self._buy(conference[name], free), SPEAKERS)
        full = {"tickets": [{"id": free, "quantity": 1}]}
        assert conference[FAN].here.post("/v1/orders/create-order", full).status == 409
        order = self._buy(conference[FAN], paid)
        assert conference["rita"].change("order", order, status="completed").status == 404
        assert conference[FAN].change("order", order, status="completed").status == 403
        assert self.team.change("order", order, status="completed").status == 200
        conference.work()
        for name in _BUYERS:
            mail = conference[name].mails()[-1]
            assert any(file["name"].endswith(".pdf") for file in mail["attachments"]), mail["subject"]
            assert not conference["tara"].sees(f"/v1/attendees/{self.attendees[name]}")

    def _ticket(self, values: dict[str, Any]) -> str:
        refused = self.conference["tara"].try_to_create("ticket", values, event=self.conference.here)
        assert refused.status == 403
        return self.team.create("ticket", values, event=self.conference.here)

    def _buy(self, person: Person, ticket: str) -> str:
        order: str = person.do("/v1/orders/create-order", {"tickets": [{"id": ticket, "quantity": 1}]})[
            "data"
        ]["id"]
        (attendee,) = person.read(f"/v1/orders/{order}/attendees")
        named = {"firstname": person.name.title(), "lastname": "Fair", "email": person.email}
        assert person.change("attendee", attendee["id"], **named).status == 200
        state = (
            {"status": "placed", "payment_mode": "bank"} if person.name == FAN else {"status": "completed"}
        )
        assert person.change("order", order, **state).status == 200
        self.attendees[person.name] = attendee["id"]
        return order

    def sign_up(self) -> None:
        """Two places, four people at once: two wait in line, and the first of them moves up."""
        conference, workshop = self.conference, self.programme.workshop
        assert conference["jean"].change("session", workshop, sign_up_places=PLACES).status == 403
        assert self.team.change("session", workshop, sign_up_places=PLACES).status == 200
        ids = at_once(self._join, _BUYERS)
        self.signed_up = dict(zip(_BUYERS, ids, strict=True))
        states = self._states()
        assert sorted(states.values()) == ["confirmed"] * PLACES + ["waiting"] * 2
        giver = next(name for name, state in states.items() if state == "confirmed")
        line = sorted(
            (name for name in states if states[name] == "waiting"), key=lambda n: int(self.signed_up[n])
        )
        other = next(name for name in _BUYERS if name != giver)
        assert not conference[other].sees(f"/v1/session-sign-ups/{self.signed_up[giver]}")
        conference.work()
        before = len(conference[line[0]].mails())
        assert (
            conference[giver].change("session-sign-up", self.signed_up[giver], state="cancelled").status
            == 200
        )
        conference.work()
        expected = states | {giver: "cancelled", line[0]: "confirmed"}
        assert self._states() == expected
        assert len(conference[line[0]].mails()) == before + 1

    def _join(self, name: str) -> str:
        links: dict[str, Any] = {
            "session": ("session", self.programme.workshop), "attendee": ("attendee", self.attendees[name]),
        }  # fmt: skip
        return self.conference[name].create("session-sign-up", {}, **links)

    def _states(self) -> dict[str, str]:
        return {
            name: self.conference[name].read(f"/v1/session-sign-ups/{id}")["attributes"]["state"]
            for name, id in self.signed_up.items()
        }

    def let_in(self) -> None:
        """On the first morning two desks scan Fay's ticket at once: she registers once. Jean never comes."""
        conference = self.conference
        desk = {"station_name": "Front desk", "station_type": "registration"}
        station = self.team.create("station", desk, event=conference.here)
        conference.wait_until(conference.start + timedelta(hours=9))
        come: dict[str, Any] = {
            "station": ("station", station),
            "ticket_holder": ("attendee", self.attendees[FAN]),
        }
        scan: Any = ("user_check_in", {}, "/v1/user-check-in")
        for outsider, status in (("rita", 403), ("tara", 404), (FAN, 403)):
            assert conference[outsider].try_to_create(*scan, **come).status == status
        replies = at_once(lambda name: conference[name].try_to_create(*scan, **come), ("cora", "otto"))
        assert sorted(reply.status for reply in replies) == [201, 422]
        arrival = {"is_checked_in": True, "checkin_times": conference.at(9)}
        assert conference[FAN].change("attendee", self.attendees[FAN], **arrival).status == 403
        for name in (FAN, "ada", "grace"):
            assert self.door.change("attendee", self.attendees[name], **arrival).status == 200
        early = conference[FAN].here.post(f"/v1/attendees/{self.attendees[FAN]}/certificate")
        assert early.status == 409

    def look_back(self) -> None:
        """A day after the end: mails by the clock, certificates for who has come, feedback."""
        conference = self.conference
        before = {name: len(person.mails()) for name, person in conference.people.items()}
        conference.wait_until(conference.end + DAY)
        subjects = {
            name: [mail["subject"] for mail in person.mails()[before[name] :]]
            for name, person in conference.people.items()
        }
        thanked = {name for name, sent in subjects.items() if "Compiler Days is over" in sent}
        assert thanked == {"olga", "otto", *SPEAKERS}
        assert all(sent.count("Compiler Days is over") <= 1 for sent in subjects.values())
        fan = conference[FAN]
        path = f"/v1/attendees/{self.attendees[FAN]}/certificate"
        assert conference["ada"].here.post(path).status == 404
        codes = {reply["code"] for reply in at_once(lambda _: fan.do(path), range(2))}
        assert len(codes) == 1
        never = conference["jean"].here.post(f"/v1/attendees/{self.attendees['jean']}/certificate")
        assert never.status == 409
        verified = ok(conference.public.get(f"/v1/certificates/{codes.pop()}"))
        assert (verified["name"], verified["event"]) == ("Fay Fair", "Compiler Days")
        said = {"rating": 4.5, "comment": "Again!"}
        links: dict[str, Any] = {"user": ("user", fan.id), "event": conference.here}
        assert self.door.try_to_create("feedback", said, **links).status == 403
        fan.create("feedback", said, **links)
        heard = conference["olga"].read(f"{conference.address}/feedbacks")
        assert [row["attributes"]["comment"] for row in heard] == ["Again!"]
