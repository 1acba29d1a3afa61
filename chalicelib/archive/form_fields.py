"""Fields of an event's forms: known by form and name, and written with their translations."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from chalicelib import db
from chalicelib.archive.content import Content
from chalicelib.imports.importing import Importing
from chalicelib.jsonapi.query.parse import Query
from chalicelib.jsonapi.write import rows

_FIELDS: Final = (
    "SELECT id, form, field_identifier, coalesce(form_id, '') FROM custom_forms WHERE event_id = $1"
)
_WORDS: Final = (
    "SELECT id, language_code FROM custom_form_translates WHERE custom_form_id = $1 ORDER BY id DESC"
)
_KEY: Final = ("form", "field-identifier", "form-id")


class FormFields:
    """The fields that are there, and the translations in the archive."""

    def __init__(self, importing: Importing, content: Content) -> None:
        self._importing = importing
        self._words: dict[str, list[dict[str, Any]]] = {}
        for word in content.resources.get("custom-form-translate", ()):
            field = (word["relationships"].get("custom-form") or {}).get("data") or {}
            said = {wire.replace("-", "_"): value for wire, value in word["attributes"].items()}
            self._words.setdefault(field.get("id", ""), []).append(said)

    def known(self, resources: Sequence[Mapping[str, Any]]) -> dict[int, int]:
        """Ids of the fields that are there already, by the index of the resource."""
        there = {tuple(key): id for id, *key in self._there()}
        keys = [tuple(str(resource["attributes"].get(name) or "") for name in _KEY) for resource in resources]
        return {at: there[key] for at, key in enumerate(keys) if key in there}

    def remove_others(self, ids: Collection[int]) -> None:
        """Remove the fields that a new event has, but for these."""
        context = self._importing.context
        noun = context.registry["custom-form"]
        for id in {row[0] for row in self._there()} - set(ids):
            rows.remove(context.asking(method="DELETE"), noun, str(id), Query(), lambda: None)

    def translations(self, number: str, id: int | None) -> list[dict[str, Any]]:
        """The translations of a field, as the attribute takes them; those that are there have their ids."""
        words = self._words.get(number, [])
        if id is None or not words:
            return words
        there = {code: word for word, code in db.fetch(self._importing.context.session, _WORDS, [id])}
        return [{**word, "id": there.get(str(word.get("language_code")))} for word in words]

    def _there(self) -> list[list[Any]]:
        return db.fetch(self._importing.context.session, _FIELDS, [self._importing.event_id])
