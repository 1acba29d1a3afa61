"""SQL of resource objects: attributes, relationships, links and linkage, as one JSON text."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from chalicelib.jsonapi.ground.sql import FALSE, TRUE, Part, Row, Sql, joined, sql
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.rights.compiler import Compiler
from chalicelib.jsonapi.rights.proofs import MARK


def templates_of(texts: Iterable[str], carried: str = "") -> list[list[str]]:
    """Link templates split where an id goes: joining the pieces is faster than str.replace.

    `carried` is the query string that all links end with.
    """
    return [text.replace(MARK, carried).split("{id}") for text in texts]


def filled_in(text: str | bytes, templates: Sequence[Sequence[str]]) -> str | bytes:
    r"""The database's text with the link templates filled in. \x01 marks them, as JSON has no raw control
    characters.
    """
    if isinstance(text, bytes):
        return _filled_in(text, [[piece.encode() for piece in template] for template in templates])
    pieces = text.split("\x01")
    for number in range(1, len(pieces), 2):
        piece = pieces[number]
        which, _, id = piece.partition(" ")
        pieces[number] = id.join(templates[int(which)])
    return "".join(pieces)


def _filled_in(text: bytes, templates: Sequence[Sequence[bytes]]) -> bytes:
    """The same for bytes. No byte of a multi-byte UTF-8 character is a control character."""
    pieces = text.split(b"\x01")
    for number in range(1, len(pieces), 2):
        piece = pieces[number]
        which, _, id = piece.partition(b" ")
        pieces[number] = id.join(templates[int(which)])
    return b"".join(pieces)


class _Member(NamedTuple):
    """An attribute: its read rule, the subselect that it shares with others, and its SQL with {shared}."""

    scope: Rule | None
    lateral: str | None
    labeled: str


class ObjectWriter:
    """Writes the parts of a statement that build resource objects.

    `fieldsets` are the sparse fieldsets by type. `parts` are the statement's CTEs, to which those for linkage
    are appended. `linked_by` maps (type, relationship) to pairs of CTEs (parents' ids, edges), where linkage
    was asked for. `prefix` stands before /v1 in links. `templates` are the texts with {id} that filled_in()
    inserts into the result.
    """

    def __init__(
        self, compiler: Compiler, fieldsets: Mapping[str, tuple[str, ...]], parts: list[Sql], prefix: str
    ) -> None:
        self.compiler = compiler
        self.prefix = prefix
        self.registry = compiler.registry
        self.fieldsets = fieldsets
        self.parts = parts
        self.linked_by: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self.templates: list[str] = []

    def identifiers(self, resource: Resource, source: str, row: Row) -> Sql:
        """SELECT doc, _ord: resource identifiers of the rows of `source` (FROM)."""
        return sql(f'SELECT {_identifier(resource.type, f"{row}.id")} AS doc, {row}."_ord" FROM {source}')

    def documents(self, resource: Resource, source: str, row: Row, *, ordered: bool) -> Sql:
        """SELECT doc [, _ord]: resource objects of the rows of `source` (FROM)."""
        order = f', {row}."_ord"' if ordered else ""
        scopes = Scopes(self.compiler, resource, row)
        joins, everybodys, scoped = self._relationships(resource, row, scopes)
        links = f',"links":{{"self":"{self.prefix}/v1/{resource.path}/{{id}}{MARK}"}}}}'
        pieces: list[Part | Sql] = [
            _text(f'{{"type":"{resource.type}","id":"'),
            f"{row}.id",
            _text('","attributes":'),
            self._attributes(resource, row, scopes),
        ]
        if not scoped:
            known = f',"relationships":{{{everybodys}}}' if everybodys else ""
            pieces.append(self._with_id(known + links, row))
        else:
            members = joined(" || ", scoped)
            members = members if everybodys else sql("left(", members, ", -1)")
            pieces += [_text(',"relationships":{'), members, self._with_id(everybodys + "}" + links, row)]
        return sql("SELECT ", joined(" || ", pieces), f" AS doc{order} FROM {source}{joins}")

    def _attributes(self, resource: Resource, row: Row, scopes: "Scopes") -> Sql:
        chosen = self.fieldsets.get(resource.type)
        groups: dict[Sql, list[_Member]] = {}
        for name, member in _members(resource, row.alias):
            if (chosen is None or name in chosen) and scopes[member.scope] is not FALSE:
                groups.setdefault(scopes.place(member.scope), []).append(member)
        if not groups:
            return sql("'{}'")
        # Attributes without a rule come last and close the object; right(), unlike substr() and ltrim(),
        # does not scan all of a long text.
        everybodys = groups.pop(TRUE, None)
        members = joined(" || ", (_scoped(scopes[some[0].scope], some, row) for some in groups.values()))
        if everybodys is None:
            return sql("'{' || left(", members, ", -1) || '}'")
        own = _object(everybodys, row)
        return sql("'{' || ", members, f" || right({own}, -1)") if groups else sql(own)

    def _relationships(self, resource: Resource, row: Row, scopes: "Scopes") -> tuple[str, str, list[Sql]]:
        """Joins to linkage, the links without a rule as text, and the other members as SQL.

        The latter end with a comma.
        """
        chosen = self.fieldsets.get(resource.type)
        joins = ""
        links_only: dict[Sql, tuple[Sql, list[str]]] = {}
        members: list[tuple[Sql, str]] = []
        for name, relation in self.registry.relations[resource.type].items():
            scope = scopes[relation.scope]
            if scope is FALSE or (chosen is not None and name not in chosen):
                continue
            links = _links(self.prefix, resource.path, relation.name)
            pairs = self.linked_by.get((resource.type, name))
            if not pairs:
                links_only.setdefault(scopes.place(relation.scope), (scope, []))[1].append(f"{links}}}")
                continue
            link = self._linkage(relation, pairs)
            joins += f" LEFT JOIN {link} ON {link}.id = {row}.id"
            members.append((scope, f"{self._with_id(links, row)} || {_data(relation, link)} || '}},'"))
        everybodys = ",".join(links_only.pop(TRUE, (TRUE, []))[1])
        for scope, texts in links_only.values():
            members.append((scope, f"{self._with_id(','.join(texts), row)} || ','"))
        scoped = [
            sql(text) if scope is TRUE else sql("CASE WHEN ", scope, f" THEN {text} ELSE '' END")
            for scope, text in members
        ]
        return joins, everybodys, scoped

    def _with_id(self, text: str, row: Row) -> str:
        """SQL of a placeholder for a text with {id}, filled in by filled_in():

        the text is nearly the same for every row, and need not be copied, sent and parsed for each.
        """
        if text not in self.templates:
            self.templates.append(text)
        return f"E'\\x01{self.templates.index(text)} ' || {row}.id || E'\\x01'"

    def _linkage(self, relation: Relation, pairs: list[tuple[str, str]]) -> str:
        name = f"l{len(self.parts)}"
        # Included rows may be reached from several parents; primary rows are unique.
        once = {parent: "" if parent == "n0" else "DISTINCT " for parent, _ in pairs}
        parents = " UNION ".join(f"SELECT {distinct}id FROM {parent}" for parent, distinct in once.items())
        edges = " UNION ".join(f"SELECT parent, id FROM {edge}" for _, edge in pairs)
        identifiers = f"string_agg({_identifier(relation.target, 'e.id')}, ',' ORDER BY e.id)"
        linkage = (
            f"{name} AS (SELECT k.id, coalesce({identifiers}, '') AS data FROM ({parents}) k "
            f"LEFT JOIN ({edges}) e ON e.parent = k.id GROUP BY k.id)"
        )
        self.parts.append(sql(linkage))
        return name


class Scopes(dict[Rule | None, Sql]):
    """SQL conditions by rule, for attributes and relationships of a row. Many share a rule."""

    def __init__(self, compiler: Compiler, resource: Resource, row: Row) -> None:
        super().__init__({None: TRUE})
        self._of = compiler, resource, row
        known = row.roles or row.visible
        self._places = Scopes(compiler, resource, Row(row.alias)) if known else self

    def place(self, rule: Rule | None) -> Sql:
        """The condition where nothing is known of the row. Members of an object that share it stand together,
        in this order, so that a document is the same text, with the same entity tag, whatever is known.
        """
        return self._places[rule]

    def __missing__(self, rule: Rule | None) -> Sql:
        compiler, resource, row = self._of
        self[rule] = condition = compiler.condition(rule, resource, row) if rule is not None else TRUE
        return condition


@lru_cache(maxsize=4096)
def _links(prefix: str, path: str, name: str) -> str:
    here, wire = f"{prefix}/v1/{path}/{{id}}", name.replace("_", "-")
    return (
        f'"{wire}":{{"links":{{"self":"{here}/relationships/{wire}{MARK}","related":"{here}/{wire}{MARK}"}}'
    )


def _data(relation: Relation, link: str) -> str:
    """The member `data` with its comma, or nothing for a row whose linkage was not asked for."""
    data = f"'[' || {link}.data || ']'" if relation.many else f"coalesce(nullif({link}.data, ''), 'null')"
    return f"CASE WHEN {link}.id IS NULL THEN '' ELSE ',\"data\":' || {data} END"


def _scoped(scope: Sql, attributes: Iterable[_Member], row: Row) -> Sql:
    """The members "name":value, each followed by a comma, or nothing if the condition fails."""
    members = f"left(right({_object(attributes, row)}, -1), -1) || ','"
    return sql(members) if scope is TRUE else sql("CASE WHEN ", scope, f" THEN {members} ELSE '' END")


@lru_cache(maxsize=512)
def _members(resource: Resource, alias: str) -> tuple[tuple[str, _Member], ...]:
    """The readable attributes by Python name, for rows with this alias."""
    return tuple(
        (
            name,
            _Member(
                attribute.scope,
                attribute.lateral,
                f'{attribute.sql_from_lateral(alias, "{shared}")} AS "{attribute.wire}"',
            ),
        )
        for name, attribute in resource.readable.items()
    )


def _object(attributes: Iterable[_Member], row: Row) -> str:
    """SQL of the row's attributes as JSON text."""
    sources: dict[str, str] = {}
    labeled = []
    for member in attributes:
        if member.lateral is None:
            labeled.append(member.labeled)
            continue
        alias = sources.setdefault(member.lateral, f"s{len(sources)}")
        labeled.append(member.labeled.replace("{shared}", alias))
    beside = ", ".join(f"({shared.replace('{t}', row.alias)}) {alias}" for shared, alias in sources.items())
    source = f" FROM {beside}" if beside else ""
    return f"(SELECT row_to_json(a)::text FROM (SELECT {', '.join(labeled)}{source}) a)"


def _identifier(type_name: str, id: str) -> str:
    return f'\'{{"type":"{type_name}","id":"\' || {id} || \'"}}\''


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
