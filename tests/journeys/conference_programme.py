"""The programme of a conference: rooms, breaks, a proposal of the schedule, versions, and what people hear of it."""

import csv
import io
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import datetime
from typing import Any
from urllib.request import urlopen

from tests.journeys.conference import ALL, FAN, SPEAKERS, TEAM, Conference, at_once, ok
from tests.journeys.conference_call import TOPICS
from tests.journeys.conference_reviews import ACCEPTED, SUBMITTED

ROOMS = ("Hall", "Attic", "Cellar")


class Programme:
    """Cora makes it."""

    def __init__(self, conference: Conference) -> None:
        self.conference, self.team = conference, conference["cora"]
        self.rooms: list[str] = []
        self.moved = self.workshop = ""

    def prepare(self) -> None:
        """A sponsor, rooms, lunch, and Grace, who cannot come before the first afternoon."""
        conference = self.conference
        self.rooms = [
            self.team.create("microlocation", {"name": name, "capacity": 100}, event=conference.here)
            for name in ROOMS
        ]
        sponsor = {"name": "Foundry", "level": 1, "url": "https://foundry.example.org"}
        assert conference["tara"].try_to_create("sponsor", sponsor, event=conference.here).status == 403
        self.team.create("sponsor", sponsor, event=conference.here)
        (shown,) = conference.public.get(f"{conference.address}/sponsors").data
        assert shown["attributes"]["name"] == "Foundry"
        for day in range(3):
            times = {"starts_at": conference.at(24 * day + 12), "ends_at": conference.at(24 * day + 13)}
            self.team.create("schedule-break", {"name": "Lunch", **times}, event=conference.here)
        grace = conference["grace"]
        (profile,) = (
            row["id"]
            for row in grace.read(f"{conference.address}/speakers", **ALL)
            if row["attributes"]["name"] == "Grace"
        )
        available = [{"starts-at": conference.at(13), "ends-at": conference.at(72)}]
        assert conference["ada"].change("speaker", profile, availability=available).status == 403
        assert grace.change("speaker", profile, availability=available).status == 200

    def propose(self) -> None:
        """A task proposes a draft that only the team sees; accepted, it is released as version 1."""
        conference, path = self.conference, f"{self.conference.address}/schedule-proposals"
        for outsider in ("tara", "mona", "ada"):
            assert conference[outsider].here.post(path, {}).status == 403
        task = self.team.do(path, {"default-minutes": 45})["task_url"]
        assert not conference["ada"].sees(task)
        result = self.team.result_of(task)
        assert result["quality"]["unplaced"] == []
        draft = f"/v1/schedule-drafts/{result['draft']}"
        insiders = [name for name in conference.people if conference[name].sees(draft)]
        assert insiders == ["olga", "otto", "cora"]
        assert len(ok(self.team.here.get(f"{draft}/diff"))["new"]) == ACCEPTED
        assert self.public()[0]["attributes"]["starts-at"] is None
        accept = {"release": True, "note": "First"}
        replies = at_once(
            lambda name: conference[name].here.post(f"{draft}/accept", accept), ("cora", "otto")
        )
        assert min(reply.status for reply in replies) == 200
        assert len(self.team.read(f"{conference.address}/schedule-versions")) == 1
        assert ok(self.team.here.get(f"{conference.address}/schedule-conflicts"))["count"] == 0
        free = datetime.fromisoformat(conference.at(13))
        for row in self.public("grace"):
            assert datetime.fromisoformat(row["attributes"]["starts-at"]) >= free
        conference.work()
        assert [len(conference[name].news("schedule_change")) for name in SPEAKERS] == [1, 1, 1]
        assert conference[FAN].news("schedule_change") == []

    def public(self, speaker: str = "") -> list[Any]:
        """What strangers read, in the order of the programme; of one submitter alone, where one is given."""
        rows = self.conference.public.get(
            f"{self.conference.address}/sessions", query={**ALL, "sort": "starts-at,id"}
        ).data
        return [row for row in rows if row["attributes"]["title"].startswith(TOPICS.get(speaker, ""))]

    def change(self) -> None:
        """A conflict is refused; of two who want the same slot at once one gets it; a talk is withdrawn."""
        conference, path = self.conference, f"{self.conference.address}/schedule"
        ada, jean = self.public("ada"), self.public("jean")
        grace = [row for row in self.public("grace") if "38" not in row["attributes"]["title"]]
        self.moved, self.workshop, self.gone = grace[0]["id"], jean[1]["id"], ada[0]["id"]
        for liked in (self.moved, jean[0]["id"]):
            conference[FAN].create("user-favourite-session", {}, session=("session", liked))
        taken = next(row for row in ada if row["id"] != self.gone)
        times = {name: taken["attributes"][name] for name in ("starts-at", "ends-at")}
        room = self.team.read(f"/v1/sessions/{taken['id']}/microlocation")["id"]
        clash = {"session": int(self.moved), **times, "microlocation": int(room)}
        refused = self.team.here.patch(path, {"placements": [clash]})
        assert (refused.status, refused.errors[0]["source"]["pointer"][:13]) == (409, "/placements/0")
        assert taken["attributes"]["title"] in refused.text
        assert conference["grace"].here.patch(path, {"placements": [clash]}).status == 403
        slot = {
            "starts-at": conference.at(24 + 19), "ends-at": conference.at(24 + 20), "microlocation": int(self.rooms[0])
        }  # fmt: skip
        wishes = {"cora": self.moved, "otto": grace[1]["id"]}
        replies = at_once(
            lambda name: conference[name].here.patch(
                path, {"placements": [{**slot, "session": int(wishes[name])}]}
            ),
            wishes,
        )
        assert sorted(reply.status for reply in replies) == [200, 409]
        self.moved = next(
            id for id, reply in zip(wishes.values(), replies, strict=True) if reply.status == 200
        )
        if self.moved not in {row["id"] for row in self._favourites()}:
            conference[FAN].create("user-favourite-session", {}, session=("session", self.moved))
        assert conference["grace"].change("session", self.gone, state="withdrawn").status == 403
        assert conference["ada"].change("session", self.gone, state="withdrawn").status == 200

    def _favourites(self) -> list[Any]:
        fan = self.conference[FAN]
        path = f"/v1/users/{fan.id}/user-favourite-sessions"
        reply = fan.here.get(path, query={**ALL, "include": "session"})
        assert reply.status == 200, reply.text
        return [row for row in reply.json["included"] if row["type"] == "session"]

    def release(self) -> None:
        """Version 2 says what is different, to whom it concerns."""
        conference = self.conference
        before = {name: len(conference[name].news("schedule_change")) for name in (*SPEAKERS, FAN)}
        assert conference["tara"].try_to_create("schedule-version", {}, event=conference.here).status == 403
        version = self.team.create("schedule-version", {"note": "Second"}, event=conference.here)
        conference.work()
        difference = ok(conference.public.get(f"/v1/schedule-versions/{version}/diff"))
        assert (difference["from"]["number"], difference["to"]["number"]) == (1, 2)
        assert [row["session"] for row in difference["dropped"]] == [int(self.gone)]
        assert [row["session"] for row in difference["moved"]] == [int(self.moved)]
        assert difference["new"] == difference["renamed"] == []
        assert "not on the schedule any more" in conference["ada"].news("schedule_change")[0]
        assert "has moved from" in conference["grace"].news("schedule_change")[0]
        assert "has moved from" in conference[FAN].news("schedule_change")[0]
        assert len(conference["jean"].news("schedule_change")) == before["jean"]

    def exports(self) -> None:
        """Feeds say to everybody what the API does; lists with answers are files for organizers."""
        conference = self.conference
        on = {row["id"] for row in self.public()}
        assert len(on) == ACCEPTED - 1
        feed = conference.public.with_headers({"Accept": "*/*"})
        schedule = feed.get(f"{conference.address}/schedule.xml")
        tree = ET.fromstring(schedule.text)  # noqa: S314 - our own
        assert {node.attrib["id"] for node in tree.iter("event")} == on
        assert {node.attrib["name"] for node in tree.findall("day/room")} == set(ROOMS)
        calendar = feed.get(f"{conference.address}.ics", query={"include_sessions": ""}).text
        assert calendar.count("BEGIN:VEVENT") >= len(on)
        assert calendar.count("STATUS:CANCELLED") == 1
        for text in (schedule.text, calendar):
            assert "@conference.example.org" not in text
            assert "travel" not in text.lower()
        path = f"{conference.address}/exports/sessions.csv"
        for outsider in ("ada", "rae", *TEAM):
            status = conference[outsider].here.post(path).status
            assert status == (200 if outsider in {"otto", "cora"} else 403), outsider
        file = self.team.result_of(
            self.team.do(f"{path}?columns=session-title,status,answers&language=en")["task_url"]
        )
        with urlopen(file["download_url"]) as answer:
            rows = list(csv.DictReader(io.StringIO(answer.read().decode("utf-8-sig"))))
        assert Counter(row["Status"] for row in rows) == {
            "confirmed": ACCEPTED - 1, "rejected": SUBMITTED - ACCEPTED, "withdrawn": 3,
        }  # fmt: skip
        assert "Travel?" in rows[0]
        assert [row["Travel?"] for row in rows if row["Travel?"]] == ["300"]
