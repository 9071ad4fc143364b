from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0007_ended_and_parted'),
    ]

    operations = [
        migrations.AddField(
            model_name='participant',
            name='wants_feedback',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
