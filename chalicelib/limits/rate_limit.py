"""The table of rate limit counters, which store.py reads and writes by complete SQL."""

from sqlalchemy import Double
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model


class RateLimit(Model):
    """A counter. Times are Unix timestamps; `wait` is how long, in seconds, the last hit must wait.

    The table is UNLOGGED: after a server crash counting starts over, and a hit waits for no disk.
    """

    __tablename__ = "rate_limits"
    key: Mapped[str] = mapped_column(unique=True)
    free_at: Mapped[float] = mapped_column(Double)
    period: Mapped[float] = mapped_column(Double)
    wait: Mapped[float] = mapped_column(Double)

    __table_args__ = {"prefixes": ["UNLOGGED"]}
