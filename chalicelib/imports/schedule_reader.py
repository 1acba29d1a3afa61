"""Common parts of schedule.xml and schedule.json: talks whose times are those of a day, or their own."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta, tzinfo
from typing import Any, Final

from chalicelib.feeds.days import UNDECIDED
from chalicelib.imports.imported_ids import LONGEST
from chalicelib.imports.moments import day_in, hour_of_day, length_in, moment_in, zone_named
from chalicelib.imports.programmes import MOST_TALKS, ImportedProgramme, ImportedTalk, Mistake
from chalicelib.imports.report import BadFile

_COLOR: Final = re.compile("#[0-9a-fA-F]{6}")
Get = Callable[[str], str | None]


class Reader:
    """Collects the talks of a schedule, in whichever form it is written.

    `about` has the plain members of the conference; `otherwise` is the zone of an event that is there
    already, for a file that names none.
    """

    def __init__(self, about: Get, otherwise: str) -> None:
        self.title, zone_name = (about("title") or "").strip(), about("time_zone_name")
        self.acronym = (about("acronym") or "").strip()
        if len(self.acronym) > LONGEST:  # it is a part of the id of each talk
            raise BadFile(f"The acronym of the schedule has {LONGEST} characters at most.")
        named = zone_named(zone_name) if zone_name else None
        if zone_name and named is None:
            raise BadFile(f"The time zone {zone_name!r:.80} of the schedule is not known.")
        self.zone_name = getattr(named, "key", otherwise)
        self.where: tzinfo = named or zone_named(otherwise) or zone_named("UTC")  # type: ignore[assignment]
        self.talks: list[ImportedTalk] = []
        self.mistakes: list[Mistake] = []

    def add(
        self, path: str, get: Get, day: str, day_start: str, room: str, more: Callable[[], dict[str, Any]]
    ) -> None:
        """Take one talk: `get` has its plain members, `more` makes the others."""
        if len(self.talks) + len(self.mistakes) >= MOST_TALKS:
            raise BadFile(f"The schedule has more than {MOST_TALKS:,} talks, which is the most.", path=path)
        title = (get("title") or "").strip()
        try:
            begin = self._begin(get, day, day_start)
            try:
                length = length_in(get("duration") or "")
            except (ValueError, OverflowError):
                raise ValueError("duration is no length such as 00:45.") from None
            talk = ImportedTalk(
                uid=(get("guid") or "").strip() or self.own_id(get("id")),
                path=path,
                title=title,
                begin=begin,
                end=begin + length,
                room="" if room in {"", UNDECIDED} else room,
                track=(get("track") or "").strip(),
                kind=(get("type") or "").strip(),
                subtitle=get("subtitle") or "",
                language=get("language") or "",
                abstract=get("abstract") or "",
                description=get("description") or "",
                **more(),
            )
        except (ValueError, OverflowError) as mistake:
            self.mistakes.append(Mistake.of(path, title, mistake))
            return
        if not talk.uid:
            self.mistakes.append(Mistake(path, title, "It has neither guid nor id."))
            return
        self.talks.append(talk)

    def own_id(self, id: str | None) -> str:
        """An id that is unique in this schedule alone, together with its name; empty without one."""
        text = (id or "").strip()
        return f"{self.acronym}:{text}" if text else ""

    def _begin(self, get: Get, day: str, day_start: str) -> datetime:
        whole = (get("date") or "").strip()
        if len(whole) > len("2031-05-03"):
            try:
                return moment_in(whole, self.where)
            except ValueError:
                raise ValueError("date is no time such as 2031-05-03T09:00:00+02:00.") from None
        try:
            hour, of_day = hour_of_day(get("start") or ""), day_in(whole or day)
        except ValueError:
            raise ValueError("start is no hour such as 09:30, or its day has no date.") from None
        if not whole and hour < _hour(day_start):  # after midnight, and still the same day
            of_day += timedelta(days=1)
        return datetime.combine(of_day, hour, self.where)


def programme_of(
    reader: Reader, about: Get, colors: Mapping[str, str], *, location: str, description: str
) -> ImportedProgramme:
    """The programme that was read; `about` has the plain members of the conference."""
    try:
        first, last = day_in(about("start") or ""), day_in(about("end") or "")
        begin = datetime.combine(first, time(), reader.where)
        end: datetime | None = datetime.combine(last + timedelta(days=1), time(), reader.where)
    except (ValueError, OverflowError):
        begin = end = None  # type: ignore[assignment]
    return ImportedProgramme(
        title=reader.title,
        timezone=reader.zone_name,
        talks=reader.talks,
        mistakes=reader.mistakes,
        begin=begin,
        end=end,
        description=description,
        location=location,
        address=about("url") or "",
        colors={" ".join(name.split()): color for name, color in colors.items() if _COLOR.fullmatch(color)},
    )


def _hour(day_start: str) -> time:
    """The hour at which a day begins: of a moment, or of a clock. Midnight where nothing is known."""
    text = day_start.strip()
    try:
        return datetime.fromisoformat(text).time() if "T" in text else hour_of_day(text)
    except ValueError:
        return time()
