"""The text of a mail about a session: the usual words of its state, with values in place of placeholders."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.jsonapi.model.plain_text import plain_lines
from chalicelib.resources.admin.setting import Setting
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.programme.session import session as programme
from chalicelib.settings import settings
from chalicelib.tasks.session_texts import TEXTS
from chalicelib.values.messages import MAILS, translated
from chalicelib.values.placeholders import filled


def event_address(event: Event) -> str:
    """The address of an event's page in the web front end."""
    return f"{settings().web_url}/e/{event.identifier}"


def app_name_of(session: Session) -> str:
    """What the installation calls itself, for placeholders."""
    return session.scalar(select(Setting.app_name).order_by(Setting.id)) or ""


def values_of(
    talk: programme.Session, event: Event, app_name: str, state: str | None = None
) -> dict[str, str]:
    """What the placeholders stand for, by name."""
    address = event_address(event)
    return {
        "session_name": talk.title,
        "session_link": f"{address}/session/{talk.id}",
        "session_cfs_link": f"{address}/cfs",
        "session_state": state or talk.state,
        "event_name": event.name,
        "event_link": address,
        "app_name": app_name,
        "frontend_link": settings().web_url,
    }


def state_text(
    talk: programme.Session, event: Event, app_name: str, language: str, state: str | None = None
) -> tuple[str, list[str]]:
    """Subject and lines of the mail about the session's present state, or this one, filled in."""
    text, values = TEXTS[state or talk.state], values_of(talk, event, app_name, state)
    lines = [translated(line, language, MAILS) for line in plain_lines(text["message"])]
    subject = translated(text["subject"], language, MAILS)
    return filled(subject, values), [filled(line, values) for line in lines]
