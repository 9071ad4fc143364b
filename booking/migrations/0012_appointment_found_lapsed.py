"""What some operation found lapsed, for the sweep to find."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0011_ready_has_time"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(("held_until__isnull", False), ("state", "released")),
                fields=["held_until"],
                name="appointment_found_lapsed",
            ),
        ),
    ]
