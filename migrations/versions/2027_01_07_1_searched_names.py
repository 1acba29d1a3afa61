"""Attendees are searched by hashes of parts of their names, and of spellings with one letter left out."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2027_01_07_1_searched_names"
down_revision = "2027_01_06_4_leads_of_names"
branch_labels = None
depends_on = None

# Rows and queries go through the same functions, so that both sides agree. Folding is by single characters: a
# part of a text stays a part of it. Marks are U+0300 to U+036F.
_FOLDED = r"""
CREATE FUNCTION search_folded(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT replace(replace(replace(replace(
    translate(regexp_replace(lower(normalize(lower(words), NFKD)), '[\u0300-\u036f]', '', 'g'),
      U&'øłđðħ\0131ŧ\03c2', U&'olddhit\03c3'),
    'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th')
$$
"""
# The event is the seed: a part that is common in another event leads to no rows of it.
_KEY = """
CREATE FUNCTION search_key(part text, seed bigint) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (hashtextextended(part, seed) & 2147483647)::integer
$$
"""
_GRAMS = r"""
CREATE FUNCTION search_grams(event bigint, words text) RETURNS integer[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT search_key(substr(word, place, 3), event)), '{}')
  FROM regexp_split_to_table(search_folded(words), '\s+') word,
  generate_series(1, char_length(word) - 2) place
$$
"""
_WORDS = r"""
CREATE FUNCTION search_words(words text) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT DISTINCT word FROM regexp_split_to_table(
    regexp_replace(search_folded(words), '[''`\u2019\u02bc]', '', 'g'), '[\s!-/:-@\[-^_{-~]+') word
  WHERE word <> ''
$$
"""
# Two words that differ by one letter, or by two neighbours that changed places, have a spelling in common.
_SPELLINGS = """
CREATE FUNCTION search_spellings(event bigint, word text) RETURNS integer[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_agg(DISTINCT search_key(
    CASE WHEN place = 0 THEN left(word, 12) ELSE overlay(left(word, 12) PLACING '' FROM place FOR 1) END,
    -1 - event))
  FROM generate_series(0, least(char_length(word), 12)) place
$$
"""
_KEYS = """
CREATE FUNCTION search_keys(event bigint, firstname text, lastname text, email text) RETURNS integer[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_agg(DISTINCT key) FROM (
    SELECT unnest(search_grams(event, concat_ws(' ', firstname, lastname, email))) AS key
    UNION ALL
    SELECT unnest(search_spellings(event, word)) FROM (
      SELECT word FROM search_words(concat_ws(' ', firstname, lastname)) word
      WHERE char_length(word) >= 3 ORDER BY char_length(word) DESC, word LIMIT 6
    ) longest
  ) parts
$$
"""
_KEEP = """
CREATE FUNCTION keep_search_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(NEW.firstname, NEW.lastname, NEW.email) IS NULL THEN
    DELETE FROM attendee_search_keys WHERE attendee_id = NEW.id;
  ELSE
    INSERT INTO attendee_search_keys (attendee_id, keys)
    VALUES (NEW.id, coalesce(search_keys(NEW.event_id, NEW.firstname, NEW.lastname, NEW.email), '{}'))
    ON CONFLICT (attendee_id) DO UPDATE SET keys = excluded.keys;
  END IF;
  RETURN NULL;
END $$
"""
_NAMED = """
CREATE TRIGGER keep_search_keys_insert AFTER INSERT ON attendees FOR EACH ROW
WHEN (coalesce(NEW.firstname, NEW.lastname, NEW.email) IS NOT NULL) EXECUTE FUNCTION keep_search_keys()
"""
_RENAMED = """
CREATE TRIGGER keep_search_keys_update AFTER UPDATE OF firstname, lastname, email, event_id ON attendees
FOR EACH ROW WHEN ((OLD.firstname, OLD.lastname, OLD.email, OLD.event_id)
  IS DISTINCT FROM (NEW.firstname, NEW.lastname, NEW.email, NEW.event_id))
EXECUTE FUNCTION keep_search_keys()
"""


def upgrade() -> None:
    op.create_table(
        "attendee_search_keys",
        sa.Column("attendee_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("keys", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.ForeignKeyConstraint(
            ["attendee_id"],
            ["attendees.id"],
            name="fk_attendee_search_keys_attendee_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("attendee_id", name="pk_attendee_search_keys"),
    )
    op.create_index("ix_attendee_search_keys_keys", "attendee_search_keys", ["keys"], postgresql_using="gin")
    for statement in (_FOLDED, _KEY, _GRAMS, _WORDS, _SPELLINGS, _KEYS, _KEEP, _NAMED, _RENAMED):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_search_keys_update ON attendees")
    op.execute("DROP TRIGGER keep_search_keys_insert ON attendees")
    op.execute("DROP FUNCTION keep_search_keys()")
    op.execute("DROP FUNCTION search_keys(bigint, text, text, text)")
    op.execute("DROP FUNCTION search_spellings(bigint, text)")
    op.execute("DROP FUNCTION search_words(text)")
    op.execute("DROP FUNCTION search_grams(bigint, text)")
    op.execute("DROP FUNCTION search_key(text, bigint)")
    op.execute("DROP FUNCTION search_folded(text)")
    op.drop_table("attendee_search_keys")
