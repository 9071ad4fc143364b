import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("practice", "0005_service_is_call"),
    ]

    operations = [
        migrations.AddField(
            model_name="practitioner",
            name="agenda_minute",
            field=models.PositiveSmallIntegerField(
                blank=True,
                db_default=420,
                default=420,
                null=True,
                validators=[django.core.validators.MaxValueValidator(1439)],
            ),
        ),
        migrations.AddField(
            model_name="practitioner",
            name="hears_of_new",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="practitioner",
            name="hears_of_ready",
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
