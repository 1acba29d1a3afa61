"""The trigrams of a text take time in proportion to its length, no longer to the square of it.

They are the same, so that the indexes stay as they are. A text of 100,000 characters, as a former server may
have, took 40 seconds.
"""

from alembic import op

revision = "2027_01_23_2_long_texts"
down_revision = "2027_01_23_1_kept_by_requests"
branch_labels = None
depends_on = None

_TRIGRAMS = """
CREATE OR REPLACE FUNCTION trigrams(words text) RETURNS integer[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  letters text[] := string_to_array(lower(words), NULL);
  hashes integer[] := '{}';
BEGIN
  FOR place IN 1..cardinality(letters) - 2 LOOP
    hashes := hashes || hashtext(letters[place] || letters[place + 1] || letters[place + 2]);
  END LOOP;
  RETURN hashes;
END $$
"""
# As in 2027_01_20_1.
_FORMER = """
CREATE OR REPLACE FUNCTION trigrams(words text) RETURNS integer[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
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


def upgrade() -> None:
    op.execute(_TRIGRAMS)


def downgrade() -> None:
    op.execute(_FORMER)
