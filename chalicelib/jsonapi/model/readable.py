"""What follows from what a read needs of a resource type, whether that is declared or compiled."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.jsonapi.ground.options import Options
from chalicelib.jsonapi.model.attribute import Attribute


class Readable:
    """Base class of Resource and CompiledResource."""

    type: str
    select_sql: str | None

    if TYPE_CHECKING:

        @property
        def table(self) -> str: ...
        @property
        def soft_delete(self) -> bool: ...
        @property
        def attributes(self) -> Mapping[str, Attribute]: ...

    @cached_property
    def from_sql(self) -> str:
        """The table or SELECT, as written in FROM before an alias."""
        return f"({self.select_sql})" if self.select_sql is not None else f'"{self.table}"'

    def has_deleted_at(self, options: Options) -> bool:
        """Whether a plain DELETE is a soft delete; the options can turn that off."""
        return self.soft_delete and options.soft_delete

    @property
    def singular(self) -> str:
        """The type as a word in a sentence."""
        return self.type.replace("-", " ").replace("_", " ")

    @cached_property
    def readable(self) -> dict[str, Attribute]:
        """The attributes that are ever shown: all but write-only ones."""
        return {name: member for name, member in self.attributes.items() if not member.is_hidden}

    @cached_property
    def wire_names(self) -> dict[str, str]:
        """Python names of the readable attributes, by each accepted spelling (underscored)."""
        return {
            spelling: name
            for name, attribute in self.readable.items()
            for spelling in (name, attribute.wire.replace("-", "_"))
        }
