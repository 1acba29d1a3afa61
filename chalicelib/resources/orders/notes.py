"""Append-only texts: check-in times, device names, remarks."""

import re
from datetime import UTC, datetime
from typing import Final

# JavaScript's Date.toString(): Thu Mar 19 2020 09:00:00 GMT+0800 (Singapore Standard Time).
_OF_A_BROWSER: Final = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2} [0-9]{2} [0-9]{4} [0-9:]{8}) GMT([-+][0-9]{4})(?: \([^()]*\))?"
)

_KEPT: Final = 2_500  # characters of what scans append; about 80 times
LONGEST: Final = 3_000
"""Characters of such a text: former clients send all of it again with what they append."""


def shortened(text: str | None) -> str | None:
    """The newest entries of a comma-separated text, so few that a former client can append one."""
    if text is None or len(text) <= _KEPT:
        return text
    return text[-_KEPT - 1 :].partition(",")[2]


def appended(former: str | None, sent: str | None) -> str | None:
    """Append `sent` to the comma-separated `former`; entries already in it are kept once."""
    if not former or (sent or "").startswith(former):
        return sent
    return f"{former},{sent}" if sent and sent not in former.split(",") else former


def inserted(former: str | None, moment: str) -> str:
    """The comma-separated `former` with this timestamp where it belongs by time."""
    entries = former.split(",") if former else []
    if moment in entries:
        return ",".join(entries)
    at = datetime.fromisoformat(moment)
    later = [place for place, entry in enumerate(entries) if (_moment(entry.strip()) or at) > at]
    place = later[0] if later else len(entries)
    return ",".join([*entries[:place], moment, *entries[place:]])


def no_moments(former: str | None, text: str | None) -> list[str]:
    """The new entries of a comma-separated list that are not timestamps."""
    if not text or text == former:
        return []
    known = former.split(",") if former else []
    added = text[len(former) :].removeprefix(",") if former and text.startswith(former) else text
    return [part for part in added.split(",") if part not in known and not _is_moment(part.strip())]


def _is_moment(text: str) -> bool:
    try:
        match = _OF_A_BROWSER.fullmatch(text)
        if match:
            datetime.strptime(" ".join(match.groups()), "%b %d %Y %H:%M:%S %z")
        else:
            datetime.fromisoformat(text)
    except ValueError:
        return False
    return len(text) > len("2031-05-03")  # a date without a time does not count


def moments_in(text: str | None) -> list[datetime]:
    """The timestamps in a comma-separated list, in UTC without a zone; other texts are left out."""
    found = (_moment(part.strip()) for part in (text or "").split(","))
    return [moment for moment in found if moment is not None]


def _moment(text: str) -> datetime | None:
    if not _is_moment(text):
        return None
    match = _OF_A_BROWSER.fullmatch(text)
    if match:
        return datetime.strptime(" ".join(match.groups()), "%b %d %Y %H:%M:%S %z")
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
