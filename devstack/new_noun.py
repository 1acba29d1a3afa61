"""`make noun NAME=lightning-talk AREA=programme`: scaffolding of a new resource type.

The generated files are complete: the type is served, has its table, factory, permissions and line in the
CHANGELOG, and all checks and tests pass. Invalid input is refused before anything is written.
"""

import argparse
import keyword
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS

from chalicelib import entrypoints, revision
from chalicelib.db import Model
from chalicelib.jsonapi.http.action import ACTIONS
from chalicelib.resources import REGISTRY
from devstack import demo_nouns
from devstack import noun_templates as templates
from devstack.architecture import VAGUE_NAMES
from devstack.new_migration import VERSIONS, revision_id

ROOT: Final = Path(__file__).resolve().parent.parent
AREAS: Final = ROOT / "chalicelib" / "resources"
CHANGELOG: Final = ROOT / "CHANGELOG.md"
LONGEST: Final = 40  # so that names of constraints fit into PostgreSQL's 63 characters
_WORDS: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_HOW: Final = (
    "make noun NAME=lightning-talk AREA=programme, and PLURAL=... where an s at the end is not enough"
)
# Names imported by the generated file, which a class must not shadow.
_IMPORTED: Final = {"Mapped", "Model", "SoftDeleted", "ToOne", "Resource", "Trashable"}


class Refused(Exception):
    """Nothing was written; the text says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Noun:
    """The names of a new resource type."""

    type: str
    area: str
    plural: str

    @property
    def module(self) -> str:
        """Its module, such as lightning_talk."""
        return self.type.replace("-", "_")

    @property
    def table(self) -> str:
        """Its table, such as lightning_talks."""
        return self.plural.replace("-", "_")

    @property
    def file(self) -> Path:
        """The file that declares it."""
        return AREAS / self.area / f"{self.module}.py"

    @property
    def factory(self) -> Path:
        """The file of its test factory."""
        return ROOT / "tests" / "factories" / f"{self.module}.py"

    def names(self) -> dict[str, str]:
        """The variables of the templates."""
        patterns = [f"{self.type}*"] + ([] if self.plural.startswith(self.type) else [f"{self.plural}*"])
        return {
            "type": self.type,
            "plural": self.plural,
            "area": self.area,
            "module": self.module,
            "table": self.table,
            "model": "".join(word.capitalize() for word in self.type.split("-")),
            "constant": self.module.upper(),
            "Words": self.type.replace("-", " ").capitalize(),
            "many": self.plural.replace("-", " "),
            "Many": self.plural.replace("-", " ").capitalize(),
            "promises": ", ".join(f"`{pattern}`" for pattern in patterns),
        }


def plural_of(name: str) -> str:
    """The regular English plural of a name's last word."""
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return f"{name}es" if re.search(r"(s|x|z|ch|sh)$", name) else f"{name}s"


def checked(name: str, area: str, plural: str = "") -> Noun:
    """The validated names. Raises Refused."""
    areas = sorted(path.parent.name for path in AREAS.glob("*/__init__.py"))
    if not name or not area:
        raise Refused(f"it needs a NAME and an AREA: {_HOW}. AREA is one of {', '.join(areas)}")
    noun = Noun(name, area, plural or plural_of(name))
    for text in (noun.type, noun.plural):
        if not _WORDS.fullmatch(text) or len(text) > LONGEST:
            raise Refused(
                f"{text!r} is no name: words of small letters and digits with dashes between them, "
                f"{LONGEST} letters at most, such as lightning-talk"
            )
    if area not in areas:
        raise Refused(f"there is no area {area!r}. AREA is one of {', '.join(areas)}")
    if noun.type == noun.plural:
        raise Refused(f"{name!r} is singular and plural: PLURAL=... says how the collection is called")
    if noun.names()["model"] in _IMPORTED or keyword.iskeyword(noun.module) or noun.module in VAGUE_NAMES:
        raise Refused(f"{name!r} means something else in Python, or nothing: choose a name that says more")
    entrypoints.import_all()
    taken = _taken(noun)
    if taken:
        raise Refused(f"{taken}: choose another NAME, or another PLURAL")
    return noun


def _taken(noun: Noun) -> str:
    """Who uses one of the names already; "" for nobody."""
    event = REGISTRY["event"]
    paths = {
        pattern[1] for listed in ACTIONS.values() for action in listed if (pattern := action.pattern)[1:]
    }
    paths |= {path for resource in REGISTRY for path in (resource.path, *resource.aliases)}
    classes = {mapper.class_.__name__ for mapper in Model.registry.mappers}
    if noun.type in REGISTRY:
        return f"there is a noun {noun.type} (make map shows it)"
    if noun.plural in paths:
        return f"/v1/{noun.plural} is taken"
    if noun.table in event.attributes or noun.table in REGISTRY.relations["event"]:
        return f"events have {noun.plural} already"
    if noun.table in Model.metadata.tables or noun.table in RESERVED_WORDS:
        return f"a table cannot be called {noun.table}, which PostgreSQL or another noun does"
    if noun.names()["model"] in classes:
        return f"there is a model {noun.names()['model']}"
    there = [path for path in (noun.file, noun.file.with_suffix(""), noun.factory) if path.exists()]
    if there:
        return f"{there[0].relative_to(ROOT)} is there"
    nouns = {resource.type.replace("-", "_") for resource in REGISTRY}
    named = [path for path in noun.file.parent.glob(f"{noun.module}_*.py") if path.stem not in nouns]
    return f"{named[0].relative_to(ROOT)} is called as if it belonged to {noun.type} alone" if named else ""


def write(noun: Noun) -> list[Path]:
    """Write the declaration, migration, factory, demo row and CHANGELOG line; returns the files."""
    name = revision_id(noun.plural)
    names = {**noun.names(), "revision": name, "former": _newest()}
    migration = VERSIONS / f"{name}.py"
    changelog = with_line(CHANGELOG.read_text("utf-8"), templates.CHANGELOG.substitute(names))
    made: dict[Path, Template] = {
        noun.file: templates.NOUN,
        migration: templates.MIGRATION,
        noun.factory: templates.FACTORY,
    }
    texts = {path: template.substitute(names) for path, template in made.items()}
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    CHANGELOG.write_text(changelog, encoding="utf-8")
    row = {"name": f"{names['Words']} 1", "description": "As announced"}
    demo = demo_nouns.with_rows(demo_nouns.FILE.read_text("utf-8"), noun.type, row)
    demo_nouns.FILE.write_text(demo, encoding="utf-8")
    _run("ruff", "check", "--quiet", "--fix-only", *map(str, made))
    _run("ruff", "format", "--quiet", *map(str, made))
    return [*made, demo_nouns.FILE, CHANGELOG]


def _newest() -> str:
    try:
        return revision.newest()
    except LookupError as problem:
        raise Refused(str(problem)) from problem


def with_line(changelog: str, line: str) -> str:
    """The CHANGELOG with one more entry at the end of "Added" under "Unreleased"."""
    start, heading, rest = changelog.partition("\n## [Unreleased]\n")
    unreleased, following, released = rest.partition("\n## ")
    before, added, entries = unreleased.partition("### Added\n")
    if not heading:
        raise Refused(
            f'{CHANGELOG.name} has no part "## [Unreleased]", where the line about the noun belongs'
        )
    if not added:
        return f"{start}{heading}\n### Added\n{line}{unreleased}{following}{released}"
    own, other, others = entries.partition("\n### ")
    return "".join(
        [start, heading, before, added, f"{own.rstrip()}\n{line}", other, others, following, released]
    )


def _run(*command: str) -> None:
    subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=True)


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 when the noun is there, 2 when it is refused."""
    parser = argparse.ArgumentParser(prog="make noun", usage=_HOW)
    parser.add_argument("name")
    parser.add_argument("area")
    parser.add_argument("--plural", default="")
    given = parser.parse_args(arguments)
    try:
        noun = checked(given.name, given.area, given.plural)
        made = write(noun)
    except Refused as problem:
        print(f"make noun: {problem}", file=sys.stderr)
        return 2
    # In a new process, which imports the new type.
    _run("tests.permissions.matrix", noun.type)
    for path in made:
        print(f"  {path.relative_to(ROOT)}")
    print(
        f"/v1/{noun.plural} and /v1/events/{{id}}/{noun.plural} are served; make check and make test pass.\n"
        "Now make the noun your own, as CONTRIBUTING.md says. After another attribute: make migration;\n"
        f"after another rule of rights: make permissions TYPE={noun.type}."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
