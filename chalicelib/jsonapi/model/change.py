"""A write in progress, as the rules of nouns see it: the row as it would be, and how it was."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Change:
    """One write in progress, as the rules of a noun see it.

    row        the row with its new values; rules set more by plain assignment
    is_new     whether it is being created
    sent       what the client sent and the schema accepted, by Python name
    restores   whether the row is coming back from the trash
    linked     names of the to-many relationships whose links have changed, once they have
    brought    what the row's new to-one relationships bring along, by relationship and column
    """

    row: Any
    is_new: bool = False
    sent: dict[str, Any] = field(default_factory=dict)
    restores: bool = False
    linked: list[str] = field(default_factory=list)
    brought: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # The row's values when the change began, by column. A new row has no former values.
    _former: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    _recorded: dict[str, Any] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.is_new:
            columns = self.row.__table__.columns
            self._former = {name: value for name, value in vars(self.row).items() if name in columns}

    @property
    def before(self) -> Mapping[str, Any]:
        """The former values of the columns that differ by now, whoever has set them: client or rule."""
        if self._recorded is not None:
            return self._recorded
        now = vars(self.row)
        return {name: value for name, value in self._former.items() if now.get(name, value) != value}

    @property
    def slight(self) -> set[str]:
        """Changed columns that went from null to false.

        Clients that send a whole row back write null so: whoever may not change such a column has not
        tried to.
        """
        return {
            name for name, value in self.before.items() if value is None and vars(self.row)[name] is False
        }

    def undo(self, columns: Collection[str]) -> None:
        """Give these columns their former values back."""
        for column in self.before.keys() & columns:
            setattr(self.row, column, self._former[column])

    def record(self) -> None:
        """Keep `before` as it is now: what the database sets afterwards is no part of the change."""
        self._recorded = dict(self.before)
