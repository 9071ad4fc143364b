"""Groups, as the practitioner leads them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from booking.models import Cohort, Seat
from booking.operations.sweep import sweep
from practice.models import Service, TimeOff
from tests.booking import factories
from tests.booking.desk.at_the_desk import counted, free_mornings, sign_in, text, url
from tests.booking.factories import NEW_YORK, Office

pytestmark = pytest.mark.django_db


def composed(office: Office, **changes: str) -> dict[str, Any]:
    """What the practitioner types for a new group."""
    factories.published(office)  # it brings the service for sessions along
    service = office.practitioner.services.get(slug="group-90")
    return {
        "title": "Quiet evenings",
        "description": "Five evenings.",
        "service": str(service.pk),
        "call_service": str(office.services["group-call"].pk),
        "modality": "video",
        "first_date": "2026-11-05",
        "first_time": "14:00",
        "count": "3",
        "every_weeks": "1",
        "seats": "8",
        "minimum": "4",
        "decide_date": "2026-11-01",
        **changes,
    }


def test_a_group_is_published_after_its_dates_were_seen(desk: Client, office: Office) -> None:
    typed = composed(office)
    TimeOff.objects.create(
        practitioner=office.practitioner,
        starts_at=datetime(2026, 11, 12, 0, 0, tzinfo=NEW_YORK),
        ends_at=datetime(2026, 11, 13, 0, 0, tzinfo=NEW_YORK),
    )

    seen = text(desk.post(url("group-new"), typed))
    planned = seen.split('name="planned" value="')[1].split('"')[0]
    starts = [part.split('"')[0] for part in seen.split('name="starts" value="')[1:]]
    response = desk.post(
        url("group-new"), {**typed, "planned": planned, "starts": starts}, follow=True
    )

    assert "Left out: you are away" in seen
    assert not Cohort.objects.filter(title="Quiet evenings").exclude(state="open").exists()
    assert "Published. People can ask for a seat now." in text(response)
    cohort = Cohort.objects.get(title="Quiet evenings")
    assert cohort.slug == "quiet-evenings"
    assert cohort.appointments.filter(state="booked").count() == 2


def test_dates_that_were_changed_are_seen_again_before_anything_is_published(
    desk: Client, office: Office
) -> None:
    typed = composed(office)
    planned = text(desk.post(url("group-new"), typed)).split('name="planned" value="')[1]

    response = desk.post(
        url("group-new"),
        {**typed, "first_time": "15:00", "planned": planned.split('"')[0]},
    )

    assert "Thu 5 Nov, 15:00" in text(response)
    assert not Cohort.objects.filter(title="Quiet evenings").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "This field is required."),
        ({"minimum": "9"}, "That is more than it has seats."),
        ({"first_date": "2026-02-31"}, "Enter a valid date."),
        ({"first_date": "9999-12-31"}, "Please choose a date that is not so far away."),
        ({"service": "none"}, "Select a valid choice."),
    ],
)
def test_what_a_group_cannot_be_is_said_beside_its_field(
    desk: Client, office: Office, changes: dict[str, str], said: str
) -> None:
    response = desk.post(url("group-new"), composed(office, **changes))

    assert response.status_code == 400
    assert said in text(response)
    assert "Five evenings." in text(response)


def test_two_groups_of_one_name_have_different_addresses(desk: Client, office: Office) -> None:
    factories.published(office, slug="quiet-evenings", starts=free_mornings(3))
    typed = composed(office, first_date="2026-12-10", decide_date="2026-12-01")

    seen = text(desk.post(url("group-new"), typed))
    planned = seen.split('name="planned" value="')[1].split('"')[0]
    starts = [part.split('"')[0] for part in seen.split('name="starts" value="')[1:]]
    desk.post(url("group-new"), {**typed, "planned": planned, "starts": starts})

    assert Cohort.objects.get(title="Quiet evenings").slug == "quiet-evenings-2"


def test_a_place_is_given_after_the_call(desk: Client, office: Office, now: datetime) -> None:
    cohort = factories.published(office)
    call = factories.booked(office, "group", cohort=cohort.slug, seat_name="Bo")
    seat = Seat.objects.get(cohort=cohort)

    early = desk.post(url("give-seat", cohort.pk, seat.pk))
    later = call.ends_at + timedelta(hours=1)
    sweep(now=later)
    with time_machine.travel(later, tick=False):
        sign_in(desk, office)
        waiting = text(desk.get(url("waiting")))
        counts = counted(office)
        page = text(desk.get(url("group", cohort.pk)))
        response = desk.post(url("give-seat", cohort.pk, seat.pk), follow=True)

    assert early.status_code == 409
    assert "They have not had their call yet" in text(early)
    assert "A place in a group?" in waiting
    assert counts == (1, 1)
    assert "in the group: Bo" in page
    assert "Alex has a place, and hears of it now." in text(response)
    assert "Alex got a place." in text(response)
    assert Seat.objects.get().state == "given"


def test_somebody_is_refused_kindly_from_the_request(desk: Client, office: Office) -> None:
    cohort = factories.published(office)
    request = factories.ready(office, "group", cohort=cohort.slug, seat_name="Bo")
    seat = factories.seat_of(request)

    page = text(desk.get(url("request", request.pk)))
    response = desk.post(url("refuse-seat", cohort.pk, seat.pk), follow=True)

    assert "The group will know them as Bo." in page
    assert "gets a kind no." in text(response)
    assert Seat.objects.get().state == "refused"


def test_a_group_is_edited_but_never_below_the_seats_taken(desk: Client, office: Office) -> None:
    cohort = factories.published(office)
    for n in range(2):
        factories.member(office, cohort, name=f"P{n}")
    typed = {
        "title": "Another name",
        "description": "",
        "seats": "6",
        "minimum": "1",
        "decide_date": "2026-10-22",
        "state": "closed",
    }

    too_few = desk.post(url("group-edit", cohort.pk), {**typed, "seats": "1"})
    response = desk.post(url("group-edit", cohort.pk), typed, follow=True)

    assert too_few.status_code == 400
    assert "2 seats are taken: there cannot be fewer." in text(too_few)
    assert "Not taking requests" in text(response)
    assert Cohort.objects.get().title == "Another name"


def test_one_more_date_is_for_everybody_with_a_place(desk: Client, office: Office) -> None:
    cohort = factories.published(office)
    factories.member(office, cohort)

    asked = text(desk.get(url("group-session", cohort.pk)))
    response = desk.post(
        url("group-session", cohort.pk), {"times": ["2026-11-24T20:00:00+00:00"]}, follow=True
    )

    assert "Chicago time" in asked
    assert "Added: Tue 24 Nov, 15:00." in text(response)
    session = cohort.appointments.order_by("-starts_at")[0]
    assert session.attendances.count() == 1


def test_calling_a_group_off_cancels_every_date(desk: Client, office: Office) -> None:
    cohort = factories.published(office)

    response = desk.post(url("call-off", cohort.pk), follow=True)

    assert "Called off: 4 dates are cancelled." in text(response)
    assert "Call the group off" not in text(response)
    assert not cohort.appointments.filter(state="booked").exists()


def test_a_group_below_its_minimum_asks_for_a_decision(
    desk: Client, office: Office, now: datetime
) -> None:
    cohort = factories.published(office, minimum=3)
    factories.member(office, cohort)
    before = text(desk.get(url("group", cohort.pk)))
    later = datetime(2026, 10, 22, 16, 0, tzinfo=NEW_YORK)
    sweep(now=later)

    with time_machine.travel(later, tick=False):
        sign_in(desk, office)
        waiting = text(desk.get(url("waiting")))
        page = text(desk.get(url("group", cohort.pk)))
        listed = text(desk.get(url("groups")))
        counts = counted(office)

    assert "2 more are needed to reach 3" in before
    assert "You decide by Thursday 22 October." in before
    assert "Too few have a place" in waiting
    assert "1 of at least 3" in waiting
    assert counts == (1, 1)
    assert "The date to decide was Thursday 22 October." in page
    assert "It needs 3: please decide." in listed


def test_a_session_of_a_group_is_called_by_its_title_everywhere(
    desk: Client, office: Office
) -> None:
    cohort = factories.published(office)
    factories.member(office, cohort)
    session = cohort.appointments.order_by("starts_at")[0]

    pages = [
        text(desk.get(url("calendar"), {"week": "2026-W44"})),
        text(desk.get(url("agenda"))),
        text(desk.get(url("appointment", session.pk))),
        text(desk.get(url("move", session.pk))),
    ]

    assert ["Talking about desire" in page for page in pages] == [True] * 4
    assert "1 person comes." in pages[2]
    assert "Offer three new times" not in pages[2]


def test_the_group_of_another_practitioner_is_not_there(desk: Client, office: Office) -> None:
    cohort = factories.published(office)
    seat = factories.seat_of(factories.ready(office, "group", cohort=cohort.slug, seat_name="Bo"))
    other = factories.make_practitioner(slug="robin")
    assert other.user is not None
    desk.force_login(other.user)

    answers_ = [
        desk.get(url("group", cohort.pk)),
        desk.get(url("group-edit", cohort.pk)),
        desk.get(url("group-session", cohort.pk)),
        desk.post(url("call-off", cohort.pk)),
        desk.post(url("give-seat", cohort.pk, seat.pk)),
        desk.post(url("refuse-seat", cohort.pk, seat.pk)),
    ]

    assert [a.status_code for a in answers_] == [404] * len(answers_)
    assert "Talking about desire" not in text(desk.get(url("groups")))
    assert Cohort.objects.get().state == "open"


def test_a_new_group_opens_with_what_is_usual_and_with_its_dates(
    desk: Client, office: Office
) -> None:
    factories.published(office)  # it brings the service for sessions along
    call = office.services["group-call"]
    Service.objects.filter(pk=call.pk).update(is_call=True)

    response = desk.get(url("group-new"))

    form = response.context["form"]
    assert form["service"].value() == str(Service.objects.get(slug="group-90").pk)
    assert form["call_service"].value() == str(call.pk)
    # Three weeks from now, the first time that is free; decided a week before.
    assert form["first_date"].value() == "2026-11-02"
    assert form["decide_date"].value() == "2026-10-26"
    assert len(response.context["sessions"]) == 6
    assert "These are its dates" in text(response)
    assert "Session: Group 90 (90 min)" in text(response)
    assert "Call: Group Call (30 min)" in text(response)


def test_what_a_new_group_opens_with_can_be_published_as_it_is(
    desk: Client, office: Office
) -> None:
    factories.published(office)
    Service.objects.filter(slug="group-call").update(is_call=True)
    opened = desk.get(url("group-new"))
    typed = {f.name: f.value() for f in opened.context["form"] if f.value() is not None}
    starts = [s["value"] for s in opened.context["sessions"] if not s["reason"]]

    response = desk.post(
        url("group-new"),
        {**typed, "title": "Mornings", "planned": opened.context["planned"], "starts": starts},
        follow=True,
    )

    assert "Published. People can ask for a seat now." in text(response)
    group = Cohort.objects.get(title="Mornings")
    assert group.appointments.filter(state="booked").count() == len(starts)


def test_without_a_session_for_groups_the_form_opens_without_dates(
    desk: Client, office: Office
) -> None:
    Service.objects.filter(relationship_type="group").update(is_call=True)

    response = desk.get(url("group-new"))

    assert response.status_code == 200
    assert response.context["sessions"] == []
