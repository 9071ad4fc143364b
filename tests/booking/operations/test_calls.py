"""A booking that the practitioner makes for somebody who has called."""

import pytest

from booking.domain.refusals import InvalidRequest, SlotTaken
from booking.models import Appointment, Request
from booking.operations import calls
from booking.operations.calls import Caller
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.operations.shared import coming

pytestmark = pytest.mark.django_db


def book_for(office: Office, people: list[Caller], slug: str, **changes: object) -> Request:
    service = office.services[slug]
    options = {
        "starts_at": make.open_starts(office, service)[0],
        "forms_on_paper": False,
        "now": NOW,
    } | changes
    return calls.book_for_caller(
        practitioner_id=office.practitioner.pk,
        service_id=service.pk,
        people=people,
        modality="video",
        country="US",
        region="NY",
        time_zone="America/New_York",
        **options,  # type: ignore[arg-type]
    )


def test_a_caller_with_forms_on_paper_is_booked_at_once(office: Office) -> None:
    request = book_for(office, [Caller("Alex")], "individual-50", forms_on_paper=True)

    assert Request.objects.get(pk=request.pk).state == "confirmed"
    booked = Appointment.objects.get(request=request, state="booked")
    assert [p.chosen_name for p in coming(booked)] == ["Alex"]


def test_a_caller_without_paper_is_booked_when_their_part_is_done(office: Office) -> None:
    request = book_for(office, [Caller("Alex", "Alex@Example.test")], "individual-50")
    [person] = make.people_of(request)
    assert person.email == "alex@example.test"
    assert Appointment.objects.get(request=request).state == "held"

    make.enter(person)
    make.clear(person)

    assert Request.objects.get(pk=request.pk).state == "confirmed"
    assert Appointment.objects.get(request=request).state == "booked"


@pytest.mark.parametrize(
    ("people", "slug", "problem"),
    [
        ([], "individual-50", ("people", "one_person")),
        ([Caller("A", "a@x.test")], "couple-80", ("people", "exactly_two")),
        (
            [Caller("A", "a@x.test"), Caller("B", "A@x.test")],
            "couple-80",
            ("people", "address_in_use"),
        ),
        ([Caller(" ", "a@x.test")], "individual-50", ("people.0.name", "required")),
        ([Caller("A")], "individual-50", ("people.0.email", "required")),
    ],
)
def test_a_call_needs_people_that_fit(
    office: Office, people: list[Caller], slug: str, problem: tuple[str, str]
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        book_for(office, people, slug)

    assert problem in [(p.field, p.code) for p in refused.value.problems]
    assert not Request.objects.exists()


def test_a_call_takes_no_time_that_is_taken(office: Office) -> None:
    taken = make.booked(office).starts_at

    with pytest.raises(SlotTaken):
        book_for(office, [Caller("Alex")], "individual-50", forms_on_paper=True, starts_at=taken)
