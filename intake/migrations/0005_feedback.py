import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0008_wants_feedback'),
        ('intake', '0004_parting_and_checks'),
    ]

    operations = [
        migrations.CreateModel(
            name='Feedback',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('sliders_sealed', models.BinaryField()),
                ('words_sealed', models.BinaryField(null=True)),
                ('saved_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField(blank=True, null=True)),
                ('appointment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='booking.appointment')),
                ('participant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='feedback', to='booking.participant')),
            ],
            options={
                'ordering': ['saved_at'],
                'indexes': [models.Index(condition=models.Q(('seen_at__isnull', True)), fields=['saved_at'], name='feedback_unseen')],
                'constraints': [models.UniqueConstraint(fields=('participant', 'appointment'), name='feedback_once')],
            },
        ),
    ]
