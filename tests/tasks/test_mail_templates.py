"""Every mail's template: rendered with all its variables, harmless values or not, and refused where it is wrong."""

import dataclasses
import pkgutil
import re
import subprocess
import sys
import types
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

import pytest
from jinja2 import UndefinedError, meta

import chalicelib.tasks
from chalicelib.jsonapi.model.plain_text import plain_lines
from chalicelib.mail import send
from chalicelib.resources.orders.payment.modes import PAYMENT_MODES
from chalicelib.tasks import mail_template
from chalicelib.tasks.mail_template import TEMPLATES, MailTemplate, environment, paragraphs_in
from chalicelib.tasks.session_texts import TEXTS
from chalicelib.values.localized import Amount
from chalicelib.values.messages import MAILS, catalog, languages
from devstack.aws_stand_in import Resources
from tests.support.pump import Pump

HOSTILE = "Jazz <script>alert(1)</script>\r\nBcc: all@example.org\n\n{{ 7 * 7 }} & {% if %}"
for module in pkgutil.iter_modules(chalicelib.tasks.__path__, "chalicelib.tasks."):
    import_module(module.name)


def kinds(of: type[MailTemplate] = MailTemplate) -> Iterator[type[MailTemplate]]:
    """Every class that names a folder."""
    for kind in of.__subclasses__():
        # A dataclass with slots is made anew: the first attempt lingers.
        if "folder" in vars(kind) and getattr(sys.modules[kind.__module__], kind.__name__, None) is kind:
            yield kind
        yield from kinds(kind)


KINDS = sorted(
    {kind for kind in kinds() if kind.__module__.startswith("chalicelib")}, key=lambda kind: kind.folder
)


def samples(hint: Any) -> list[Any]:
    """Values of this type that lead a template into each of its branches."""
    if hint is str:
        return [HOSTILE, ""]
    if hint is bool:
        return [True, False]
    if hint is int:
        return [2, 1]
    if hint is Decimal:
        return [Decimal("7.7"), Decimal(19)]
    if hint is Amount:
        return [Amount(Decimal("1234.5"), "EUR"), Amount(Decimal(500), "JPY"), Amount(Decimal(0), "EUR")]
    if hint is date:
        return [date(2031, 5, 2)]
    if hint is datetime:
        return [datetime(2031, 5, 2, 17, tzinfo=UTC), datetime(2031, 5, 3, 9, tzinfo=UTC)]
    if get_origin(hint) is list:
        (first, *_), items = samples(get_args(hint)[0]), samples(get_args(hint)[0])
        return [items, [], [first]]
    if get_origin(hint) is types.UnionType:
        return [
            value
            for part in get_args(hint)
            for value in ([None] if part is types.NoneType else samples(part))
        ]
    return list(made(hint))


def made(kind: type[Any]) -> Iterator[Any]:
    """The dataclass with each sample of each field in turn, beside the first ones of the others."""
    hints = get_type_hints(kind)
    by_field = {field.name: samples(hints[field.name]) for field in dataclasses.fields(kind)}
    first = {name: values[0] for name, values in by_field.items()}
    last = {name: values[-1] for name, values in by_field.items()}
    for others, (name, values) in product((first, last), by_field.items()):
        for value in values:
            yield kind(**{**others, name: value})
    if not by_field:
        yield kind()


def address_for(kind: type[MailTemplate]) -> str | None:
    return "https://example.org/?token=a%26b" if (TEMPLATES / kind.folder / "link.txt").exists() else None


def named_in(file: str) -> set[str]:
    """The variables that a template file and what it includes want."""
    templates = environment()
    assert templates.loader is not None
    tree = templates.parse(templates.loader.get_source(templates, file)[0])
    included = [template for template in meta.find_referenced_templates(tree) if template is not None]
    return meta.find_undeclared_variables(tree).union(*map(named_in, included))


@pytest.mark.parametrize("language", languages(MAILS))
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.folder)
def test_every_template_says_something_whatever_its_values_are(
    kind: type[MailTemplate], language: str
) -> None:
    for values in made(kind):
        mail = values.mail("ada@example.org", address_for(kind)).mail(language)
        assert mail.subject
        assert mail.paragraphs
        for line in (mail.subject, *mail.paragraphs):
            assert line == line.strip()
            assert "\n" not in line
            assert "\r" not in line
        assert "<script" not in mail.html()
        assert " 49 " not in mail.text()
        direction = "rtl" if language == "ar" else "ltr"
        assert f'<html lang="{language}" dir="{direction}">' in mail.html()


def test_every_text_is_translated_into_each_language_with_the_same_variables_and_blocks() -> None:
    """A writer who changes a paragraph is told which translations are missing then."""
    sources = [path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.rglob("*.txt"))]
    messages = {text for source in sources for text in paragraphs_in(source) if _has_words(text)}
    texts = {text for state in TEXTS.values() for text in (state["subject"], *plain_lines(state["message"]))}
    assert languages(MAILS) == ("ar", "de", "en")
    for language in set(languages(MAILS)) - {"en"}:
        known = catalog(language, MAILS)
        assert messages | texts <= known.keys(), language
        for original, text in known.items():
            assert text
            assert sorted(_parts(original)) == sorted(_parts(text)), (language, original)
    words = {mode.phrase for mode in PAYMENT_MODES.values() if mode.phrase}
    assert words <= catalog("de", MAILS).keys() & catalog("ar", MAILS).keys()


def _has_words(text: str) -> bool:
    """Whether there is something to translate: letters outside of blocks and variables."""
    return any(letter.isalpha() for letter in re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL))


def _parts(text: str) -> list[str]:
    """Blocks and variables without their literals, and placeholders."""
    parts = re.findall(r"\{%.*?%\}|\{\{.*?\}\}|\{\w+\}", text, flags=re.DOTALL)
    return [re.sub(r'"[^"]*"', '""', part) for part in parts]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.folder)
def test_a_template_wants_the_variables_that_are_declared_and_no_others(kind: type[MailTemplate]) -> None:
    files = [path.name for path in (TEMPLATES / kind.folder).iterdir()]
    assert set(files) - {"link.txt"} == {"subject.txt", "body.txt"}
    wanted = set().union(*(named_in(f"{kind.folder}/{file}") for file in files))
    assert wanted == {field.name for field in dataclasses.fields(kind)}


def test_every_file_belongs_to_a_mail() -> None:
    assert [kind.folder for kind in KINDS] == sorted({kind.folder for kind in KINDS}), (
        "one mail for each folder"
    )
    files = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*") if path.is_file()}
    folders = {kind.folder for kind in KINDS}
    own = {file for file in files if file.partition("/")[0] in folders}
    templates = environment()
    assert templates.loader is not None
    included = {
        template
        for file in files
        for template in meta.find_referenced_templates(
            templates.parse(templates.loader.get_source(templates, file)[0])
        )
    }
    assert files - own == included


@pytest.mark.parametrize("name", ["event_role", "order_receipt"])
def test_no_value_becomes_a_header_or_markup(stand_in: Resources, pump: Pump, name: str) -> None:
    kind = next(kind for kind in KINDS if kind.folder == name)
    mail = next(made(kind)).mail("ada@example.org", address_for(kind)).mail()
    send(mail)
    (sent,) = pump.mails()
    assert sent["to"] == ["ada@example.org"]
    assert "Bcc: all@example.org" in sent["subject"]
    assert "&lt;script&gt;" in mail.html()


def test_what_a_template_gets_wrong_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_template, "TEMPLATES", tmp_path)
    environment.cache_clear()
    try:
        (tmp_path / "toy").mkdir()
        (tmp_path / "toy" / "subject.txt").write_text("About {{ event }}")
        (tmp_path / "toy" / "body.txt").write_text("Of one\nparagraph.\n\n\nAnother: {{ evnt }}")
        with pytest.raises(UndefinedError, match="'evnt' is undefined"):
            Toy(event="a").mail("ada@example.org").mail()
        (tmp_path / "toy" / "body.txt").write_text("Of one\nparagraph.\n\n\nAnother: {{ event }}")
        environment.cache_clear()
        mail = Toy(event="a\n\nb").mail("ada@example.org").mail()
        assert (mail.subject, mail.paragraphs) == ("About a  b", ("Of one paragraph.", "Another: a  b"))
        with pytest.raises(ValueError, match=r"toy has a link\.txt"):
            Toy(event="a").mail("ada@example.org", "https://example.org")
        (tmp_path / "toy" / "link.txt").write_text("See it")
        with pytest.raises(ValueError, match=r"toy has a link\.txt"):
            Toy(event="a").mail("ada@example.org")
        (tmp_path / "toy" / "subject.txt").write_text(" \n")
        environment.cache_clear()
        with pytest.raises(ValueError, match="toy has no subject"):
            Toy(event="a").mail("ada@example.org", "https://example.org").mail()
    finally:
        environment.cache_clear()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Toy(MailTemplate):
    folder: ClassVar[str] = "toy"
    event: str


def test_nobody_pays_for_templates_who_renders_none() -> None:
    code = "import sys, app; assert 'chalicelib.tasks.mail_template' in sys.modules; print('jinja2' in sys.modules)"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
