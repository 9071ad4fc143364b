"""Rows of several tables, written and read by one statement each."""

from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Model, Value
from django.db.models.expressions import DatabaseDefault

from booking.models import Appointment, Participant, PrivateLink, Request
from practice.models import Change, Pending, Practice, Practitioner, Service
from practice.operations import journal
from practice.rows import columns, loaded
from tests.booking import factories as make
from tests.booking.factories import NOW

pytestmark = pytest.mark.django_db


def stored(model: type[Model]) -> list[str]:
    """What stands in every column that the table has."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} AS t ORDER BY id")  # noqa: S608
        return [row for (row,) in cursor.fetchall()]


@pytest.mark.parametrize(
    "model", [Practice, Service, Request, Participant, Appointment, PrivateLink]
)
def test_rows_written_with_others_are_as_if_each_had_been_saved(model: type[Model]) -> None:
    make.verified(make.make_office(), "non_monogamous")
    saved, rows = stored(model), list(model._default_manager.all())
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608

    journal.write({model: rows}, changes=[], told=())

    assert stored(model) == saved != []


def test_a_column_that_only_a_newer_version_knows_gets_its_default() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE booking_participant ADD COLUMN newer int NOT NULL DEFAULT 7")

    make.submitted(make.make_office())

    with connection.cursor() as cursor:
        cursor.execute("SELECT newer FROM booking_participant")
        assert cursor.fetchall() == [(7,)]


def test_a_default_of_the_database_is_written_as_django_writes_it() -> None:
    participant = make.requester_of(make.submitted(make.make_office()))
    fields = participant._meta.concrete_fields
    bare = Participant(request_id=participant.request_id, position=7, label="Robin")
    for field in fields:
        if field.has_db_default():
            setattr(bare, field.attname, DatabaseDefault(Value(field.db_default), field))

    journal.write({Participant: [bare]}, changes=[], told=())

    written = Participant.objects.get(pk=bare.pk)
    defaults = {f.attname: f.db_default for f in fields if f.has_db_default()}
    assert {name: getattr(written, name) for name in defaults} == defaults != {}


@pytest.mark.parametrize("model", [Practice, Practitioner, Service])
def test_what_one_statement_reads_of_several_tables_is_what_the_models_read(
    model: type[Model],
) -> None:
    make.make_office(locations=[{"country": "US", "region": "NY", "label": "New York"}])
    alone = model._default_manager.earliest("pk")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns(model, 't')} FROM {model._meta.db_table} AS t ORDER BY id"  # noqa: S608
        )
        found = loaded(model, cursor.fetchone())

    fields = [field.attname for field in model._meta.concrete_fields]
    assert [getattr(found, f) for f in fields] == [getattr(alone, f) for f in fields]
    assert not found._state.adding


def test_of_the_changes_that_are_written_with_rows_only_those_that_are_told_wait_to_be() -> None:
    subjects = [uuid4(), uuid4()]
    noted, told = (
        journal.change(kind=kind, subject_type="request", subject_id=subject, actor="x", at=NOW)
        for kind, subject in zip(("noted", "told"), subjects, strict=True)
    )

    journal.write({}, changes=[noted, told], told={"told"})

    written = Change.objects.order_by("id").values_list("kind", "subject_id", "occurred_at")
    assert list(written) == [("noted", subjects[0], NOW), ("told", subjects[1], NOW)]
    assert [p.change.kind for p in Pending.objects.select_related("change")] == ["told"]


def test_an_instance_that_was_written_with_others_is_saved_and_can_be_changed() -> None:
    request = make.submitted(make.make_office())

    request.revision = 7
    request.save(update_fields=["revision"])

    assert Request.objects.get().revision == 7
