"""Rates of rate limits, as written in settings: 10/15m."""

import re
from dataclasses import dataclass
from typing import Final

_WRITTEN: Final = re.compile(r"([1-9]\d{0,8})\s*/\s*([1-9]\d{0,8})?\s*([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_OFF: Final = "off"


@dataclass(frozen=True, slots=True)
class Rate:
    """`number` at once, and as many again per `period` seconds. A number of 0 means no limit."""

    number: int
    period: float

    @classmethod
    def of(cls, text: str) -> "Rate":
        """Parse number/period, e.g. 10/15m, 3/h; or off. Raises ValueError."""
        plain = text.strip().lower()
        if plain == _OFF:
            return cls(0, 1.0)
        match = _WRITTEN.fullmatch(plain)
        if match is None:
            raise ValueError(f"{text!r} is no rate: write a number and a period, such as 10/15m, or off")
        return cls(int(match[1]), float(int(match[2] or 1) * _SECONDS[match[3]]))

    @property
    def step(self) -> float:
        """Seconds until one more is allowed."""
        return self.period / self.number
