"""A statement being written: its parameters, its aliases, and for which kind of viewer it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.auth.viewer import Kind, Viewer

if TYPE_CHECKING:
    from chalicelib.jsonapi.resource import Registry

_PLACEHOLDER = re.compile(r"\$(\d+)::")


@dataclass(slots=True)
class Ask:
    """A statement being written: which parameters it has, and for which kind of viewer it is.

    `keys` lists the parameters in the order of $1, $2 ...: names that the caller gives values
    for, or ("events_as", roles) and "viewer_id" etc., which come from the viewer. `proven` are
    relationships (alias of a row, name) of which it is known that the viewer sees their ends. `held` has the
    roles that the viewer is known to hold at the event at the end of one (alias, name), or at the row's own
    id (alias, "id"). `proofs` names the kinds of secrets that the request shows, and `named` has aliases of
    rows that are looked up by their identifier.
    """

    registry: "Registry"
    kind: Kind
    keys: list[object] = field(default_factory=list)
    proven: frozenset[tuple[str, str]] = frozenset()
    held: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    proofs: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    # SELECTs of the viewer's ids, by their text, and the CTEs they become; None where nobody writes CTEs.
    lookups: dict[str, str] | None = None
    _aliases: int = 0

    def bind(self, key: object, sql_type: str) -> str:
        """The placeholder of a parameter, cast to its type; the same key gives the same one."""
        if key not in self.keys:
            self.keys.append(key)
        return f"${self.keys.index(key) + 1}::{sql_type}"

    def alias(self) -> str:
        """A table alias that is used nowhere else in the statement."""
        self._aliases += 1
        return f"x{self._aliases}"

    def ids(self, select: str) -> str:
        """SQL: an array of the ids that a SELECT finds, whatever the row is. It runs once per statement."""
        if self.lookups is None:
            return f"ARRAY({select})"
        name = self.lookups.setdefault(select, f"v{len(self.lookups)}")
        return f"(SELECT ids FROM {name})::bigint[]"

    def finish(self, sql: str) -> str:
        """The statement with only the parameters that it uses: conditions that were folded away
        leave theirs behind, and PostgreSQL refuses values that nothing asks for.
        """
        used = sorted({int(number) for number in _PLACEHOLDER.findall(sql)})
        self.keys = [self.keys[number - 1] for number in used]
        moved = {old: new for new, old in enumerate(used, start=1)}
        return _PLACEHOLDER.sub(lambda found: f"${moved[int(found[1])]}::", sql)

    def values(self, viewer: Viewer, given: dict[object, object]) -> list[object]:
        """The parameters' values in order, from the viewer and from what is given."""
        return [given[key] if key in given else _of_viewer(viewer, key) for key in self.keys]


def _of_viewer(viewer: Viewer, key: object) -> object:
    match key:
        case ("events_as", frozenset() as roles):
            return viewer.events_as(roles)
        case ("proof", str() as kind):
            return viewer.proofs[kind]
        case ("opened", str() as type_name):
            return sorted(viewer.opened.get(type_name, ()))
        case "viewer_id":
            return viewer.id
        case "viewer_profile_id":
            return viewer.profile_id
        case "viewer_email":
            return viewer.email
        case "viewer_verified":
            return viewer.is_verified
    raise LookupError(f"no value for parameter {key!r}")
