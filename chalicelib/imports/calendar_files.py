"""Reads calendars of sessions: iCalendar (RFC 5545), xCal (RFC 6321), and the flat xCal of frab.

VTIMEZONE is not looked at: zones go by their names, so no file brings rules that take long to follow.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Final
from xml.etree.ElementTree import Element

from chalicelib.feeds.days import UNDECIDED
from chalicelib.imports.files import text_of
from chalicelib.imports.moments import length_in, moment_in, zone_named
from chalicelib.imports.programmes import MOST_TALKS, ImportedPerson, ImportedProgramme, ImportedTalk, Mistake
from chalicelib.imports.report import BadFile

_NO_ABSTRACT: Final = "N/A"
_VALUE: Final = r'(?:"[^"]*"|[^";:,]*)'
_LINE: Final = re.compile(
    rf"([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+={_VALUE}(?:,{_VALUE})*)*):(.*)",
    re.DOTALL,
)
_PARAMETER: Final = re.compile(rf";([A-Za-z0-9-]+)=({_VALUE})")
_ESCAPE: Final = re.compile(r"\\([nN\\;,])")
_LONGEST_LINE: Final = 1_000_000
_REPEATING: Final = ("rrule", "rdate", "recurrence-id")


@dataclass(slots=True)
class Entry:
    """The properties of one VEVENT by their names in lower case: values, each with its parameters."""

    path: str
    is_flat: bool = False
    values: dict[str, list[tuple[str, Mapping[str, str]]]] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """The first value; None where there is none."""
        found = self.values.get(name)
        return found[0][0].strip() if found else None


def read_ical(content: bytes, otherwise: str) -> ImportedProgramme:
    """The programme in an iCalendar file. Raises BadFile."""
    about: dict[str, str] = {}
    entries: list[Entry] = []
    stack: list[str] = []
    for number, line in _lines(text_of(content)):
        match = _LINE.fullmatch(line)
        if match is None:
            raise BadFile("This is no iCalendar file: a line is no property with a value.", row=number)
        name, value = match[1].lower(), match[3]
        if name == "begin":
            stack.append(value.strip().lower())
            if len(stack) > 3:
                raise BadFile("The calendar is nested too deeply.", row=number)
            if stack == ["vcalendar", "vevent"]:
                _demand_room(entries, number)
                entries.append(Entry(f"/vevent[{len(entries) + 1}]"))
        elif name == "end":
            if not stack or stack.pop() != value.strip().lower():
                raise BadFile("END does not fit the BEGIN before it.", row=number)
        elif stack == ["vcalendar"]:
            about.setdefault(name, _unescaped(value))
        elif stack == ["vcalendar", "vevent"]:
            parameters = {key.lower(): text.strip('"') for key, text in _PARAMETER.findall(match[2])}
            entries[-1].values.setdefault(name, []).append((_unescaped(value), parameters))
    if stack or (not about and not entries):
        raise BadFile("This is no whole iCalendar file.")
    return _programme(about, entries, otherwise)


def read_xcal(root: Element, otherwise: str) -> ImportedProgramme:
    """The programme in an xCal document of either kind. Raises BadFile."""
    calendar = next((node for node in root.iter() if _local(node) == "vcalendar"), None)
    if calendar is None:
        raise BadFile("This is no xCal: it has no vcalendar.", path=f"/{_local(root)}")
    about = {name: value for name, value, _ in _properties(calendar)}
    entries: list[Entry] = []
    for number, node in enumerate((node for node in calendar.iter() if _local(node) == "vevent"), 1):
        _demand_room(entries, None)
        entry = Entry(f"/vcalendar/vevent[{number}]", is_flat=_child(node, "properties") is None)
        for name, value, parameters in _properties(node):
            entry.values.setdefault(name, []).append((value, parameters))
        entries.append(entry)
    return _programme(about, entries, otherwise)


def _demand_room(entries: list[Entry], row: int | None) -> None:
    if len(entries) >= MOST_TALKS:
        raise BadFile(f"The calendar has more than {MOST_TALKS:,} entries, which is the most.", row=row)


def _programme(about: Mapping[str, str], entries: list[Entry], otherwise: str) -> ImportedProgramme:
    zone_name = about.get("x-wr-timezone", "").strip()
    named = zone_named(zone_name) if zone_name else None
    where: tzinfo = named or zone_named(otherwise) or zone_named("UTC")  # type: ignore[assignment]
    uids = [entry.text("uid") or "" for entry in entries]
    events = {uid.partition("-")[2] for uid in uids}  # talks are {id}-{event}
    whole = next((uid for uid in uids if uid and uid in events), None)
    talks: list[ImportedTalk] = []
    mistakes: list[Mistake] = []
    # The event itself, among its sessions.
    event = next((entry for entry in entries if whole is not None and entry.text("uid") == whole), None)
    nowhere = {UNDECIDED, event.text("location") if event is not None else None}
    for entry in entries:
        if entry is event:
            continue
        try:
            talks.append(_talk(entry, where, nowhere))
        except (ValueError, OverflowError) as mistake:
            mistakes.append(Mistake.of(entry.path, entry.text("summary") or "", mistake))
    begin, end = _times(event, where) if event is not None else (None, None)
    return ImportedProgramme(
        title=about.get("x-wr-calname", "").strip() or (event.text("summary") or "" if event else ""),
        timezone=getattr(where, "key", otherwise),
        talks=talks,
        mistakes=mistakes,
        begin=begin,
        end=end,
        description=about.get("x-wr-caldesc", "").strip(),
        location=(event.text("location") or "") if event is not None else "",
        address=(event.text("url") or "") if event is not None else "",
    )


def _talk(entry: Entry, where: tzinfo, nowhere: set[str | None]) -> ImportedTalk:
    """One talk; `nowhere` are locations that are no rooms. Raises ValueError with a sentence."""
    uid = entry.text("uid")
    if not uid:
        raise ValueError("It has no UID.")
    if any(name in entry.values for name in _REPEATING):
        raise ValueError("It repeats: only single entries are imported.")
    begin, end = _times(entry, where)
    flat = entry.is_flat
    location, description = entry.text("location"), entry.text("description")
    kinds = entry.values.get("category" if "category" in entry.values else "categories", [])
    category = (
        kinds[0][0].split(",")[0].strip() if kinds and flat else (kinds[0][0].strip() if kinds else None)
    )
    persons = [
        ImportedPerson(value.strip()) for value, _ in entry.values.get("attendee", ()) if value.strip()
    ]
    return ImportedTalk(
        uid=uid,
        path=entry.path,
        title=(flat and entry.text("title")) or entry.text("summary") or "",
        begin=begin,
        end=end,
        room=location if location is None or location not in nowhere else "",
        track=None if flat else category,
        kind=category if flat else None,
        subtitle=entry.text("subtitle") if flat else None,
        language=entry.text("language-code") or entry.text("language") if flat else None,
        abstract="" if flat and description == _NO_ABSTRACT else description,
        persons=persons if flat else None,
        is_cancelled=(entry.text("status") or "").upper() == "CANCELLED",
    )


def _times(entry: Entry, where: tzinfo) -> tuple[datetime, datetime]:
    begin = _moment(entry, "dtstart", where)
    if begin is None:
        raise ValueError("It has no beginning.")
    end = _moment(entry, "dtend", where)
    length = entry.text("duration")
    if end is None and length:
        try:
            end = begin + length_in(length)
        except ValueError:
            raise ValueError(f"DURATION {length!r:.40} is no length such as PT45M.") from None
    if end is None:
        is_day = begin.time() == time() and len(entry.text("dtstart") or "") <= len("2031-05-03")
        end = begin + timedelta(days=1) if is_day else None
    if end is None or end <= begin:
        raise ValueError("It has no end after its beginning.")
    return begin, end


def _moment(entry: Entry, name: str, where: tzinfo) -> datetime | None:
    found = entry.values.get(name)
    if not found:
        return None
    text, parameters = found[0][0].strip(), found[0][1]
    zone_name = parameters.get("tzid")
    if zone_name:
        named = zone_named(zone_name)
        if named is None:
            raise ValueError(f"The time zone {zone_name!r:.80} is not known.")
        where = named
    try:
        if len(text) <= len("2031-05-03"):
            return datetime.combine(date.fromisoformat(text), time(), where)
        return moment_in(text, where)
    except ValueError:
        raise ValueError(f"{name.upper()} {text!r:.40} is no time such as 20310503T090000Z.") from None


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Content lines, unfolded, with the numbers of the lines at which they begin."""
    number = length = 0
    pieces: list[str] = []
    for at, line in enumerate(re.split("\r\n|\n|\r", text), 1):
        if line[:1] in {" ", "\t"} and pieces:
            pieces.append(line[1:])
            length += len(line)
            _demand_length(length, number)
            continue
        if pieces and any(pieces):
            yield number, "".join(pieces)
        number, pieces, length = at, [line], len(line)
        _demand_length(length, number)
    if pieces and any(pieces):
        yield number, "".join(pieces)


def _demand_length(length: int, number: int) -> None:
    if length > _LONGEST_LINE:
        raise BadFile("A line of the calendar is too long.", row=number)


def _unescaped(value: str) -> str:
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def _properties(node: Element) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """(name, value, parameters) of a component, in either form of xCal."""
    inner = _child(node, "properties")
    for child in node if inner is None else inner:
        if _local(child) in {"vevent", "components", "vtimezone"}:
            continue
        parameters: dict[str, str] = {}
        values: list[Any] = []
        for part in child:
            if _local(part) == "parameters":
                parameters = {_local(item): "".join(item.itertext()).strip() for item in part}
            else:
                values.append("".join(part.itertext()))
        yield _local(child), (values[0] if values else child.text or ""), parameters


def _child(node: Element, name: str) -> Element | None:
    return next((child for child in node if _local(child) == name), None)


def _local(node: Element) -> str:
    return str(node.tag).rpartition("}")[2].lower()
