"""The words of all passages, counted by triggers: whoever writes or deletes passages.

Writers of one workspace take turns, by an advisory lock, from their first passage to the end of
their transaction: two that count the same words in another order would wait for each other.
"""

from django.db import migrations

CREATE = """
-- What may be a mistyped word: no numbers, addresses and short words.
CREATE FUNCTION videos_words_of(text text) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
  SELECT lexeme FROM unnest(to_tsvector('pg_catalog.simple', text))
  WHERE length(lexeme) BETWEEN 4 AND 24 AND lexeme !~ '[0-9[:punct:][:space:]]'
$$;
CREATE FUNCTION videos_word_forms(word text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT array_agg(DISTINCT overlay(word PLACING '' FROM n FOR 1)) || word
  FROM generate_series(1, length(word)) AS n
$$;
CREATE FUNCTION videos_word_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('words of ' || workspace_id, 0))
    FROM (SELECT DISTINCT workspace_id FROM fresh ORDER BY 1) AS touched;
  INSERT INTO videos_word (workspace_id, word, forms, passages)
    SELECT workspace_id, word, videos_word_forms(word), count(*)
    FROM fresh, videos_words_of(text) AS word GROUP BY workspace_id, word
  ON CONFLICT (workspace_id, word) DO UPDATE SET passages = videos_word.passages + excluded.passages;
  RETURN NULL;
END $$;
CREATE FUNCTION videos_word_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('words of ' || workspace_id, 0))
    FROM (SELECT DISTINCT workspace_id FROM gone ORDER BY 1) AS touched;
  WITH less AS (
    SELECT workspace_id, word, count(*) AS passages
    FROM gone, videos_words_of(text) AS word GROUP BY workspace_id, word
  ), last AS (
    DELETE FROM videos_word AS known USING less
    WHERE known.workspace_id = less.workspace_id AND known.word = less.word
      AND known.passages <= less.passages
  )
  UPDATE videos_word AS known SET passages = known.passages - less.passages FROM less
  WHERE known.workspace_id = less.workspace_id AND known.word = less.word
    AND known.passages > less.passages;
  RETURN NULL;
END $$;
CREATE TRIGGER passage_words_added AFTER INSERT ON videos_passage
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION videos_word_added();
CREATE TRIGGER passage_words_removed AFTER DELETE ON videos_passage
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION videos_word_removed();
INSERT INTO videos_word (workspace_id, word, forms, passages)
  SELECT workspace_id, word, videos_word_forms(word), count(*)
  FROM videos_passage, videos_words_of(text) AS word GROUP BY workspace_id, word;
"""

DROP = """
DROP TRIGGER passage_words_added ON videos_passage;
DROP TRIGGER passage_words_removed ON videos_passage;
DROP FUNCTION videos_word_added();
DROP FUNCTION videos_word_removed();
DROP FUNCTION videos_word_forms(text);
DROP FUNCTION videos_words_of(text);
DELETE FROM videos_word;
"""


class Migration(migrations.Migration):
    dependencies = [("videos", "0027_passage_vectors")]

    operations = [migrations.RunSQL(CREATE, DROP)]
