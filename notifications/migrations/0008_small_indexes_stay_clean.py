"""The small indexes of what is due stay small, however many sent rows lie behind them.

A vacuum leaves the indexes alone where few pages of a large table have dead rows. Here those few
are all that the small indexes consist of: every claim would read past thousands of dead entries.
https://www.postgresql.org/docs/current/sql-createtable.html#RELOPTION-VACUUM-INDEX-CLEANUP
"""

from typing import ClassVar

from django.db import migrations

FORWARDS = """
    ALTER TABLE notifications_delivery SET (
        vacuum_index_cleanup = on,
        autovacuum_vacuum_scale_factor = 0.02,
        autovacuum_vacuum_threshold = 1000
    )
"""
BACKWARDS = """
    ALTER TABLE notifications_delivery RESET (
        vacuum_index_cleanup, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold
    )
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("notifications", "0007_where_it_went")]

    operations: ClassVar = [migrations.RunSQL(FORWARDS, BACKWARDS)]
