from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0006_forms_on_paper'),
    ]

    operations = [
        migrations.AddField(
            model_name='participant',
            name='ended_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='request',
            name='parted_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
