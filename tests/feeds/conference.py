"""A conference in Auckland with rooms, tracks, speakers and sessions of every state, made by factories."""

from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.resources.programme.session.states import STATES
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.microlocation import make_microlocation
from tests.factories.session import make_session
from tests.factories.session_type import make_session_type
from tests.factories.speaker import make_speaker
from tests.factories.track import make_track
from tests.factories.user import make_user

NAME: Final = "Tage, der <Freiheit> & 音\x0b楽 𝄞"
SAID: Final = "Tage, der <Freiheit> & 音 楽 𝄞"  # without the control character, which XML cannot say
ZONE: Final = "Pacific/Auckland"  # UTC+13 in February
NOON: Final = datetime.fromisoformat("2031-02-07T23:00:00+00:00")  # of the 8th in Auckland


class Conference:
    """`talks` are its sessions by state, all at noon but the confirmed one; others have a name of their own."""

    def __init__(self, **values: Any) -> None:
        self.owner = stored(make_user)
        given = {
            "state": "published", "name": NAME, "timezone": ZONE, "starts_at": "2031-02-07T20:00:00Z",
            "ends_at": "2031-02-09T05:00:00Z", "location_name": "Town Hall", "latitude": -36.85,
            "longitude": 174.76, "description": "<p>Two <b>days</b></p>", **values,
        }  # fmt: skip
        self.event = stored(make_event, owner=self.owner, **given)
        named = {"event": self.event}
        self.small = stored(make_microlocation, name="Small", position=2, **named)
        self.large = stored(make_microlocation, name="Large & <bright>", position=1, **named)
        self.track = stored(make_track, name="Music", color="#aBc", **named)
        kind = stored(make_session_type, name="Workshop", **named)
        times = {"starts_at": NOON, "ends_at": NOON + timedelta(minutes=90)}
        self.talks = {
            state: stored(make_session, state=state, title=f"A {state} one", microlocation_id=self.small.id, **times, **named)
            for state in STATES
        }  # fmt: skip
        self.whole = stored(
            make_session, state="confirmed", title="All\x0bof it ]]>", subtitle="and more", language="de",
            short_abstract="<p>Short &amp; sweet</p>", long_abstract="Long\x02 one", track_id=self.track.id,
            session_type_id=kind.id, microlocation_id=self.large.id, slides_url="https://example.org/a.pdf",
            slides=[{"name": "More", "link": "https://example.org/b.pdf"}, {"name": "Mail", "link": "mailto:a@b.org"}],
            website="https://example.org/?a=1&b=2", comments="For the team", starts_at=NOON + timedelta(days=1),
            ends_at=NOON + timedelta(days=1, minutes=30), **named,
        )  # fmt: skip
        self.roomless = stored(make_session, state="accepted", title="Somewhere", **times, **named)
        stored(make_session, state="accepted", title="Some time", starts_at=None, ends_at=None, **named)
        private = {"email": "hidden@example.org", "mobile": "+64 21 555 0100", "address": "1 Hidden Street"}
        self.speaker = stored(
            make_speaker, name="Zoë O'Neil", photo_url="https://example.org/z.jpg", sessions=[self.whole], **private, **named
        )  # fmt: skip
        stored(make_speaker, name="Gone", sessions=[self.whole], deleted_at=NOON, **named)
        self.path = f"/v1/events/{self.event.identifier}"

    @property
    def private(self) -> tuple[str, ...]:
        """What no feed tells."""
        return ("hidden@example.org", "555 0100", "Hidden Street", "For the team", "Gone", "A pending one")
