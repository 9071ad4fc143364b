"""The time of a session stays its own once it has taken place or was missed.

Until now the constraint counted what was held or booked only: a session could be called over while
it ran, and its buffer was free as soon as it had ended, so older rows may overlap. They are made
to fit what happened: a session that was called over early ended, at the latest, when the next one
began, and buffers of what is over give way. Nothing that is yet to come loses its time.
"""

import django.contrib.postgres.constraints
import django.db.models.constraints
from django.db import migrations, models

TRIM = """
    SET CONSTRAINTS ALL IMMEDIATE;
    WITH run AS (
        SELECT id, state, starts_at, ends_at, blocked_from, blocked_until, claim,
               lead(id) OVER line AS next_id,
               lead(claim) OVER line AS next_claim,
               lead(starts_at) OVER line AS next_starts,
               lead(blocked_from) OVER line AS next_from
          FROM booking_appointment
         WHERE state IN ('held', 'booked', 'fulfilled', 'no_show')
        WINDOW line AS (PARTITION BY practitioner_id ORDER BY starts_at, id)
    ), meeting AS (
        SELECT *, least(ends_at, next_starts) AS ended
          FROM run
         WHERE state IN ('fulfilled', 'no_show')
           AND next_from < blocked_until AND next_claim <> claim AND starts_at < next_starts
    ), trimmed AS (
        SELECT id, ended AS ends_at, greatest(ended, least(blocked_until, next_from)) AS until,
               NULL::timestamptz AS since
          FROM meeting
         UNION ALL
        SELECT next_id, NULL, NULL, greatest(next_from, ended)
          FROM meeting
    ), fitting AS (
        SELECT id, min(ends_at) AS ends_at, min(until) AS until, max(since) AS since
          FROM trimmed
         GROUP BY id
    )
    UPDATE booking_appointment AS appointment
       SET ends_at = coalesce(fitting.ends_at, appointment.ends_at),
           blocked_until = coalesce(fitting.until, appointment.blocked_until),
           blocked_from = coalesce(fitting.since, appointment.blocked_from)
      FROM fitting
     WHERE fitting.id = appointment.id;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0008_wants_feedback"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="appointment",
            name="appointment_no_overlap",
        ),
        migrations.RunSQL(TRIM, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                name="appointment_no_overlap",
                expressions=[
                    ("practitioner", "="),
                    (
                        models.Func(
                            models.F("blocked_from"),
                            models.F("blocked_until"),
                            function="tstzrange",
                        ),
                        "&&",
                    ),
                    ("claim", "<>"),
                ],
                condition=models.Q(("state__in", ["held", "booked", "fulfilled", "no_show"])),
                deferrable=django.db.models.constraints.Deferrable["IMMEDIATE"],
            ),
        ),
    ]
