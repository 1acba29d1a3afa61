"""Resource objects as SQL: attributes, relationships with their links and linkage, in one text."""

from collections.abc import Iterable, Mapping, Sequence

from chalicelib.jsonapi.ask import Ask
from chalicelib.jsonapi.attribute import Attribute
from chalicelib.jsonapi.policy import FALSE, TRUE, shown
from chalicelib.jsonapi.proofs import MARK
from chalicelib.jsonapi.relation import Relation
from chalicelib.jsonapi.resource import Resource
from chalicelib.settings import settings


def templates_of(texts: Iterable[str], carried: str = "") -> list[list[str]]:
    """Texts in the pieces between which an id goes: to join them is faster than to replace a mark.

    `carried` is what all links end with.
    """
    return [text.replace(MARK, carried).split("{id}") for text in texts]


def filled_in(text: str | bytes, templates: Sequence[Sequence[str]]) -> str | bytes:
    """What the database has written, with the texts in their places. JSON holds no bare control letters."""
    if isinstance(text, bytes):
        return _filled_in(text, [[piece.encode() for piece in one] for one in templates])
    pieces = text.split("\x01")
    for number in range(1, len(pieces), 2):
        piece = pieces[number]
        which, _, id = piece.partition(" ")
        pieces[number] = id.join(templates[int(which)])
    return "".join(pieces)


def _filled_in(text: bytes, templates: Sequence[Sequence[bytes]]) -> bytes:
    """The same of megabytes. No byte of a letter of several bytes is a control letter."""
    pieces = text.split(b"\x01")
    for number in range(1, len(pieces), 2):
        piece = pieces[number]
        which, _, id = piece.partition(b" ")
        pieces[number] = id.join(templates[int(which)])
    return b"".join(pieces)


class ObjectWriter:
    """Writes the parts of one statement that make resource objects.

    `wanted` are the sparse fieldsets by type. `parts` are the statement's common table
    expressions, to which those for linkage are added. `linked_by` says for (type, relationship)
    which pairs of expressions hold the parents' ids and the edges, where linkage was asked for.
    `templates` are the texts that filled_in() puts into what the statement answers, with {id} in them.
    """

    def __init__(self, ask: Ask, wanted: Mapping[str, tuple[str, ...]], parts: list[str]) -> None:
        self.ask = ask
        self.registry = ask.registry
        self.wanted = wanted
        self.parts = parts
        self.linked_by: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self.templates: list[str] = []

    def identifiers(self, resource: Resource, rows: str) -> str:
        """SELECT doc, _ord: the resource identifiers of the rows with alias t."""
        return f'SELECT {_identifier(resource.type, "t.id")} AS doc, t."_ord" FROM {rows}'

    def documents(self, resource: Resource, rows: str, *, ordered: bool) -> str:
        """SELECT doc [, _ord]: the resource objects of the rows with alias t."""
        order = ', t."_ord"' if ordered else ""
        joins, everybodys, scoped = self._relationships(resource)
        links = f',"links":{{"self":"{settings().api_prefix}/v1/{resource.path}/{{id}}{MARK}"}}}}'
        pieces = [
            _text(f'{{"type":"{resource.type}","id":"'),
            "t.id",
            _text('","attributes":'),
            self._attributes(resource),
        ]
        if not scoped:
            known = f',"relationships":{{{everybodys}}}' if everybodys else ""
            pieces.append(self._with_id(known + links))
        else:
            members = " || ".join(scoped)
            members = members if everybodys else f"left({members}, -1)"
            pieces += [_text(',"relationships":{'), members, self._with_id(everybodys + "}" + links)]
        return f"SELECT {' || '.join(pieces)} AS doc{order} FROM {rows}{joins}"

    def _attributes(self, resource: Resource) -> str:
        chosen = self.wanted.get(resource.type)
        groups: dict[str, list[Attribute]] = {}
        for name, attribute in resource.readable.items():
            if chosen is None or name in chosen:
                scope = attribute.scope.sql(self.ask, resource, "t") if attribute.scope else TRUE
                groups.setdefault(scope, []).append(attribute)
        groups.pop(FALSE, None)
        if not groups:
            return "'{}'"
        # What everybody sees comes last and closes the object; right(), unlike substr() and ltrim(),
        # does not walk through all of a long text.
        everybodys = groups.pop(TRUE, None)
        if everybodys is None:
            members = " || ".join(self._scoped(scope, some) for scope, some in groups.items())
            return f"'{{' || left({members}, -1) || '}}'"
        own = _row(everybodys)
        if not groups:
            return own
        members = " || ".join(self._scoped(scope, some) for scope, some in groups.items())
        return f"'{{' || {members} || right({own}, -1)"

    def _scoped(self, scope: str, attributes: Iterable[Attribute]) -> str:
        """SQL: "name":value, ... each with a comma behind it, or nothing at all."""
        return f"CASE WHEN {scope} THEN left(right({_row(attributes)}, -1), -1) || ',' ELSE '' END"

    def _relationships(self, resource: Resource) -> tuple[str, str, list[str]]:
        """Joins to linkage, the links that everybody sees as text, and the other members as SQL.

        The latter have a comma behind.
        """
        chosen = self.wanted.get(resource.type)
        joins = ""
        links_only: dict[str, list[str]] = {}
        members: list[tuple[str, str]] = []
        for name, relation in self.registry.relations[resource.type].items():
            scope = shown(self.ask, resource, relation, "t")
            if scope == FALSE or (chosen is not None and name not in chosen):
                continue
            links = _links(resource, relation)
            pairs = self.linked_by.get((resource.type, name))
            if not pairs:
                links_only.setdefault(scope, []).append(f"{links}}}")
                continue
            link = self._linkage(relation, pairs)
            joins += f" LEFT JOIN {link} ON {link}.id = t.id"
            members.append((scope, f"{self._with_id(links)} || {_data(relation, link)} || '}},'"))
        everybodys = ",".join(links_only.pop(TRUE, []))
        for scope, texts in links_only.items():
            members.append((scope, f"{self._with_id(','.join(texts))} || ','"))
        scoped = [
            text if scope == TRUE else f"CASE WHEN {scope} THEN {text} ELSE '' END" for scope, text in members
        ]
        return joins, everybodys, scoped

    def _with_id(self, text: str) -> str:
        """SQL: the place of a text in which {id} stands for the row's id. It is filled in outside:
        the text is much the same for every row, and need not be copied, sent and read for each.
        """
        if text not in self.templates:
            self.templates.append(text)
        return f"E'\\x01{self.templates.index(text)} ' || t.id || E'\\x01'"

    def _linkage(self, relation: Relation, pairs: list[tuple[str, str]]) -> str:
        name = f"l{len(self.parts)}"
        # What was included may have been reached from several rows; the rows asked for are there once.
        once = {parent: "" if parent == "n0" else "DISTINCT " for parent, _ in pairs}
        parents = " UNION ".join(f"SELECT {distinct}id FROM {parent}" for parent, distinct in once.items())
        edges = " UNION ".join(f"SELECT parent, id FROM {edge}" for _, edge in pairs)
        identifiers = f"string_agg({_identifier(relation.target, 'e.id')}, ',' ORDER BY e.id)"
        self.parts.append(
            f"{name} AS (SELECT k.id, coalesce({identifiers}, '') AS data FROM ({parents}) k "
            f"LEFT JOIN ({edges}) e ON e.parent = k.id GROUP BY k.id)"
        )
        return name


def _links(resource: Resource, relation: Relation) -> str:
    here = f"{settings().api_prefix}/v1/{resource.path}/{{id}}"
    return (
        f'"{relation.wire}":{{"links":{{"self":"{here}/relationships/{relation.wire}{MARK}",'
        f'"related":"{here}/{relation.wire}{MARK}"}}'
    )


def _data(relation: Relation, link: str) -> str:
    """The member `data` with its comma, or nothing for a row of which linkage was not asked."""
    data = f"'[' || {link}.data || ']'" if relation.many else f"coalesce(nullif({link}.data, ''), 'null')"
    return f"CASE WHEN {link}.id IS NULL THEN '' ELSE ',\"data\":' || {data} END"


def _row(attributes: Iterable[Attribute]) -> str:
    sources: dict[str, str] = {}
    labelled = []
    for one in attributes:
        alias = sources.setdefault(one.shared, f"s{len(sources)}") if one.shared else ""
        labelled.append(f'{one.sql_beside("t", alias)} AS "{one.wire}"')
    beside = ", ".join(f"({sql.replace('{t}', 't')}) {alias}" for sql, alias in sources.items())
    source = f" FROM {beside}" if beside else ""
    return f"(SELECT row_to_json(a)::text FROM (SELECT {', '.join(labelled)}{source}) a)"


def _identifier(type_name: str, id: str) -> str:
    return f'\'{{"type":"{type_name}","id":"\' || {id} || \'"}}\''


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
