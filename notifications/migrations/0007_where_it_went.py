from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0006_claimed_in_order'),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='sent_to_hash',
            field=models.BinaryField(blank=True, max_length=32, null=True),
        ),
    ]
