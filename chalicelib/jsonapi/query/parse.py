"""Parses the query string: include, sparse fieldsets, sort, filter, pagination and the trash.

Every mistake is a 400 that names the parameter. Source: jsonapi.org/format/#query-parameters.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from chalicelib.jsonapi.ground.errors import bad_parameter
from chalicelib.jsonapi.ground.options import DefaultOptions, Options
from chalicelib.jsonapi.ground.profiles import is_cursor_pagination
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.query import cursor, filters
from chalicelib.jsonapi.query.cursor import Cursor
from chalicelib.jsonapi.query.filter_reader import FilterReader
from chalicelib.jsonapi.query.parameters import Parameter, parameters

MOST_INCLUDES = 96
MOST_SORTS = 10
_LARGEST_PAGE = 2**31
# Parameters that hold no value to compare rows with, and so nothing that could be personal.
_REPEATED = {
    "include",
    "sort",
    "page[number]",
    "page[size]",
    "page[offset]",
    "page[limit]",
    "get_trashed",
    "with_trashed",
    "permanent",
}

# A tree of relationship names: ((name, subtree), ...), sorted, so that equal queries are equal.
Tree = tuple[tuple[str, "Tree"], ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A validated query. Names are Python names.

    `fields` are the sparse fieldsets, as sorted pairs of type and names. `where` is the filter's shape and
    `values` the values by parameter key. `paged` says that a page was asked for, and `by_offset` that it was
    by page[offset] or page[limit].
    """

    include: Tree | None = None
    fields: tuple[tuple[str, tuple[str, ...]], ...] = ()
    sort: tuple[str, ...] = ()
    where: filters.Node | None = None
    values: dict[object, object] = field(default_factory=dict)
    number: int = 1
    size: int = 20
    paged: bool = False
    by_offset: bool = False
    cursor: Cursor | None = None
    trashed: bool = False
    permanent: bool = False


def parse(request: Request, registry: Registry, resource: Resource, *, many: bool = True) -> Query:
    """Parse the query string of a request for one `resource`, or for a list (`many`). Raises Problem 400.

    A filter on a single resource is ignored: old clients send one along.
    """
    is_repeated = all(name in _REPEATED or name.startswith("fields[") for name, _ in request.query)
    if is_repeated and not is_cursor_pagination(request):
        options = request.options
        return _repeated(registry, resource, request.query, many, options.page_size, options.max_page_size)
    return _parsed(request, registry, resource, many)


@lru_cache(maxsize=256)
def _repeated(
    registry: Registry,
    resource: Resource,
    query: tuple[tuple[str, str], ...],
    many: bool,
    page_size: int,
    max_page_size: int,
) -> Query:
    """A query without values, cached: a client sends the same ones again and again."""
    options = DefaultOptions(page_size=page_size, max_page_size=max_page_size)
    return _parsed(Request("GET", (), query=query, options=options), registry, resource, many)


def _parsed(request: Request, registry: Registry, resource: Resource, many: bool) -> Query:
    include: Tree | None = None
    fieldsets: dict[str, tuple[str, ...]] = {}
    sort: tuple[str, ...] = ()
    conditions: list[filters.Node] = []
    page: dict[str, int] = {}
    ends: dict[str, str | None] = {"after": None, "before": None}
    reader = FilterReader(registry, "filter")
    for parameter in parameters(request):
        name, family, member, value = parameter.name, parameter.family, parameter.member, parameter.value
        if family == "include":
            _only_plain(name, member)
            include = _include(registry, resource, value)
        elif family == "fields":
            _add_fields(registry, fieldsets, parameter)
        elif family == "sort":
            _only_plain(name, member)
            sort = _sort(registry, resource, value)
        elif family == "page" and member in ends:
            ends[member] = value
        elif family == "page":
            page[member or ""] = _whole(name, value, at_least=1 if member == "number" else 0)
        elif family == "filter" and many:
            reader.parameter = name
            conditions.extend(
                reader.language(resource, value) if member is None else reader.simple(resource, member, value)
            )
    by_cursor = cursor.parse_cursor(request, resource, sort, ends["after"], ends["before"])
    number, size = _page(page, request.options)
    if by_cursor and (counted := page.keys() - {"size"}):
        raise bad_parameter(f"page[{min(counted)}]", "Pages by cursor have no numbers.")
    return Query(
        include=include,
        fields=tuple(sorted(fieldsets.items())),
        sort=sort,
        where=filters.All(tuple(conditions)) if conditions else None,
        values={**reader.values, **(by_cursor[1] if by_cursor else {})},
        cursor=by_cursor[0] if by_cursor else None,
        number=number,
        size=size if many else request.options.page_size,  # one resource has one statement
        paged=bool(page) or any(end is not None for end in ends.values()),
        by_offset=bool(page.keys() & {"offset", "limit"}),
        trashed=request.flag("get_trashed", "with_trashed"),
        permanent=request.flag("permanent"),
    )


def _only_plain(name: str, member: str | None) -> None:
    if member is not None:
        raise bad_parameter(name, f"{name} is not a parameter that this server knows.")


def _names(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _include(registry: Registry, resource: Resource, value: str) -> Tree:
    branches: dict[str, dict[str, object]] = {}
    count = 0
    for path in _names(value):
        here, at = branches, resource
        for step in path.split("."):
            try:
                relation = registry.relation(at, step)
            except KeyError:
                raise bad_parameter(
                    "include", f"{at.type} has no relationship {step!r} (in {path!r})."
                ) from None
            if relation.name not in here:
                count += 1
            here = here.setdefault(relation.name, {})  # type: ignore[assignment]
            at = registry[relation.target]
        if count > MOST_INCLUDES:
            raise bad_parameter("include", f"At most {MOST_INCLUDES} relationships can be included.")
    return _frozen(branches)


def _frozen(branches: dict[str, dict[str, object]]) -> Tree:
    return tuple((name, _frozen(below)) for name, below in sorted(branches.items()))  # type: ignore[arg-type]


def _add_fields(registry: Registry, fieldsets: dict[str, tuple[str, ...]], parameter: Parameter) -> None:
    member = parameter.member
    if member is None:
        raise bad_parameter(
            parameter.name, "fields needs the name of a type in brackets, as in fields[event]."
        )
    if member not in registry:
        return  # old clients name types that never existed; no such resource is in the answer
    fieldsets[member] = _chosen(registry, member, parameter.value, parameter.name)


@lru_cache(maxsize=128)
def _chosen(registry: Registry, member: str, value: str, parameter: str) -> tuple[str, ...]:
    """Python names of the listed fields, cached: a client sends the same lists again and again."""
    known = registry[member].wire_names | {relation: relation for relation in registry.relations[member]}
    chosen = set()
    for wire_name in _names(value):
        if wire_name == "id":
            continue  # always included
        python_name = known.get(wire_name.replace("-", "_"))
        if python_name is None:
            raise bad_parameter(parameter, f"{member} has no field {wire_name!r}.")
        chosen.add(python_name)
    return tuple(sorted(chosen))


def _sort(registry: Registry, resource: Resource, value: str) -> tuple[str, ...]:
    keys = _names(value)
    if len(keys) > MOST_SORTS:
        raise bad_parameter("sort", f"At most {MOST_SORTS} sort keys.")
    checked = []
    for key in keys:
        sign = "-" if key.startswith("-") else ""
        name = key[1:] if key[0] in "+-" else key
        *steps, last = name.replace("-", "_").split(".")
        at = resource
        for step in steps:
            relation = registry.relations[at.type].get(step)
            if relation is None or relation.column is None:
                raise bad_parameter("sort", f"{at.type} has no to-one relationship {step!r} to sort by.")
            at = registry[relation.target]
        if last != "id":
            last = at.wire_names.get(last, last)
            attribute = at.readable.get(last)
            if attribute is None or attribute.sql_type == "JSONB":
                raise bad_parameter("sort", f"{at.type} cannot be sorted by {last.replace('_', '-')!r}.")
        checked.append(sign + ".".join([*steps, last]))
    return tuple(checked)


def _whole(name: str, value: str, at_least: int) -> int:
    # int() would also take "1_0", " 5" and digits of other scripts.
    number = int(value) if re.fullmatch(r"[0-9]{1,10}", value) else -1
    if not at_least <= number < _LARGEST_PAGE:
        meaning = "; 0 means everything" if name in {"page[size]", "page[limit]"} else f" from {at_least}"
        raise bad_parameter(name, f"{name} is a whole number{meaning}.")
    return number


def _page(page: dict[str, int], options: Options) -> tuple[int, int]:
    """The number of the page, and its size, from the members of `page` that were sent."""
    by_offset = page.keys() & {"offset", "limit"}
    if by_offset and (by_number := page.keys() - by_offset):
        raise bad_parameter(
            f"page[{min(by_number)}]", "Ask for a page by its number or by its offset, not both."
        )
    asked = page.get("limit" if by_offset else "size", options.page_size)
    size = min(asked or options.max_page_size, options.max_page_size)
    if page.get("offset", 0) % size:
        raise bad_parameter("page[offset]", f"page[offset] is a multiple of page[limit], which is {size}.")
    return (page["offset"] // size + 1 if "offset" in page else page.get("number", 1)), size
