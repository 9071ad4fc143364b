"""Appointments with who comes, read by hand: the same rows as the models read, and all at once."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from booking.models import Attendance
from intake.models import AnswerSheet
from notifications.queries.rosters import appointments_with_roster
from tests.booking import factories as make
from tests.booking.factories import NOW

pytestmark = pytest.mark.django_db


def columns_of(row: Model) -> dict[str, Any]:
    return {f.attname: getattr(row, f.attname) for f in type(row)._meta.concrete_fields}


def sheet_for(attendance: Attendance) -> AnswerSheet:
    return AnswerSheet.objects.create(
        participant=attendance.participant,
        form="core",
        version=1,
        profile_answered=["ct_cal"],
        begun_at=NOW,
        saved_at=NOW,
    )


def test_the_rows_are_those_that_the_models_read() -> None:
    appointment = make.booked(make.make_office(), "couple")
    one, other = Attendance.objects.select_related("participant").order_by("pk")
    sheet = sheet_for(one)
    Attendance.objects.filter(pk=other.pk).update(left_at=NOW)

    found = appointments_with_roster([appointment.pk])[appointment.pk]

    assert columns_of(found.appointment) == columns_of(appointment)
    assert columns_of(found.appointment.practitioner) == columns_of(appointment.practitioner)
    assert columns_of(found.appointment.service) == columns_of(appointment.service)
    assert [columns_of(comer.participant) for comer in found.roster] == [
        columns_of(one.participant),
        columns_of(other.participant),
    ]
    assert [comer.left_at for comer in found.roster] == [None, NOW]
    assert columns_of(found.roster[0].participant.answer_sheet) == columns_of(sheet)


def test_many_take_as_many_statements_as_one_and_nobody_is_asked_for_again() -> None:
    office = make.make_office()
    booked = [make.booked(office) for _ in range(3)]

    with CaptureQueriesContext(connection) as queries:
        found = appointments_with_roster([a.pk for a in booked])
        services = {id(about.appointment.service) for about in found.values()}
        practitioners = {id(about.appointment.practitioner) for about in found.values()}
        sheets = [hasattr(c.participant, "answer_sheet") for f in found.values() for c in f.roster]

    assert len(queries) == 2
    assert (len(services), len(practitioners)) == (1, 1)
    assert sheets == [False, False, False]
