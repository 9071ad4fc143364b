"""What is ready ends in time now, too; what was ready before gets its time from here on.

Until now only what was not finished came to an end, so older requests may have waited for the
practitioner far past theirs: the first sweep would close all of them at once.
"""

from typing import ClassVar

from django.db import migrations

EXTEND = """
    UPDATE booking_request AS request
       SET expires_at = greatest(
               request.expires_at, now() + make_interval(days => practice.gathering_days)
           )
      FROM practice_practice AS practice
     WHERE request.state = 'ready';
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("booking", "0010_chose_zone_at"),
        ("practice", "0001_initial"),
    ]

    operations: ClassVar = [
        migrations.RunSQL(EXTEND, migrations.RunSQL.noop),
    ]
