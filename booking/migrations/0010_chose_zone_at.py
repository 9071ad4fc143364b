"""When somebody said themselves in which zone they read times."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0009_its_time_stays_its_own")]

    operations = [
        migrations.AddField(
            model_name="participant",
            name="chose_zone_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
