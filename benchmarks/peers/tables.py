"""The five tables as SQLAlchemy models, with the columns that our own documents show and no others."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Float, ForeignKey, Numeric, Table, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import relationship

# A noun, its parent's column, and what it is called from there.
OWNED = {"session": "sessions", "speaker": "speakers", "track": "tracks", "ticket": "tickets"}


def column_type(text: str) -> Any:
    """SQLAlchemy's type for PostgreSQL's name of it."""
    if text.startswith("timestamp"):
        return DateTime(timezone=True)
    found = {
        "boolean": Boolean,
        "bigint": BigInteger,
        "integer": BigInteger,
        "numeric": Numeric(asdecimal=False),
        "jsonb": JSONB,
    }
    return found.get(text, Float if "float" in text or text.startswith("double") else Text)


def models(nouns: dict[str, Any], bases: tuple[type, ...], metadata: Any) -> dict[str, type]:
    """One model for each noun, by its type."""
    links = Table(
        "speakers_sessions",
        metadata,
        Column("speaker_id", BigInteger, ForeignKey("speakers.id"), primary_key=True),
        Column("session_id", BigInteger, ForeignKey("sessions.id"), primary_key=True),
    )
    relations: dict[str, dict[str, Any]] = {name: {} for name in nouns}
    for name, plural in OWNED.items():
        relations["event"][plural] = relationship(
            name.title(), back_populates="event", order_by=f"{name.title()}.id"
        )
        relations[name] |= {
            "event_id": Column(BigInteger, ForeignKey("events.id"), nullable=False),
            "event": relationship("Event", back_populates=plural),
        }
    relations["session"] |= {
        "track_id": Column(BigInteger, ForeignKey("tracks.id")),
        "track": relationship("Track"),
        "speakers": relationship("Speaker", secondary=links, back_populates="sessions"),
    }
    relations["speaker"]["sessions"] = relationship("Session", secondary=links, back_populates="speakers")
    return {
        name: type(
            name.title(),
            bases,
            {
                "__tablename__": noun["table"],
                "__module__": __name__,
                "id": Column(BigInteger, primary_key=True),
                **{
                    attribute["column"]: _column(attribute)
                    for attribute in noun["attributes"]
                    if attribute["column"]
                },
                **relations[name],
            },
        )
        for name, noun in nouns.items()
    }


def _column(one: dict[str, Any]) -> Any:
    kind = column_type(one["type"])
    default: Any = None
    if one["required"]:
        default = {Boolean: False, BigInteger: 0, Float: 0.0, Text: ""}.get(kind)
        if isinstance(kind, DateTime):
            default = func.now()
    return Column(one["column"], kind, nullable=not one["required"], default=default)
