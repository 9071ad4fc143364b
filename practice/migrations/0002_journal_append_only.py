"""The journal refuses UPDATE and DELETE: history is not rewritten, not even by us."""

from typing import ClassVar

from django.db import migrations

FORWARDS = """
CREATE FUNCTION practice_change_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER practice_change_append_only
    BEFORE UPDATE OR DELETE ON practice_change
    FOR EACH ROW EXECUTE FUNCTION practice_change_append_only();
"""

BACKWARDS = """
DROP TRIGGER practice_change_append_only ON practice_change;
DROP FUNCTION practice_change_append_only();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("practice", "0001_initial")]
    operations: ClassVar = [migrations.RunSQL(FORWARDS, BACKWARDS)]
