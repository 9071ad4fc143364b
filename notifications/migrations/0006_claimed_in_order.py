from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0005_attempts_and_paces'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='delivery',
            name='delivery_to_try',
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['try_at', 'id'], name='delivery_to_claim'),
        ),
    ]
