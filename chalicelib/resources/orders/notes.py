"""Texts that only grow: times of arrival, names of devices, remarks. What is noted stays noted."""

import re
from datetime import datetime
from typing import Final

# As browsers write a moment: Thu Mar 19 2020 09:00:00 GMT+0800 (Singapore Standard Time).
_OF_A_BROWSER: Final = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2} [0-9]{2} [0-9]{4} [0-9:]{8}) GMT([-+][0-9]{4})(?: \([^()]*\))?"
)


def appended(former: str | None, sent: str | None) -> str | None:
    """What was there and what is new, joined by a comma; what was sent along again counts once."""
    if not former or (sent or "").startswith(former):
        return sent
    return f"{former},{sent}" if sent and sent not in former.split(",") else former


def no_moments(former: str | None, text: str | None) -> list[str]:
    """The parts of a list of moments, joined by commas, that are neither moments nor were there before."""
    if not text or text == former:
        return []
    known = former.split(",") if former else []
    added = text[len(former) :].removeprefix(",") if former and text.startswith(former) else text
    return [part for part in added.split(",") if part not in known and not _is_moment(part.strip())]


def _is_moment(text: str) -> bool:
    try:
        found = _OF_A_BROWSER.fullmatch(text)
        if found:
            datetime.strptime(" ".join(found.groups()), "%b %d %Y %H:%M:%S %z")
        else:
            datetime.fromisoformat(text)
    except ValueError:
        return False
    return len(text) > len("2031-05-03")  # a day alone does not say when
