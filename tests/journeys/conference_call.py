"""The two calls for papers of a conference, of talks and of workshops: 120 submissions of three speakers."""

from datetime import timedelta
from typing import Any

from tests.journeys.conference import DAY, FAN, SPEAKERS, Conference, Person, at_once, ok

OF_ONE = 40  # that each speaker submits, of which the last five are workshops
WORKSHOPS = 5
CO_SPOKEN, UNANSWERED, WITHDRAWN, LATE = 4, 9, 0, OF_ONE - 1
TOPICS = dict(zip(SPEAKERS, ("Looms", "Nanoseconds", "Registers"), strict=True))
_ANSWERS = {"takeaway": "Much", "needsPower": True, "howManyWatts": 60}


class Calls:
    """The calls, and what was submitted: ids by speaker, in the order of their numbers."""

    def __init__(self, conference: Conference) -> None:
        self.conference = conference
        self.team = conference["cora"]
        self.workshops: dict[str, Any] = {}
        self.profiles: dict[str, str] = {}
        self.talks: dict[str, list[str]] = {}
        self.ends_at = conference.now() + 20 * DAY
        self.replaced = ""

    def open(self) -> None:
        """The team opens both, with a form; nobody else does."""
        here = self.conference.here
        window = {
            "starts_at": (self.conference.now() - DAY).isoformat(),
            "ends_at": self.ends_at.isoformat(),
        }
        main = {
            **window, "announcement": "Talk to us", "max_submissions": OF_ONE - WORKSHOPS,
            "edits_after_end": "until-accepted", "co_speakers_must_accept": True,
        }  # fmt: skip
        for outsider in ("ada", "rob", "rita", "mona"):
            refused = self.conference[outsider].try_to_create("speakers-call", main, event=here)
            assert refused.status == 403
        self.team.create("speakers-call", main, event=here)
        talk, workshop = (
            self.team.create("session-type", {"name": name, "length": length}, event=here)
            for name, length in (("Talk", "00:45"), ("Workshop", "01:30"))
        )
        track = self.team.create("track", {"name": "Workshops", "color": "#ff0000"}, event=here)
        self.kinds = {"talk": ("session-type", talk), "workshop": ("session-type", workshop)}
        self.workshops = {"track": ("track", track), "session_type": self.kinds["workshop"]}
        links: dict[str, Any] = {"event": here, "tracks": [("track", track)]}
        self.team.create(
            "submission-call", {**window, "name": "Workshops", "max_submissions": WORKSHOPS}, **links
        )
        for field in (
            {"field_identifier": "takeaway", "name": "What do we learn?", "type": "text", "is_required": True},
            {"field_identifier": "needsPower", "name": "Power?", "type": "boolean"},
            {"field_identifier": "howManyWatts", "name": "Watts?", "type": "number", "is_required": True,
             "asked_if_field": "needsPower", "asked_if_value": "true"},
            {"field_identifier": "travelBudget", "name": "Travel?", "type": "number", "is_internal": True},
        ):  # fmt: skip
            self.team.create("custom-form", {"form": "session", "is_included": True, **field}, event=here)

    def take_submissions(self) -> None:
        """Forty of each speaker, all three at once; what others see of them is nothing."""
        people = [self.conference[name] for name in SPEAKERS]
        for person, ids in zip(people, at_once(self._of, people), strict=True):
            self.talks[person.name] = ids
        first = f"/v1/sessions/{self.talks['ada'][1]}"
        seen_by = [name for name in self.conference.people if self.conference[name].sees(first)]
        assert seen_by == ["olga", "otto", "cora", "ada"]
        assert self.conference.public.get(first).status == 404
        draft = f"/v1/sessions/{self.talks['jean'][LATE]}"
        assert self.conference["jean"].read(draft)["attributes"]["state"] == "draft"
        self._internal(first)

    def _internal(self, first: str) -> None:
        """What organizers note among themselves is told neither to the speaker nor to other roles."""
        said = {"internal_field_values": {"travelBudget": 300}}
        id, name = first.rpartition("/")[2], "internal-field-values"
        assert self.conference["ada"].change("session", id, **said).status == 403
        assert self.conference["cora"].change("session", id, **said).status == 200
        assert self.conference["otto"].read(first)["attributes"][name] == {"travel_budget": 300}
        assert name not in self.conference["ada"].read(first)["attributes"]

    def _of(self, person: Person) -> list[str]:
        profile = person.create(
            "speaker", {"name": person.name.title(), "email": person.email}, event=self.conference.here
        )
        self.profiles[person.name] = profile
        links: dict[str, Any] = {
            "event": self.conference.here, "speakers": [("speaker", profile)], "session_type": self.kinds["talk"],
        }  # fmt: skip
        sent = {
            "title": TOPICS[person.name],
            "state": "pending",
            "complex_field_values": {"takeaway": "Much"},
        }
        unanswered = person.try_to_create(
            "session", {**sent, "complex_field_values": {"takeaway": "Much", "needsPower": True}}, **links
        )
        assert unanswered.status == 422
        assert "watts" in unanswered.errors[0]["source"]["pointer"].lower()
        sent["complex_field_values"] = _ANSWERS
        talks = []
        for number in range(OF_ONE):
            sent["title"] = f"{TOPICS[person.name]} {number}"
            if number == OF_ONE - WORKSHOPS:
                assert person.try_to_create("session", sent, **links).status == 409
                links.update(self.workshops)
            if number == LATE and person.name == "jean":
                sent["state"] = "draft"
            talks.append(person.create("session", sent, **links))
        refused = person.try_to_create("session", {**sent, "state": "pending"}, **links)
        assert refused.status == (409 if person.name != "jean" else 201)
        if person.name == "jean":  # it had one place left, which the draft is to have
            assert person.change("session", refused.data["id"], state="withdrawn").status == 200
        return talks

    def replace(self) -> None:
        """Ada withdraws a talk and has one place again, for which two of her tabs ask at once."""
        ada = self.conference["ada"]
        assert ada.change("session", self.talks["ada"][WITHDRAWN], state="withdrawn").status == 200
        sent = {"title": "Looms 40", "state": "pending", "complex_field_values": _ANSWERS}
        links: dict[str, Any] = {
            "event": self.conference.here, "speakers": [("speaker", self.profiles["ada"])],
            "session_type": self.kinds["talk"],
        }  # fmt: skip
        replies = at_once(lambda _: ada.try_to_create("session", sent, **links), range(2))
        assert sorted(reply.status for reply in replies) == [201, 409]
        (self.replaced,) = (reply.data["id"] for reply in replies if reply.status == 201)

    def invite_co_speakers(self) -> None:
        """Grace joins a talk of Ada's by the mail; Jean does not answer yet."""
        ada, grace = self.conference["ada"], self.conference["grace"]
        for name, number in (("grace", CO_SPOKEN), ("jean", UNANSWERED)):
            sent = {"email": self.conference[name].email}
            links: dict[str, Any] = {
                "session": ("session", self.talks["ada"][number]),
                "event": self.conference.here,
            }
            ada.create("speaker-invite", sent, **links)
        self.conference.work()
        assert "cfs" in grace.link(r"(https?://\S+)")
        assert f"Looms {CO_SPOKEN}" in grace.mails()[-1]["text"]
        (invite,) = grace.read(f"{self.conference.address}/speaker-invites")
        assert (
            self.conference["jean"].here.get(f"/v1/speaker-invites/{invite['id']}/accept-invite").status
            == 404
        )
        ok(grace.here.get(f"/v1/speaker-invites/{invite['id']}/accept-invite"))
        path = f"/v1/sessions/{self.talks['ada'][CO_SPOKEN]}/speakers"
        assert sorted(row["attributes"]["name"] for row in ada.read(path)) == ["Ada", "Grace"]

    def end(self) -> None:
        """The calls end by the clock; a draft that was begun before has a day more, and nothing else."""
        conference, jean = self.conference, self.conference["jean"]
        conference.wait_until(self.ends_at + timedelta(hours=1))
        late = {"title": "Too late", "state": "pending", "complex_field_values": _ANSWERS}
        refused = conference[FAN].try_to_create("session", late, event=conference.here)
        assert refused.status == 403
        assert "ended" in refused.errors[0]["detail"] or "call" in refused.errors[0]["detail"]
        assert jean.change("session", self.talks["jean"][LATE], state="pending").status == 200
        assert conference["ada"].change("session", self.talks["ada"][1], title="Looms 1").status == 200
