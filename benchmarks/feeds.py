"""Feeds: how long the programme of 3,000 sessions takes to be written in each format.

Seconds of processor time, the best of three. `make bench` has it, and `python -m benchmarks.feeds` alone.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from chalicelib.feeds.flat_xcal import flat_xcal
from chalicelib.feeds.ical import calendar
from chalicelib.feeds.programme import Programme
from chalicelib.feeds.schedule_json import schedule_json
from chalicelib.feeds.schedule_xml import schedule_xml
from chalicelib.feeds.slots import Link, Person, Room, Slot, Track
from chalicelib.feeds.xcal import xcal

_SESSIONS: Final = 3_000
_TIMES: Final = 3
_NOW: Final = datetime(2026, 12, 5, 9, tzinfo=UTC)
_TEXT: Final = "What it is about, and what to bring. " * 12


def measured() -> dict[str, float]:
    """Seconds for each format."""
    programme = _programme()
    writers: dict[str, Callable[[], object]] = {
        "iCalendar": lambda: calendar(programme).content(),
        "xCal": lambda: xcal(calendar(programme)),
        "flat xCal": lambda: flat_xcal(programme),
        "schedule.xml": lambda: schedule_xml(programme),
        "schedule.json": lambda: schedule_json(programme),
    }
    figures = {}
    for name, write in writers.items():
        times = []
        for _ in range(_TIMES):
            began = time.process_time()
            write()
            times.append(time.process_time() - began)
        figures[f"{name} of {_SESSIONS:,} sessions, s"] = min(times)
    return figures


def _programme() -> Programme:
    return Programme(
        identifier="3d5ab9c8", name="Days of free software", timezone="Europe/Berlin", begin=_NOW,
        end=_NOW + timedelta(days=10), created=_NOW, changed=_NOW, address="https://example.org/e/3d5ab9c8",
        location="Lyon", online=False, description=_TEXT, coordinates=(45.76, 4.84), state="published",
        is_released=True, is_public=True, logo="",
        sessions=[_slot(number) for number in range(1, _SESSIONS + 1)],
    )  # fmt: skip


def _slot(number: int) -> Slot:
    begin = _NOW + timedelta(minutes=30 * (number // 10))
    return Slot(
        id=number, title=f"Session {number} of many", begin=begin, end=begin + timedelta(minutes=30),
        created=_NOW, changed=_NOW, address=f"https://example.org/e/3d5ab9c8/session/{number}",
        abstract=_TEXT,
        room=Room(number % 10 + 1, f"Room {number % 10}", number % 10), track=Track("Music", "#00aaff"),
        language="English", type="Talk", description=_TEXT,
        persons=[Person(number, f"Speaker {number}", "")],
        links=[Link("Website", "https://example.org")],
    )  # fmt: skip


if __name__ == "__main__":
    for title, seconds in measured().items():
        print(f"{title}: {seconds:.2f}")
