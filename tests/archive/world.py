"""An event with at least one row of every type that is archived, made through the API by its owner."""

import base64
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from chalicelib import clock, db
from chalicelib.archive.declared import ARCHIVED
from chalicelib.resources import REGISTRY
from chalicelib.resources.events.event.event import Event
from tests.archive.conftest import Office
from tests.factories import attributes_of, stored
from tests.factories.event_sub_topic import make_event_sub_topic
from tests.factories.event_topic import make_event_topic
from tests.factories.event_type import make_event_type
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.factories.video_channel import make_video_channel
from tests.support.documents import document
from tests.uploads import samples

HUSH = "hush-hush"  # in whatever must never be in a file
EVENT = {
    "name": "Compiler Days",
    "starts-at": "2031-05-01T09:00:00+02:00",
    "ends-at": "2031-05-03T18:00:00+02:00",
    "timezone": "Europe/Berlin",
    "state": "published",
    "description": "<p>Grüße, <b>שלום</b> &amp; 山田太郎</p>",
    "is-sessions-speakers-enabled": True,
    "payment-currency": "EUR",
    "payment-country": "DE",
    "is-tax-enabled": True,
    "is-sponsors-enabled": True,
    "can-pay-by-bank": True,
    "can-pay-onsite": True,
    "onsite-details": "At the desk.",
    "bank-details": f"IBAN {HUSH}",
    "cheque-details": f"To {HUSH}",
    "invoice-details": f"Account {HUSH}",
    "paypal-email": f"{HUSH}@example.org",
    "document-links": [{"name": "Map", "link": "https://maps.example.org/hall"}],
    "latitude": 51.0,
    "longitude": 13.5,
}

_WIDTHS = count()


@dataclass
class World:
    """The event, and who made it. `ids` are those of the rows by type, in order."""

    office: Office
    has_pictures: bool = True
    ids: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.owner = stored(make_user, is_verified=True)
        self.client = self.office.client.signed_in_as(self.owner)
        topic = stored(make_event_topic, name=f"Computing {next(_WIDTHS)}")
        links = {
            "event_topic": ("event-topic", topic),
            "event_sub_topic": ("event-sub-topic", stored(make_event_sub_topic, event_topic_id=topic.id)),
            "event_type": ("event-type", stored(make_event_type, name=f"Conference {next(_WIDTHS)}")),
        }
        pictures = self._pictures() if self.has_pictures else {}
        reply = self.client.post("/v1/events", document("event", {**EVENT, **pictures}, **links))
        assert reply.status == 201, reply.text
        self.event: str = reply.data["id"]

    def _pictures(self) -> dict[str, str]:
        text = f'{EVENT["description"]} <a href="{self.uploaded()}">A picture</a>'
        return {"description": text, **{name: self.uploaded() for name in ("logo-url", "original-image-url")}}

    @property
    def row(self) -> Event:
        with db.transaction() as session:
            return session.get_one(Event, int(self.event))

    @property
    def office_of_owner(self) -> Office:
        return self.office.as_(self.owner)

    def uploaded(self) -> str:
        """The URL of a temporary upload of a picture like no other."""
        content = samples.image(size=(40 + next(_WIDTHS), 30))
        body = {"data": f"data:image/png;base64,{base64.b64encode(content).decode()}"}
        reply = self.client.post("/v1/upload/image", body, content_type="application/json")
        assert reply.status == 200, reply.text
        url: str = reply.json["url"]
        return url

    def put(
        self,
        type_name: str,
        attributes: Any = None,
        path: str = "",
        *,
        refused: bool = False,
        by: Any = None,
        **links: Any,
    ) -> tuple[str, str]:
        """Create a resource, of the event where its type has such a relationship; its identifier.

        It may be `refused`, then there is none. `by` is the client of whoever makes it, else of the owner.
        """
        if "event" in REGISTRY.relations[type_name] and type_name != "video-stream":
            links.setdefault("event", ("event", self.event))
        sent = document(type_name, {**attributes_of(type_name), **(attributes or {})}, **links)
        reply = (by or self.client).post(path or f"/v1/{REGISTRY[type_name].path}", sent)
        if refused and reply.status in {403, 409, 422}:
            return type_name, ""
        assert reply.status == 201, (type_name, reply.text)
        id: str = reply.data["id"]
        self.ids.setdefault(type_name, []).append(id)
        return type_name, id

    def change(self, type_name: str, id: str, attributes: Any) -> None:
        """Change attributes of a row."""
        path = f"/v1/{REGISTRY[type_name].path}/{id}"
        reply = self.client.patch(path, document(type_name, attributes, id))
        assert reply.status == 200, reply.text

    def furnish(self) -> None:
        """Two rows of most types."""
        pool = self.put("ticket-pool")
        self.put("tax")
        self.put("tag")
        for number in range(2):
            field = self.put("custom-form", {"type": "select", "form": ("speaker", "attendee")[number]})
            path = f"/v1/custom-forms/{field[1]}/custom-form-options"
            for value in ("L", "S", "M"):
                self.put("custom-form-option", {"value": value}, path)
            for language in ("fr", "de"):
                self.put("custom-form-translate", {"language-code": language}, custom_form=field)
        paid = {"type": "paid", "price": 19.9, "sales-ends-at": "2031-05-01T07:00:00+00:00"}
        ticket = self.put("ticket", paid, pool=pool)
        hidden = self.put("ticket", {"is-hidden": True})
        self.put("ticket-tag", tickets=[ticket, hidden])
        self.put("access-code", tickets=[hidden], marketer=("user", self.owner))
        self.put("discount-code", {"value": 12.5}, tickets=[ticket])
        self.put("refund-rule")
        self.put("mail-text", {"kind": "order_to_buyer", "language": "de", "message": "Bis bald!\n{text}"})
        kind = self.put("faq-type")
        self.put("faq", faq_type=kind)
        self.put("faq")
        for type_name in ("social-link", "sponsor", "event-copyright", "speakers-call"):
            self.put(type_name)
        self.put("sponsor", {"logo-url": self.uploaded()})
        track, length = self.put("track"), self.put("session-type")
        rooms = [self.put("microlocation") for _ in range(3)]
        self.put("schedule-break")
        self.put("schedule-break", microlocations=rooms[:2])
        speakers = [self.put("speaker", {"photo-url": self.uploaded()}), self.put("speaker")]
        self.asked_of_sessions()
        private = {"privacy": "private", "edits-after-end": "closed"}
        call = self.put("submission-call", private, tracks=[track], session_types=[length])
        self.talks(track, length, rooms, speakers, call)
        self.reviews(track)
        self.put("station", {"station-type": "check in"}, microlocation=rooms[0])
        badge = self.put("badge-form", {"badge-fields": []})
        for _ in range(2):
            self.put("badge-field-form", badge_form=badge)
        self.video(rooms)
        for role in ("organizer", "registrar"):
            user = stored(make_user, email=f"{role}@example.org")
            stored(make_users_events_roles, user=user, event=self.row, role=role)
        role_id = self.office.database.one("SELECT id FROM roles WHERE name = 'moderator'")
        self.put(
            "role-invite", {"email": "guest@example.org", "role-name": "moderator"}, role=("role", role_id)
        )

    def asked_of_sessions(self) -> None:
        """Fields of the form of sessions: one that is asked by the answer to a later one, and internal ones."""
        form = {"form": "session"}
        self.put("custom-form", {**form, "field-identifier": "zone"})
        asked = {"asked-if-field": "zone", "asked-if-value": "Quiet", "asked-from": "acceptance"}
        self.put("custom-form", {**form, **asked, "field-identifier": "adapter"})
        self.put("custom-form", {**form, "field-identifier": "score", "is-internal": True})

    def talks(self, track: Any, length: Any, rooms: Any, speakers: Any, call: Any) -> None:
        """Sessions in several states, one of them over, and what hangs on them."""
        hours = count(9)
        talks = []
        for state in ("confirmed", "pending", "draft"):
            times = self.times(next(hours))
            links = {"track": track, "session_type": length, "microlocation": rooms[0], "speakers": speakers}
            links["submission_call"] = call
            links["further_microlocations"] = rooms[1:2]
            sent: dict[str, Any] = {"state": state, **times, "is-locked": state == "pending"}
            sent |= {"complex-field-values": {"zone": "Quiet"}, "internal-field-values": {"score": "9"}}
            talks.append(self.put("session", sent, **(links if state != "draft" else {})))
        self.put("speaker-invite", session=talks[2])
        self.put("exhibitor", {"banner-url": self.uploaded()}, sessions=talks[:2])
        over = {"starts-at": "2020-05-02T07:00:00+00:00", "ends-at": "2020-05-02T08:00:00+00:00"}
        self.change("session", talks[0][1], over)

    def reviews(self, track: Any) -> None:
        """Two phases, one of which is over, and what two reviewers have said about a session of nobody's."""
        now = clock.now().replace(microsecond=0)
        times = [now + timedelta(days=days) for days in (-9, -2, -1, 1)]
        over, active = (
            self.put("review-phase", {"opens-at": begins.isoformat(), "closes-at": ends.isoformat()})
            for begins, ends in zip(times[::2], times[1::2], strict=True)
        )
        self.put("review-criterion", {"position": 1})
        criteria = [self.put("review-criterion", phase=phase) for phase in (active, over, active)]
        team = self.put("review-team", tracks=[track])
        talk, other = (self.put("session", {"state": "pending", **self.times(hour)}) for hour in (15, 16))
        of_talk: dict[str, Any] = {"proposal": ("proposal", talk[1])}
        scores = [{"criterion": int(criteria[at][1]), "score": score} for at, score in ((2, 4.5), (0, 3))]
        for number in range(2):
            user = stored(make_user, email=f"critic{number}@example.org", is_verified=True)
            by = self.office.client.signed_in_as(user)
            person = self.put("reviewer", {"email": user.email}, team=team)
            assert by.post(f"/v1/reviewers/{person[1]}/accept", content_type=None).status == 200
            self.put("review-assignment", phase=active, reviewer=person, **of_talk)
            said = {"scores": scores, "text": f"Said {number}"} if number else {"is-abstention": True}
            self.put("review", said, by=by, reviewer=person, **of_talk)
            declared: dict[str, Any] = {"reviewer": person, "proposal": ("proposal", other[1])}
            self.put("review-conflict", {"reason": "A colleague"}, **declared)

    @staticmethod
    def times(hour: int) -> dict[str, str]:
        """Of a session, on the second day."""
        return {
            "starts-at": f"2031-05-02T{hour:02}:00:00+02:00",
            "ends-at": f"2031-05-02T{hour:02}:45:00+02:00",
        }

    def video(self, rooms: Any) -> None:
        """A stream of the event and one of two rooms, with a channel and a moderator."""
        password = {"password": HUSH}
        stream = self.put("video-stream", password, event=("event", self.event))
        self.put("video-stream", password, rooms=rooms[1:])
        channel = ("video-channel", stored(make_video_channel, name="Jitsi", api_key=HUSH))
        self.put("translation_channel", video_stream=stream, channel=channel)
        self.put("video-stream-moderator", video_stream=stream)


TYPES = [archived.type for archived in ARCHIVED]
