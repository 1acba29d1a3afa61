"""Reviews of a conference's proposals, blind and then in the open, and the decisions with their held mails."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

from tests.journeys.conference import ALL, DAY, FAN, REVIEWERS, SPEAKERS, Conference, at_once, ok
from tests.journeys.conference_call import CO_SPOKEN, UNANSWERED, Calls
from tests.support.http_client import Reply

ACCEPTED = 60
SUBMITTED = 120


class Reviews:
    """Reviewers by mail, a phase for reviews and one for the discussion."""

    def __init__(self, conference: Conference, calls: Calls) -> None:
        self.conference, self.calls = conference, calls
        self.organizer = conference["otto"]
        self.ids: dict[str, str] = {}
        self.blind = self.open = self.criterion = ""
        self.conflict = calls.talks["grace"][7]

    def prepare(self) -> None:
        """Phases, a criterion, and reviewers who accept by the mail's link; they have no role at the event."""
        now, here = self.conference.now(), self.conference.here
        times = [(now + days * DAY).isoformat() for days in (-0.01, 4, 8)]
        blind = {"name": "Blind", "reviews_per_session": 1, "opens_at": times[0], "closes_at": times[1]}
        open_ = {
            "name": "Open", "is_anonymous": False, "reviewers_see": "tracks", "allows_reviews": False,
            "allows_discussion": True, "others_visible": "always", "opens_at": times[1], "closes_at": times[2],
        }  # fmt: skip
        assert self.conference["tara"].try_to_create("review-phase", blind, event=here).status == 403
        self.blind, self.open = (
            self.organizer.create("review-phase", values, event=here) for values in (blind, open_)
        )
        overlapping = self.organizer.try_to_create(
            "review-phase", {**open_, "opens_at": times[0]}, event=here
        )
        assert overlapping.status == 409
        relevance = {"name": "Relevance", "maximum": 5, "is_required": True}
        self.criterion = self.organizer.create(
            "review-criterion", relevance, "/v1/review-criteria", event=here
        )
        for name in REVIEWERS:
            sent = {"email": self.conference[name].email, "name": name}
            self.ids[name] = self.organizer.create("reviewer", sent, event=here)
        self.conference.work()
        for name in REVIEWERS:
            linked = self.conference[name].link(r"/reviews/(\d+)")
            assert linked == self.ids[name]
            assert self.conference[FAN].here.post(f"/v1/reviewers/{linked}/accept").status == 404
            self.conference[name].do(f"/v1/reviewers/{linked}/accept")

    def assign(self) -> None:
        """Rob declares a conflict of interest; so Rae gets that one, and each gets a half."""
        links: dict[str, Any] = {"proposal": ("proposal", self.conflict), "event": self.conference.here}
        not_his = {**links, "reviewer": ("reviewer", self.ids["rae"])}
        assert self.conference["rob"].try_to_create("review-conflict", {}, **not_his).status in {403, 404}
        entered = self.organizer.create(
            "review-conflict", {"reason": "Colleagues"}, **links, reviewer=("reviewer", self.ids["rob"])
        )
        path = f"{self.conference.address}/review-assignments/propose"
        assert self.conference["mona"].here.post(path, {"phase": self.blind}).status == 403
        result = self.organizer.do(path, {"phase": self.blind})
        assert result == {"made": SUBMITTED, "kept": 0, "short": []}
        assert self.organizer.do(path, {"phase": self.blind})["made"] == 0
        assert self.conference["rob"].here.delete(f"/v1/review-conflicts/{entered}").status == 403
        assert not self.conference["rob"].sees(f"/v1/proposals/{self.conflict}")
        assert self.conference["rae"].sees(f"/v1/proposals/{self.conflict}")

    def write(self) -> None:
        """Both review at once, without learning who submitted; nobody else sees a proposal."""
        at_once(self._of, REVIEWERS)
        for outsider in ("ada", "rita", FAN):
            assert self.conference[outsider].read("/v1/proposals") == []
            hidden = self.conference[outsider].here.get(f"{self.conference.address}/review-results")
            assert hidden.status == 404
            assert hidden.errors[0]["detail"] == (
                f"There is no event {self.conference.event} whose review-results you may see."
            )
        results = self.organizer.read(f"{self.conference.address}/review-results", **ALL, sort="-mean")
        # Two are withdrawn.
        counts = Counter(row["attributes"]["reviews"] for row in results)
        assert counts == {1: SUBMITTED, 0: 2}
        means = [row["attributes"]["mean"] for row in results if row["attributes"]["reviews"]]
        assert (means[0], means[-1], means) == (100, 0, sorted(means, reverse=True))

    def _of(self, name: str) -> None:
        person = self.conference[name]
        mine = person.read("/v1/proposals", **ALL)
        assert len(mine) == SUBMITTED / len(REVIEWERS)
        talk = mine[0]["id"]
        assert {row["attributes"]["speaker-names"] for row in mine} == {None}
        assert all("internal-field-values" not in row["attributes"] for row in mine)
        assert not person.sees(f"/v1/sessions/{talk}")
        assert ok(person.here.get(f"{self.conference.address}/speakers"))["data"] == []
        assert person.here.get("/v1/proposals", query={"include": "speakers"}).status == 400
        assert {self._review(name, row).status for row in mine} == {201}
        assert self._review(name, mine[-1]).status == 409

    def _review(self, name: str, row: Any) -> Reply:
        """By the number in its title, so that nobody wonders which talks are the best."""
        number = int(row["attributes"]["title"].split()[-1])
        scores = [{"criterion": int(self.criterion), "score": 1 + number % 5}]
        links: dict[str, Any] = {
            "event": self.conference.here, "proposal": ("proposal", row["id"]),
            "reviewer": ("reviewer", self.ids[name]),
        }  # fmt: skip
        return self.conference[name].try_to_create("review", {"scores": scores}, **links)

    def discuss(self) -> None:
        """Four days later the second phase is active: who submitted is told, and all is discussed."""
        self.conference.wait_until(self.conference.now() + 4 * DAY + timedelta(hours=1))
        rob, rae = self.conference["rob"], self.conference["rae"]
        shown = rob.read("/v1/proposals", **ALL)
        assert len(shown) == SUBMITTED - 1
        assert all(row["attributes"]["speaker-names"] for row in shown)
        about = shown[0]["id"]
        rob.create(
            "review-comment", {"text": "This."}, event=self.conference.here, proposal=("proposal", about)
        )
        heard = rae.read(f"/v1/proposals/{about}/review-comments")
        assert [row["attributes"]["text"] for row in heard] == ["This."]
        assert not self.conference["ada"].sees(f"/v1/proposals/{about}/review-comments")

    def decide(self) -> list[str]:
        """The best half is accepted; speakers hear of it once the mails are released. The accepted ids."""
        conference, organizer = self.conference, self.organizer
        decide = f"{conference.address}/sessions/decide"
        best = {"best": {"count": ACCEPTED}, "state": "accepted"}
        for outsider in ("cora", "tara", "rae"):
            assert conference[outsider].here.post(decide, best).status in {403, 404}
        decided = organizer.do(decide, best)
        accepted = [row["id"] for row in decided["sessions"]]
        assert {self.calls.talks["ada"][CO_SPOKEN], self.calls.talks["ada"][UNANSWERED]} <= set(accepted)
        pending = [{"name": "state", "op": "eq", "val": "pending"}]
        rest = organizer.read(f"{conference.address}/sessions", **ALL, filter=json.dumps(pending))
        refused = {"sessions": [row["id"] for row in rest], "state": "rejected"}
        rejected = organizer.do(decide, refused)
        held = organizer.read(f"{conference.address}/held-mails", **ALL)
        assert len(held) == decided["held_mails"] + rejected["held_mails"]
        conference.work()
        before = {name: len(conference[name].mails()) for name in SPEAKERS}
        self._release(held, before)
        seen = conference.public.get(f"{conference.address}/sessions", query=ALL).data
        assert sorted(row["id"] for row in seen) == sorted(accepted)
        assert conference["ada"].change("session", accepted[0], title="Another").status == 403
        return accepted

    def _release(self, held: list[Any], before: dict[str, int]) -> None:
        """One is edited and one is discarded; each of the others is sent once, though released by two at once."""
        organizer, release = self.organizer, f"{self.conference.address}/held-mails/release"
        mine = [row for row in held if row["attributes"]["recipient"] == self.conference["jean"].email]
        assert organizer.change("held-mail", mine[0]["id"], subject="Dear Jean").status == 200
        organizer.do(f"{self.conference.address}/held-mails/discard", {"mails": [mine[1]["id"]]})
        assert self.conference["cora"].here.post(release, {"all": True}).status == 403
        replies = at_once(lambda _: organizer.do(release, {"all": True})["mails"], range(2))
        assert sorted(map(len, replies)) == [0, len(held) - 1]
        self.conference.work()
        due = Counter(row["attributes"]["recipient"] for row in held if row["id"] != mine[1]["id"])
        for name in SPEAKERS:
            person = self.conference[name]
            assert len(person.mails()) - before[name] == due[person.email]
        assert [mail["subject"] for mail in self.conference["jean"].mails()].count("Dear Jean") == 1

    def confirm(self, accepted: list[str]) -> None:
        """Nothing is confirmed while an invited speaker has not answered; then all is, at once."""
        conference, jean = self.conference, self.conference["jean"]
        decide = f"{conference.address}/sessions/decide"
        body = {"sessions": accepted, "state": "confirmed", "mails": "none"}
        refused = self.organizer.here.post(decide, body)
        assert refused.status == 409
        place = accepted.index(self.calls.talks["ada"][UNANSWERED])
        assert refused.errors[0]["source"]["pointer"] == f"/sessions/{place}"
        invites = jean.read(f"{conference.address}/speaker-invites")
        (mine,) = (row for row in invites if row["attributes"]["status"] == "pending")
        ok(jean.here.get(f"/v1/speaker-invites/{mine['id']}/accept-invite"))
        assert len(self.organizer.do(decide, body)["sessions"]) == ACCEPTED
