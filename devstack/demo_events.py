"""Demo data around events: types, topics, sponsors, exhibitors, calls, forms, video and feedback.

The content is in demo_events.json.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.events.custom_placeholder import CustomPlaceholder
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.event_copyright import EventCopyright
from chalicelib.resources.events.event_location import EventLocation
from chalicelib.resources.events.event_sub_topic import EventSubTopic
from chalicelib.resources.events.event_topic import EventTopic
from chalicelib.resources.events.event_type import EventType
from chalicelib.resources.events.exhibitor import Exhibitor, exhibitors_sessions
from chalicelib.resources.events.sponsor import Sponsor
from chalicelib.resources.forms.custom_form.custom_form import CustomForm
from chalicelib.resources.forms.custom_form_option import CustomFormOption
from chalicelib.resources.forms.custom_form_translate import CustomFormTranslate
from chalicelib.resources.identifiers import slug
from chalicelib.resources.people.user.user import User
from chalicelib.resources.programme.feedback import Feedback
from chalicelib.resources.programme.session.session import Session as Talk
from chalicelib.resources.programme.speaker_invite import SpeakerInvite
from chalicelib.resources.programme.speakers_call import SpeakersCall
from chalicelib.resources.programme.user_favourite_session import UserFavouriteSession
from chalicelib.resources.video.translation_channel import TranslationChannel
from chalicelib.resources.video.video_channel import VideoChannel
from chalicelib.resources.video.video_recording import VideoRecording
from chalicelib.resources.video.video_stream.video_stream import VideoStream
from chalicelib.resources.video.video_stream_moderator import VideoStreamModerator

_DATA: dict[str, Any] = json.loads((Path(__file__).parent / "demo_events.json").read_text(encoding="utf-8"))
_FAVOURITES = 3


def create(session: Session, users: Mapping[str, User]) -> None:
    """Add it to the existing demo events."""
    types = {name: EventType(name=name, slug=slug(name)) for name in _DATA["types"]}
    channels = {channel["name"]: VideoChannel(**channel) for channel in _DATA["channels"]}
    session.add_all([*types.values(), *channels.values()])
    session.flush()
    shelves = _shelves(session)
    for event in session.scalars(select(Event)).all():
        one = _DATA["events"].get(event.name, {})
        if one:
            event.event_type_id = types[one["type"]].id
            event.event_sub_topic_id = shelves[one["sub_topic"]].id
        event.is_sponsors_enabled = bool(one.get("sponsors"))
        _locate(session, event)
        _surround(session, event, one)
        _ask(session, event, one.get("form", []))
        if "stream" in one:
            _show(session, event, one["stream"], channels)
    _judge(session, users)


def _shelves(session: Session) -> dict[str, EventSubTopic]:
    topics = {topic.name: topic.id for topic in session.scalars(select(EventTopic))}
    shelves = {
        name: EventSubTopic(name=name, slug=slug(name), event_topic_id=topics[topic])
        for topic, names in _DATA["sub_topics"].items()
        for name in names
    }
    session.add_all(shelves.values())
    session.flush()
    for placeholder in _DATA["placeholders"]:
        values = {name: value for name, value in placeholder.items() if name != "sub_topic"}
        session.add(CustomPlaceholder(**values, event_sub_topic_id=shelves[placeholder["sub_topic"]].id))
    return shelves


def _locate(session: Session, event: Event) -> None:
    name = event.searchable_location_name
    if name:
        place = session.scalar(select(EventLocation).where(EventLocation.slug == slug(name)))
        if place is None:
            place = EventLocation(name=name, slug=slug(name))
            session.add(place)
            session.flush()
        event.event_location_id = place.id


def _surround(session: Session, event: Event, one: Mapping[str, Any]) -> None:
    session.add_all(Sponsor(**each, event_id=event.id) for each in one.get("sponsors", []))
    talk = session.scalars(select(Talk).where(Talk.event_id == event.id).order_by(Talk.id)).first()
    for each in one.get("exhibitors", []):
        booth = Exhibitor(**each, event_id=event.id)
        session.add(booth)
        session.flush()
        if talk is not None:
            link = {"exhibitor_id": booth.id, "session_id": talk.id}
            session.execute(exhibitors_sessions.insert().values(link))
    if "copyright" in one:
        session.add(EventCopyright(**one["copyright"], year=clock.now().year, event_id=event.id))
    if "call" in one:
        now = clock.now().replace(microsecond=0)
        session.add(
            SpeakersCall(
                **one["call"],
                starts_at=now - timedelta(days=7),
                ends_at=event.starts_at - timedelta(days=14),
                event_id=event.id,
            )
        )


def _ask(session: Session, event: Event, form: list[dict[str, Any]]) -> None:
    for question in form:
        plain = {name: value for name, value in question.items() if name not in {"options", "translations"}}
        field = CustomForm(**plain, event_id=event.id)
        session.add(field)
        session.flush()
        session.add_all(
            CustomFormOption(value=value, custom_form_id=field.id) for value in question.get("options", [])
        )
        session.add_all(
            CustomFormTranslate(name=name, language_code=code, custom_form_id=field.id)
            for code, name in question.get("translations", {}).items()
        )


def _show(
    session: Session, event: Event, one: Mapping[str, Any], channels: Mapping[str, VideoChannel]
) -> None:
    channel_id = channels[one["channel"]].id
    stream = VideoStream(name=one["name"], url=one["url"], event_id=event.id, video_channel_id=channel_id)
    event.is_videoroom_enabled = True
    session.add(stream)
    session.flush()
    if "moderator" in one:
        user_id = session.scalar(select(User.id).where(User.email == one["moderator"]))
        session.add(VideoStreamModerator(email=one["moderator"], user_id=user_id, video_stream_id=stream.id))
    if "translation" in one:
        address = f"{one['url']}-{slug(one['translation'])}"
        session.add(
            TranslationChannel(
                name=one["translation"], url=address, video_stream_id=stream.id, channel_id=channel_id
            )
        )
    if one.get("recorded"):
        session.add(
            VideoRecording(
                bbb_record_id="sound-check",
                participants=6,
                url=f"{one['url']}/recordings/sound-check",
                start_time=clock.now() - timedelta(days=1, hours=1),
                end_time=clock.now() - timedelta(days=1),
                video_stream_id=stream.id,
            )
        )


def _judge(session: Session, users: Mapping[str, User]) -> None:
    visitor = users[_DATA["visitor"]]
    for name, (rating, comment) in _DATA["feedback"].items():
        event_id = session.scalar(select(Event.id).where(Event.name == name))
        session.add(Feedback(rating=rating, comment=comment, user_id=visitor.id, event_id=event_id))
    for talk in session.scalars(select(Talk).order_by(Talk.id).limit(_FAVOURITES)).all():
        session.add(UserFavouriteSession(user_id=visitor.id, session_id=talk.id))
        session.add(Feedback(rating=_DATA["reviews"], user_id=talk.creator_id, session_id=talk.id))
        session.add(SpeakerInvite(email=_DATA["invited"], session_id=talk.id, event_id=talk.event_id))
        talk.favourite_count = talk.rating_count = 1
        talk.average_rating = _DATA["reviews"]
