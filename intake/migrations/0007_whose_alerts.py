"""Whom open alerts and recorded talks are about. By itself: PostgreSQL alters no table whose rows
the same transaction has changed."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def name_whose(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Each open alert gets its person; whoever was flagged behind it gets one of their own."""
    Alert, Flag = apps.get_model("intake", "Alert"), apps.get_model("intake", "Flag")
    for alert in Alert.objects.filter(acknowledged_at=None):
        flags = Flag.objects.filter(participant__request=alert.request_id, level=alert.level)
        later = flags.filter(raised_at__gte=alert.raised_at).order_by("-raised_at")
        first = dict(later.values_list("participant_id", "raised_at"))  # the earliest stays
        people = sorted(first, key=lambda person: first[person])
        Alert.objects.filter(pk=alert.pk).update(participant_id=people[0] if people else None)
        for person in people[1:]:
            Alert.objects.create(
                request_id=alert.request_id,
                participant_id=person,
                level=alert.level,
                raised_at=first[person],
            )


def name_contacts(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """What was raised before a talk was talked about, and a review that was decided is decided."""
    Review, Flag = apps.get_model("intake", "Review"), apps.get_model("intake", "Flag")
    for review in Review.objects.exclude(contacted_at=None).order_by("opened_at"):
        Flag.objects.filter(
            participant__request=review.request_id,
            raised_at__lte=review.closed_at or review.contacted_at,
            contacted_at=None,
        ).update(contacted_at=review.contacted_at)


class Migration(migrations.Migration):

    dependencies = [
        ('intake', '0006_each_person_is_heard'),
    ]

    operations = [
        migrations.RunPython(name_whose, migrations.RunPython.noop),
        migrations.RunPython(name_contacts, migrations.RunPython.noop),
    ]
