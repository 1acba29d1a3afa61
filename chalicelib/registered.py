"""Registries that are filled by importing: whoever reads one has everything imported first.

A package imports only what a request names. What a module registers elsewhere, such as a health check or a
slot for files, would be missed where that module was not imported; so looking into such a registry completes
it.
"""

from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from typing import Any, Final, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

_missing: Final[list[Callable[[], None]]] = []  # what imports the rest, until it has been called


def complete_with(import_all: Callable[[], None]) -> None:
    """Have `import_all` called, once, before a registry is read."""
    _missing[:] = [import_all]


def complete() -> None:
    """Import whatever may register something."""
    if _missing:
        import_all = _missing.pop()  # first: what is imported may read registries
        try:
            import_all()
        except BaseException:
            _missing.append(import_all)
            raise


class Registered(dict[Key, Value]):
    """A registry. Reading it, or asking for its length, completes it first; declaring something does not."""

    def declare(self, key: Key, value: Value, complaint: str) -> None:
        """Register a value. Raises ValueError with this text where there is one for the key."""
        if dict.__contains__(self, key):
            raise ValueError(complaint)
        dict.__setitem__(self, key, value)

    def __getitem__(self, key: Key) -> Value:
        complete()
        return super().__getitem__(key)

    def get(self, key: Key, default: Any = None) -> Any:
        """The value of the key."""
        complete()
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        complete()
        return super().__contains__(key)

    def __iter__(self) -> Iterator[Key]:
        complete()
        return super().__iter__()

    def __len__(self) -> int:
        complete()
        return super().__len__()

    def keys(self) -> KeysView[Key]:  # type: ignore[override]
        """All keys."""
        complete()
        return super().keys()

    def values(self) -> ValuesView[Value]:  # type: ignore[override]
        """All values."""
        complete()
        return super().values()

    def items(self) -> ItemsView[Key, Value]:  # type: ignore[override]
        """All pairs."""
        complete()
        return super().items()
