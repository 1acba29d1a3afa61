"""A write in progress, as hooks see it: the row with its new values, and the former ones."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import compress
from operator import ne
from typing import Any


@dataclass(slots=True)
class Change:
    """A write in progress, as passed to the hooks of a resource type.

    row        the row with its new values; hooks set more by plain assignment
    is_new     whether it is being created
    sent       validated input by Python name
    restores   whether the row is restored from the trash
    linked     names of the to-many relationships whose links have changed, once they have
    prefetched columns of the rows it is newly linked with, by relationship and column
    """

    row: Any
    is_new: bool = False
    sent: dict[str, Any] = field(default_factory=dict)
    restores: bool = False
    linked: list[str] = field(default_factory=list)
    prefetched: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # Column values at the start; empty for a new row.
    _former: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    _recorded: dict[str, Any] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.is_new:
            columns = self.row.__table__.columns
            self._former = {name: value for name, value in vars(self.row).items() if name in columns}

    @property
    def before(self) -> Mapping[str, Any]:
        """Former values of the columns that differ by now, whether the client or a hook has set them."""
        if self._recorded is not None:
            return self._recorded
        former = self._former
        now = map(vars(self.row).get, former.keys(), former.values())
        return dict(compress(former.items(), map(ne, now, former.values())))

    @property
    def slight(self) -> set[str]:
        """Changed columns that went from null to false.

        Clients that send a whole row back turn null into false, so this is not an attempt to set such a
        column.
        """
        return {
            name for name, value in self.before.items() if value is None and vars(self.row)[name] is False
        }

    def undo(self, columns: Collection[str]) -> None:
        """Restore the former values of these columns."""
        for column in self.before.keys() & columns:
            setattr(self.row, column, self._former[column])

    def record(self) -> None:
        """Freeze `before`: what the database sets from now on is not part of the change."""
        self._recorded = dict(self.before)
