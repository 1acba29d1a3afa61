"""The trigrams of a text, and those that every text has that an ILIKE pattern matches."""

from alembic import op

revision = "2027_01_20_1_trigrams"
down_revision = "2027_01_19_2_reader"
branch_labels = None
depends_on = None

# Lower case first, as ILIKE compares. Numbers, which are compared alike everywhere, unlike texts.
_TRIGRAMS = """
CREATE FUNCTION trigrams(words text) RETURNS integer[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  lowered text := lower(words);
  hashes integer[] := '{}';
BEGIN
  FOR place IN 1..char_length(lowered) - 2 LOOP
    hashes := hashes || hashtext(substr(lowered, place, 3));
  END LOOP;
  RETURN hashes;
END $$
"""
# The literal parts between wildcards; a backslash makes the next character literal. Six of their trigrams,
# spread over them, lead to few rows already: each more would be looked up in vain.
_OF_PATTERN = r"""
CREATE FUNCTION trigrams_of_pattern(pattern text) RETURNS integer[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(trigram), '{}') FROM (
    SELECT trigram, row_number() OVER () - 1 AS place, count(*) OVER () AS many
    FROM regexp_matches(lower(pattern), '((?:\\.|[^%_\\])+)', 'g') part,
    unnest(trigrams(regexp_replace(part[1], '\\(.)', '\1', 'g'))) trigram
  ) found WHERE place % ((many + 5) / 6) = 0
$$
"""


def upgrade() -> None:
    op.execute(_TRIGRAMS)
    op.execute(_OF_PATTERN)


def downgrade() -> None:
    op.execute("DROP FUNCTION trigrams_of_pattern(text)")
    op.execute("DROP FUNCTION trigrams(text)")
