"""An attendee's search keys are made by one loop over their letters, in less than half the time.

They are the same as those that searches make by `search_grams` and `search_spellings`: rows stay as they are.
A sale made them by about ten functions of SQL for each name.
"""

from alembic import op

revision = "2027_01_25_1_keys_in_one_pass"
down_revision = "2027_01_23_2_long_texts"
branch_labels = None
depends_on = None

# search_key() is written out: a call for each letter took most of the time.
_KEYS = r"""
CREATE OR REPLACE FUNCTION search_keys(event bigint, firstname text, lastname text, email text)
RETURNS integer[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  word text;
  letters text[];
  keys integer[] := '{}';
BEGIN
  FOREACH word IN ARRAY
    regexp_split_to_array(search_folded(concat_ws(' ', firstname, lastname, email)), '\s+')
  LOOP
    letters := string_to_array(word, NULL);
    FOR place IN 1..cardinality(letters) - 2 LOOP
      keys := keys || (hashtextextended(letters[place] || letters[place + 1] || letters[place + 2], event)
                       & 2147483647)::integer;
    END LOOP;
  END LOOP;
  FOR word IN
    SELECT left(longest, 12) FROM search_words(concat_ws(' ', firstname, lastname)) longest
    WHERE char_length(longest) >= 3 ORDER BY char_length(longest) DESC, longest LIMIT 6
  LOOP
    keys := keys || (hashtextextended(word, -1 - event) & 2147483647)::integer;
    FOR place IN 1..char_length(word) LOOP
      keys := keys || (hashtextextended(overlay(word PLACING '' FROM place FOR 1), -1 - event)
                       & 2147483647)::integer;
    END LOOP;
  END LOOP;
  RETURN (SELECT array_agg(DISTINCT key) FROM unnest(keys) key);
END $$
"""
# As in 2027_01_07_1.
_FORMER = """
CREATE OR REPLACE FUNCTION search_keys(event bigint, firstname text, lastname text, email text)
RETURNS integer[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
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


def upgrade() -> None:
    op.execute(_KEYS)


def downgrade() -> None:
    op.execute(_FORMER)
