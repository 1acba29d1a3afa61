"""SQL without nested pieces: what is rendered again and again is flattened once."""

from chalicelib.jsonapi.ground.sql import FALSE, TRUE, Column, Ids, Part, Sql, sql


def flattened(value: Sql) -> Sql:
    """The same SQL without nested pieces, its texts joined: it is rendered in fewer steps."""
    if value is TRUE or value is FALSE:
        return value
    parts: list[Part] = []
    for part in value.parts():
        if type(part) is str and parts and type(parts[-1]) is str:
            parts[-1] += part
        elif type(part) is Ids:
            parts.append(Ids(flattened(part.select), flattened(part.call) if part.call else None))
        else:
            parts.append(part)
    return sql(*parts)


def condensed(value: Sql) -> Sql:
    """The same SQL with all texts and columns between parameters in one text, which is rendered faster."""
    parts: list[Part | Sql] = []
    texts: list[str] = []
    for part in value.parts():
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, Column):
            texts.append(f'{part.row.alias}."{part.name}"')
        else:
            parts += ("".join(texts), part)
            texts = []
    return sql(*parts, "".join(texts))
