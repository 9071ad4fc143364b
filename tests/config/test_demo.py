"""The demo practice, as far as its story could contradict itself."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.models import Appointment, Participant
from config.demo.practice import set_up
from config.demo.teller import Teller
from intake.domain.definitions import Kind
from intake.domain.feedback import Slider
from intake.queries.answers import Author, everything
from intake.queries.feedback import new_at_the_desk, said_by
from practice.domain.wall import zone
from practice.models import Practitioner

pytestmark = pytest.mark.django_db(transaction=True)

#: Six weeks before the turn of the year.
NOVEMBER = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


@pytest.fixture
def practitioner() -> Practitioner:
    return set_up(password="a quiet harbor at night", now=NOVEMBER)


def test_the_evening_group_meets_in_the_evening_and_on_no_holiday(
    practitioner: Practitioner,
) -> None:
    Teller(practitioner).group(NOVEMBER)

    dates = Appointment.objects.filter(cohort__slug="evening-circle").order_by("starts_at")
    met = [a.starts_at.astimezone(zone(practitioner.time_zone)) for a in dates]
    assert len(met) == 6
    assert {(at.weekday(), at.hour >= 17) for at in met} == {(3, True)}
    assert not {(at.month, at.day) for at in met} & {(12, 24), (12, 25), (12, 31), (1, 1)}


def test_two_people_of_one_request_answer_differently(practitioner: Practitioner) -> None:
    teller = Teller(practitioner)
    request = teller.joint(
        "session-for-two", "couple", "Dana", ["Lee"], NOVEMBER, after=timedelta(days=8)
    )
    teller.everybody_finishes(request, NOVEMBER)

    people = Participant.objects.filter(request=request).order_by("position")
    dana, lee = (everything_said(person) for person in people)

    assert dana.keys() == lee.keys() >= {"go_why_now", "cp_view", "cp_talk"}
    assert [key for key in dana if dana[key] == lee[key]] == []
    assert len({dana[key] for key in dana if key.startswith("cp_") and dana[key].isdigit()}) > 1


def everything_said(person: Participant) -> dict[str, str]:
    """What somebody put into words or on a scale about themselves, by question."""
    own = person.answer_sheet
    told = (Kind.LONG, Kind.SCALE)
    return {
        shown.question.key: str(shown.value)
        for shown in everything(person, own)
        if shown.question.kind in told and shown.value is not None
    }


def test_somebody_who_comes_every_week_said_once_how_it_goes(practitioner: Practitioner) -> None:
    Teller(practitioner).every_week("Frankie", NOVEMBER - timedelta(days=30))

    person = Participant.objects.get()
    dates = Appointment.objects.order_by("starts_at").values_list("state", flat=True)
    [said] = said_by(reader=Author(person.pk), participant_id=person.pk)
    assert list(dates) == ["fulfilled"] * 3 + ["booked"] * 3
    assert set(said.marks) == set(Slider)
    assert [p.pk for p in new_at_the_desk(practitioner.pk)] == [person.pk]
    assert NOVEMBER - timedelta(days=14) < said.feedback.saved_at < NOVEMBER
