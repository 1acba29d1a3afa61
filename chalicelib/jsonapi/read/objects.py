"""SQL of resource objects: attributes, relationships, links and linkage, as one JSON text."""

from collections.abc import Iterable, Mapping, Sequence

from chalicelib.jsonapi.ground.sql import FALSE, TRUE, Part, Row, Sql, joined, sql
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.read.members import (
    ByRule,
    attributes_by_rule,
    attributes_of,
    links,
    links_by_rule,
    links_of,
)
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
        which, id = pieces[number].split(" ", 1)
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


class ObjectWriter:
    """Writes the parts of a statement that build resource objects.

    `fieldsets` are the sparse fieldsets by type. `parts` are the statement's CTEs, to which those for linkage
    are appended. `linked_by` maps (type, relationship) to pairs of CTEs (parents' ids, edges), where linkage
    was asked for. `prefix` stands before /v1 in links; with None, objects and relationships have no
    links. `templates` are the texts with {id} that filled_in() inserts into the result.
    """

    def __init__(
        self,
        compiler: Compiler,
        fieldsets: Mapping[str, tuple[str, ...]],
        parts: list[Sql],
        prefix: str | None,
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
        links = f',"links":{{"self":"{self.prefix}/v1/{resource.path}/{{id}}{MARK}"}}'
        ending = ("" if self.prefix is None else links) + "}"
        pieces: list[Part | Sql] = [
            _text(f'{{"type":"{resource.type}","id":"'),
            f"{row}.id",
            _text('","attributes":'),
            self._attributes(resource, row, scopes),
        ]
        if not scoped:
            known = f',"relationships":{{{everybodys}}}' if everybodys else ""
            pieces.append(self._with_id(known + ending, row))
        else:
            members = joined(" || ", scoped)
            members = members if everybodys else sql("left(", members, ", -1)")
            pieces += [_text(',"relationships":{'), members, self._with_id(everybodys + "}" + ending, row)]
        return sql("SELECT ", joined(" || ", pieces), f" AS doc{order} FROM {source}{joins}")

    def _attributes(self, resource: Resource, row: Row, scopes: "Scopes") -> Sql:
        chosen = attributes_by_rule(resource, self.fieldsets.get(resource.type))
        everybodys, groups = scopes.grouped(chosen)
        last = attributes_of(resource, row.alias, everybodys) if everybodys else None
        if not groups:
            return last or sql("'{}'")
        texts = ((scope, attributes_of(resource, row.alias, numbers)) for scope, numbers in groups)
        # Each member is followed by a comma.
        members = joined(
            " || ", (_when(scope, sql("left(right(", own, ", -1), -1) || ','")) for scope, own in texts)
        )
        # Attributes without a rule come last and close the object; right(), unlike substr() and ltrim(),
        # does not scan all of a long text.
        if last:
            return sql("'{' || ", members, " || right(", last, ", -1)")
        return sql("'{' || left(", members, ", -1) || '}'")

    def _relationships(self, resource: Resource, row: Row, scopes: "Scopes") -> tuple[str, str, list[Sql]]:
        """Joins to linkage, the links without a rule as text, and the other members as SQL.

        The latter end with a comma.
        """
        chosen = self.fieldsets.get(resource.type)
        linked = frozenset(name for type_name, name in self.linked_by if type_name == resource.type)
        joins = ""
        members: list[Sql] = []
        for name, relation in self.registry.relations[resource.type].items() if linked else ():
            if name not in linked or (chosen is not None and name not in chosen):
                continue
            if (scope := scopes[relation.scope]) is FALSE:
                continue
            link = self._linkage(relation, self.linked_by[resource.type, name])
            joins += f" LEFT JOIN {link} ON {link}.id = {row}.id"
            if self.prefix is None:
                members.append(_when(scope, _only_data(relation, link)))
                continue
            shown = self._with_id(links(self.prefix, resource, relation), row)
            members.append(_when(scope, f"{shown} || {_data(relation, link)} || '}},'"))
        if self.prefix is None:
            return joins, "", members
        everybodys, groups = scopes.grouped(links_by_rule(self.registry, resource, chosen, linked))
        for scope, numbers in groups:
            text = links_of(self.registry, resource, self.prefix, numbers)
            members.append(_when(scope, f"{self._with_id(text, row)} || ','"))
        return joins, links_of(self.registry, resource, self.prefix, everybodys), members

    def _with_id(self, text: str, row: Row) -> str:
        """SQL of a placeholder for a text with {id}, filled in by filled_in():

        the text is nearly the same for every row, and need not be copied, sent and parsed for each.
        """
        if "{id}" not in text:
            return _text(text)
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

    def grouped(self, members: ByRule) -> tuple[tuple[int, ...], list[tuple[Sql, tuple[int, ...]]]]:
        """The members that everybody sees, and (condition, members) of the others, grouped by place."""
        everybodys: tuple[int, ...] = ()
        places: list[Sql] = []  # few: comparing them takes less than a hash of all their parts
        groups: list[tuple[Sql, tuple[int, ...]]] = []
        for rule, numbers in members:
            if (scope := self[rule]) is FALSE:
                continue
            if (place := self.place(rule)) is TRUE:
                everybodys = _sorted(everybodys, numbers)
            elif place in places:
                first, others = groups[at := places.index(place)]
                groups[at] = first, _sorted(others, numbers)
            else:
                places.append(place)
                groups.append((scope, numbers))
        return everybodys, groups

    def __missing__(self, rule: Rule | None) -> Sql:
        compiler, resource, row = self._of
        self[rule] = condition = compiler.condition(rule, resource, row) if rule is not None else TRUE
        return condition


def _sorted(some: tuple[int, ...], others: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted((*some, *others))) if some else others


def _data(relation: Relation, link: str) -> str:
    """The member `data` with its comma, or nothing for a row whose linkage was not asked for."""
    return f"CASE WHEN {link}.id IS NULL THEN '' ELSE ',\"data\":' || {_linked(relation, link)} END"


def _only_data(relation: Relation, link: str) -> str:
    """The relationship without links, followed by a comma; nothing where its linkage was not asked for."""
    member = _text(f'"{relation.wire}":{{"data":')
    return f"CASE WHEN {link}.id IS NULL THEN '' ELSE {member} || {_linked(relation, link)} || '}},' END"


def _linked(relation: Relation, link: str) -> str:
    return f"'[' || {link}.data || ']'" if relation.many else f"coalesce(nullif({link}.data, ''), 'null')"


def _when(scope: Sql, text: str | Sql) -> Sql:
    """The text, or nothing if the condition fails."""
    return sql(text) if scope is TRUE else sql("CASE WHEN ", scope, " THEN ", text, " ELSE '' END")


def _identifier(type_name: str, id: str) -> str:
    return f'\'{{"type":"{type_name}","id":"\' || {id} || \'"}}\''


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
