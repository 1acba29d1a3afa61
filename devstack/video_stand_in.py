"""Stand-in for a BigBlueButton server: verifies checksums, keeps meetings and recordings, answers XML.

Shapes and message keys are those of docs.bigbluebutton.org/development/api.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from devstack.stand_in_server import Asked, StandInServer, Told

PATH: Final = "/bigbluebutton/api"
SECRET: Final = "not-a-real-key"  # the key of the channel in the demo data


@dataclass(slots=True)
class Meeting:
    """A meeting, as it was created, and who is in it: (full name, role)."""

    created_with: Mapping[str, str]
    attendee: str
    moderator: str
    people: list[tuple[str, str]] = field(default_factory=list)


class Refusal(Exception):
    """FAILED with this messageKey."""


class VideoStandIn:
    """The server. Its meetings and recordings may be read, and recordings added."""

    def __init__(self, secret: str, port: int = 0) -> None:
        self.secret = secret
        self.meetings: dict[str, Meeting] = {}
        self.recordings: dict[str, dict[str, str]] = {}
        self.calls: list[str] = []
        self._server = StandInServer(self._answer, port)
        self.api_url = self._server.address + PATH

    def close(self) -> None:
        """Stop it."""
        self._server.close()

    def record(self, meeting_id: str, **values: str) -> str:
        """Add a recording of the meeting; returns its id."""
        id = secrets.token_hex(8)
        self.recordings[id] = {
            "meetingID": meeting_id,
            "published": "true",
            "participants": "3",
            "startTime": "1900000000000",
            "endTime": "1900003600000",
            "url": f"{self._server.address}/playback/{id}",
            **values,
        }
        return id

    def _answer(self, asked: Asked) -> Told:
        call = asked.path.removeprefix(f"{PATH}/")
        query, _, checksum = asked.query.rpartition("checksum=")
        query = query.removesuffix("&")
        sent = dict(parse_qsl(query, keep_blank_values=True))
        self.calls.append(call)
        handle = {
            "create": self._create,
            "join": self._join,
            "isMeetingRunning": self._is_running,
            "end": self._end,
            "getRecordings": self._get_recordings,
            "deleteRecordings": self._delete_recordings,
        }.get(call)
        if handle is None:
            return _xml(_failed("unsupportedRequest"))
        for hashing in (hashlib.sha1, hashlib.sha256):
            if secrets.compare_digest(hashing(f"{call}{query}{self.secret}".encode()).hexdigest(), checksum):
                break
        else:
            return _xml(_failed("checksumError"))
        try:
            return _xml(f"<returncode>SUCCESS</returncode>{handle(sent)}")
        except Refusal as refusal:
            return _xml(_failed(str(refusal)))

    def _create(self, sent: Mapping[str, str]) -> str:
        id = sent.get("meetingID", "")
        if not id or len(sent.get("name", "")) < 2:
            raise Refusal("validationError")
        known = self.meetings.get(id)
        note = ""
        if known is None:
            attendee = sent.get("attendeePW") or secrets.token_hex(4)
            moderator = sent.get("moderatorPW") or secrets.token_hex(4)
            known = self.meetings[id] = Meeting(dict(sent), attendee, moderator)
        elif (sent.get("attendeePW"), sent.get("moderatorPW")) == (known.attendee, known.moderator):
            note = "<messageKey>duplicateWarning</messageKey>"
        else:
            raise Refusal("idNotUnique")
        return (
            f"<meetingID>{escape(id)}</meetingID><attendeePW>{escape(known.attendee)}</attendeePW>"
            f"<moderatorPW>{escape(known.moderator)}</moderatorPW>{note}"
        )

    def _join(self, sent: Mapping[str, str]) -> str:
        meeting = self._known(sent)
        roles = {meeting.attendee: "VIEWER", meeting.moderator: "MODERATOR"}
        role = roles.get(sent.get("password", ""))
        if role is None:
            raise Refusal("invalidPassword")
        if not sent.get("fullName"):
            raise Refusal("missingParamFullName")
        meeting.people.append((sent["fullName"], role))
        return "<messageKey>successfullyJoined</messageKey>"

    def _is_running(self, sent: Mapping[str, str]) -> str:
        meeting = self.meetings.get(sent.get("meetingID", ""))
        running = "true" if meeting is not None and meeting.people else "false"
        return f"<running>{running}</running>"

    def _end(self, sent: Mapping[str, str]) -> str:
        if sent.get("password") != self._known(sent).moderator:
            raise Refusal("invalidPassword")
        del self.meetings[sent["meetingID"]]
        return "<messageKey>sentEndMeetingRequest</messageKey>"

    def _get_recordings(self, sent: Mapping[str, str]) -> str:
        wanted = set(filter(None, sent.get("meetingID", "").split(",")))
        found = [
            _recording(id, recording)
            for id, recording in self.recordings.items()
            if recording["meetingID"] in wanted
        ]
        if not found:
            return "<recordings></recordings><messageKey>noRecordings</messageKey>"
        return f"<recordings>{''.join(found)}</recordings>"

    def _delete_recordings(self, sent: Mapping[str, str]) -> str:
        ids = sent.get("recordID", "").split(",")
        if not set(ids) <= self.recordings.keys():
            raise Refusal("notFound")
        for id in ids:
            del self.recordings[id]
        return "<deleted>true</deleted>"

    def _known(self, sent: Mapping[str, str]) -> Meeting:
        meeting = self.meetings.get(sent.get("meetingID", ""))
        if meeting is None:
            raise Refusal("notFound")
        return meeting


def _recording(id: str, told: Mapping[str, str]) -> str:
    names = ("meetingID", "published", "participants", "startTime", "endTime")
    values = "".join(f"<{name}>{escape(told[name])}</{name}>" for name in names if name in told)
    playback = f"<format><type>presentation</type><url>{escape(told['url'])}</url></format>"
    return f"<recording><recordID>{id}</recordID>{values}<playback>{playback}</playback></recording>"


def _failed(key: str) -> str:
    return f"<returncode>FAILED</returncode><messageKey>{key}</messageKey><message>Refused.</message>"


def _xml(content: str) -> Told:
    body = f"<response>{content}</response>".encode()
    return Told(200, body, {"Content-Type": "text/xml;charset=utf-8"})
