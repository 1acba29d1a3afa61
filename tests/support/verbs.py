"""The methods that clients in tests have in common, over their own request()."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from tests.support.http_client import Reply


class Verbs:
    """GET, POST, PATCH and DELETE, and copies with other headers, of a frozen dataclass with `headers`."""

    __slots__ = ()

    headers: Mapping[str, str]
    request: Callable[..., "Reply"]

    def with_headers(self, headers: Mapping[str, str]) -> Self:
        """A client that sends these headers with every request. They override ours; "" sends none."""
        copied: Self = replace(self, headers={**self.headers, **headers})  # type: ignore[type-var]
        return copied

    def get(self, path: str, **options: Any) -> "Reply":
        """GET; options as for request()."""
        return self.request("GET", path, **options)

    def post(self, path: str, json: object = None, **options: Any) -> "Reply":
        """POST; options as for request()."""
        return self.request("POST", path, json, **options)

    def patch(self, path: str, json: object = None, **options: Any) -> "Reply":
        """PATCH; options as for request()."""
        return self.request("PATCH", path, json, **options)

    def delete(self, path: str, json: object = None, **options: Any) -> "Reply":
        """DELETE; options as for request()."""
        return self.request("DELETE", path, json, **options)
