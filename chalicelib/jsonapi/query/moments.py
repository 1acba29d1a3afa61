"""Timestamps as old clients write them in filters: "%2026-11-28T18:01%", "2026-11-28%", "Today%".

The former server passed them to PostgreSQL, which skips punctuation and knows some words. This parses the
same texts, in UTC. Source: PostgreSQL documentation, appendix B.1.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from chalicelib import clock

_SKIP: Final = r"[\s!\"#$%&'()*,;<=>?@\[\\\]^_`{|}~]"
_DATE: Final = r"(?P<year>\d{4})(?P<dash>[-/.]?)(?P<month>\d{1,2})(?P=dash)(?P<day>\d{1,2})"
_WORD: Final = r"(?P<word>now|today|tomorrow|yesterday|epoch)"
_TIME: Final = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(:(?P<second>\d{1,2})(?P<part>\.\d{0,9})?)?"
_ZONE: Final = r"(?P<zone>z|utc|(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})?)"
_MOMENT: Final = re.compile(
    rf"{_SKIP}*({_DATE}|{_WORD})((t|{_SKIP}+){_TIME}({_SKIP}*{_ZONE})?)?{_SKIP}*",
    re.ASCII | re.IGNORECASE,
)
_DAYS: Final = {"yesterday": -1, "today": 0, "tomorrow": 1}


def read(text: str) -> datetime:
    """The timestamp in a text. Raises ValueError, or OverflowError out of range."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise ValueError("no moment")
    word = (match["word"] or "").lower()
    if word in {"now", "epoch"}:
        if match["hour"]:
            raise ValueError("no day, so no time of it")
        return clock.now() if word == "now" else datetime.fromtimestamp(0, UTC)
    if word:
        day = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(_DAYS[word])
    else:
        if not match["dash"] and len(match["month"] + match["day"]) != 4:
            raise ValueError("no date")
        day = datetime(int(match["year"]), int(match["month"]), int(match["day"]), tzinfo=UTC)
    return (day + _time_in(match)).replace(tzinfo=_zone_in(match)).astimezone(UTC)


def _time_in(match: re.Match[str]) -> timedelta:
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    part = float(f"0{match['part'] or ''}")
    time = timedelta(hours=hour, minutes=minute, seconds=second + part)
    if minute > 59 or second > 60 or time > timedelta(hours=24):
        raise ValueError("no time of day")
    return time


def _zone_in(match: re.Match[str]) -> timezone:
    if not match["sign"]:
        return UTC
    offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
    if offset >= timedelta(hours=16):
        raise ValueError("no offset")
    return timezone(-offset if match["sign"] == "-" else offset)
