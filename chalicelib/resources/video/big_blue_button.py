"""BigBlueButton client: the calls of its HTTP API that rooms need.

Each call is a GET whose query is signed: checksum = SHA-1 of the call's name, the query and the secret shared
with the server. Answers are XML with a returncode. Source: docs.bigbluebutton.org/development/api.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from chalicelib.http_client import BadAnswer, Deadline, send

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

PROVIDER: Final = "bbb"
# Options by BigBlueButton's names; what a room leaves out is as in the former server.
_DEFAULTS: Final[Mapping[str, object]] = {"record": True, "muteOnStart": True}
_ENDS: Final = "endCurrentMeeting"  # an order to us, and no option of a meeting
_LONGEST_NAME: Final = 255
_MOST_RECORDINGS: Final = 1000
_LONGEST_LINK: Final = 2000


class Refused(Exception):
    """The server has refused a call; `key` is its messageKey."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting: its id, and the passwords that make an attendee or a moderator. Never shown to clients."""

    id: str
    attendee: str
    moderator: str

    def stored(self) -> dict[str, str]:
        """As it is kept with the stream."""
        return {"id": self.id, "attendee": self.attendee, "moderator": self.moderator}


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that the server has published."""

    id: str
    url: str
    participants: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Server:
    """A server by its API's address and the secret shared with it."""

    api_url: str
    secret: str

    def address(self, call: str, parameters: Mapping[str, str]) -> str:
        """The signed address of a call."""
        query = urlencode(parameters)
        checksum = hashlib.sha1(f"{call}{query}{self.secret}".encode())  # noqa: S324 - the protocol's
        return f"{self.api_url.rstrip('/')}/{call}?{query}&checksum={checksum.hexdigest()}"

    def ask(self, call: str, parameters: Mapping[str, str], deadline: Deadline) -> "Element":
        """The answer's root element. Raises NoAnswer, BadAnswer and Refused."""
        reply = send("GET", self.address(call, parameters), deadline)
        if 400 <= reply.status < 500:
            raise Refused(f"status {reply.status}")
        if reply.status != 200:
            raise BadAnswer(f"status {reply.status}")
        root = _parsed(reply.body)
        code = root.findtext("returncode")
        if code is None:
            raise BadAnswer("no returncode")
        if code != "SUCCESS":
            raise Refused((root.findtext("messageKey") or "")[:80])
        return root


def create(
    server: Server, meeting: Meeting, name: str, options: Mapping[str, Any], until: Deadline
) -> Meeting:
    """Create the meeting, or find it there; returns it with the passwords that the server answers with."""
    parameters = {
        "name": name[:_LONGEST_NAME],
        "meetingID": meeting.id,
        "attendeePW": meeting.attendee,
        "moderatorPW": meeting.moderator,
        **{key: _text(value) for key, value in {**_DEFAULTS, **options}.items() if value is not None},
    }
    parameters.pop(_ENDS, None)
    try:
        root = server.ask("create", parameters, until)
    except Refused as refusal:
        if refusal.key == "idNotUnique":  # it is there, made with what is kept already
            return meeting
        raise
    return Meeting(
        root.findtext("meetingID") or meeting.id,
        root.findtext("attendeePW") or meeting.attendee,
        root.findtext("moderatorPW") or meeting.moderator,
    )


def end_if_running(server: Server, meeting: Meeting, until: Deadline) -> None:
    """End the meeting for everybody in it, if it is running."""
    known = {"meetingID": meeting.id}
    if server.ask("isMeetingRunning", known, until).findtext("running") == "true":
        server.ask("end", {**known, "password": meeting.moderator}, until)


def join_address(server: Server, meeting: Meeting, full_name: str, *, moderates: bool) -> str:
    """The address that lets one person into the meeting."""
    password = meeting.moderator if moderates else meeting.attendee
    named = {"fullName": full_name[:_LONGEST_NAME], "meetingID": meeting.id, "password": password}
    return server.address("join", named)


def recordings(server: Server, meeting: Meeting, until: Deadline) -> list[Recording]:
    """The published recordings of the meeting that have a link."""
    root = server.ask("getRecordings", {"meetingID": meeting.id}, until)
    found = [_recording(element) for element in _published(root, meeting.id)]
    return [recording for recording in found if recording is not None]


def delete_recording(server: Server, id: str, until: Deadline) -> None:
    """Delete a recording; one that the server no longer has is deleted too."""
    try:
        server.ask("deleteRecordings", {"recordID": id}, until)
    except Refused as refusal:
        if refusal.key != "notFound":
            raise


def ends_current_meeting(options: Mapping[str, Any]) -> bool:
    """Whether these options order the current meeting to be ended."""
    return bool(options.get(_ENDS))


def _published(root: "Element", meeting_id: str) -> Iterator["Element"]:
    for recording in islice(root.iterfind("recordings/recording"), _MOST_RECORDINGS):
        of_meeting = recording.findtext("meetingID") in {None, meeting_id}
        if of_meeting and recording.findtext("published") != "false":
            yield recording


def _recording(told: "Element") -> Recording | None:
    id, url = told.findtext("recordID"), (told.findtext("playback/format/url") or "").strip()
    fits = len(id or "") <= _LONGEST_NAME and len(url) <= _LONGEST_LINK
    if not id or not fits or not url.startswith(("https://", "http://")):
        return None
    try:
        starts_at, ends_at = (_moment(told.findtext(name) or "") for name in ("startTime", "endTime"))
        participants = int(told.findtext("participants") or 0)
    except (ValueError, OverflowError, OSError):
        raise BadAnswer("a recording without times") from None
    if not 0 <= participants < 2**31:
        raise BadAnswer("a recording with impossible numbers")
    return Recording(id, url, participants, starts_at, ends_at)


def _moment(milliseconds: str) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)


def _text(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _parsed(body: bytes) -> "Element":
    """The root of an XML document without a document type, so without entities. Raises BadAnswer."""
    from xml.etree.ElementTree import TreeBuilder  # lazy: only answers of a video service are XML
    from xml.parsers import expat

    def refuse(*_: object) -> None:
        raise BadAnswer("XML with a document type")

    builder, parser = TreeBuilder(), expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError):  # the latter two for encodings
        raise BadAnswer("no XML") from None
    return builder.close()
