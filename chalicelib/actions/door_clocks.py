"""Clock skew of devices: times of scans, corrected by how far the device's clock is from the server's."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from chalicelib import clock
from chalicelib.jsonapi.ground.errors import invalid

CORRECTED: Final = "corrected"
CLAMPED: Final = "clamped"
_AHEAD: Final = timedelta(days=1)  # a device's clock may be wrong, and not absurd
_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_EXACT: Final = timedelta(seconds=2)  # what a request takes
_OLDEST: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """The clock of a device that has told its time at sending; `skew` is None for one that has not."""

    now: datetime
    skew: timedelta | None = None

    @property
    def skew_ms(self) -> int | None:
        """How far it is behind, in milliseconds."""
        return None if self.skew is None else round(self.skew / timedelta(milliseconds=1))

    def corrected(self, text: object, pointer: str) -> tuple[datetime, str]:
        """The moment of the server's clock for one of the device's, and what was done to it.

        Without a skew an absurd moment is refused (Problem 422). With one, what is in the future or older
        than 30 days counts as now: the device's clock has jumped.
        """
        if text is None:
            return self.now, ""
        moment = moment_in(text, pointer)
        if self.skew is None:
            if not _FIRST <= moment <= self.now + _AHEAD:
                raise invalid("The clock of the device is wrong: this moment is absurd.", pointer)
            return moment, ""
        if abs(self.skew) <= _EXACT:
            done, at = "", moment
        else:
            done, at = CORRECTED, _sum(moment, self.skew)
        if at > self.now + _EXACT or at < self.now - _OLDEST:
            return self.now, CLAMPED
        return min(at, self.now), done


def clock_in(content: dict[str, Any]) -> DeviceClock:
    """The clock of whoever sends this body, by its member sent_at. Raises Problem 422."""
    now, text = clock.now(), content.get("sent_at")
    return DeviceClock(now, None if text is None else now - moment_in(text, "/sent_at"))


def moment_in(text: object, pointer: str) -> datetime:
    """A moment in UTC. Raises Problem 422."""
    try:
        moment = datetime.fromisoformat(text)  # type: ignore[arg-type]
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        name = pointer.rpartition("/")[2]
        raise invalid(f"{name} is a moment such as 2031-05-03T09:00:00Z.", pointer) from None


def _sum(moment: datetime, skew: timedelta) -> datetime:
    try:
        return moment + skew
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)  # as absurd as it was
