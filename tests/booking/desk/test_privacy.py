"""Privacy mode: somebody may be looking at the screen, so no page of the desk says a name."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from booking.domain.codes import person_code, record_code
from booking.models import Appointment, Participant, Request, Series
from booking.operations import answers, availability, decisions, series
from booking.queries import series as series_queries
from tests.booking import factories as make
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db(transaction=True)

#: Nobody's name is in any other word of a page.
SOMEBODY, PARTNER, IN_GROUP = "Xanthippe", "Zebulon", "Quillon"


def named(request: Request) -> Request:
    """Everybody in it gets a name, an address and a number that can be found on any page."""
    for position, person in enumerate(Participant.objects.filter(request=request)):
        person.chosen_name = person.label = SOMEBODY if position == 0 else PARTNER
        person.email, person.phone = f"xanthippe{position}@far.test", "+1 555 0142"
        person.save()
    return request


def hide(desk: Client, choice: str = "yes") -> None:
    desk.post(reverse("desk-privacy"), {"hide": choice, "back": reverse("desk:waiting")})


def pages(office: Office) -> list[str]:
    """Every page of the desk that shows people, with somebody on each of them."""
    cohort = make.published(office)
    member = named(make.member(office, cohort, name=IN_GROUP).request)
    waiting = named(make.ready(office, "couple", now=make.NOW))
    alone, repeated = make.booked(office), make.booked(office)
    for appointment in (alone, repeated):
        assert appointment.request is not None
        named(appointment.request)
    found = started(office, repeated)
    in_line = named(make.waiting(office))
    proposed = named(make.ready(office, now=make.NOW))
    suggest(office, proposed)
    session = cohort.appointments.order_by("starts_at")[0]
    shown = [waiting, alone.request, member, in_line, proposed]
    return [
        reverse("desk:waiting"),
        *(reverse("desk:request", args=[r.pk]) for r in shown if r is not None),
        reverse("desk:propose", args=[waiting.pk]),
        reverse("desk:appointment", args=[alone.pk]),
        reverse("desk:appointment", args=[session.pk]),
        reverse("desk:move", args=[alone.pk]),
        reverse("desk:repeat", args=[alone.pk]),
        reverse("desk:series", args=[found.pk]),
        reverse("desk:renew", args=[found.pk]),
        f"{reverse('desk:calendar')}?week={alone.starts_at:%G-W%V}",
        reverse("desk:agenda"),
        f"{reverse('desk:ill')}?day={alone.starts_at:%Y-%m-%d}",
        reverse("desk:group", args=[cohort.pk]),
        reverse("desk:waitlist"),
        reverse("desk:hours"),
    ]


def started(office: Office, first: Appointment) -> Series:
    planned = series_queries.preview(first, every_weeks=1, count=4, now=make.NOW)
    return series.start_series(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=1,
        starts=[p.starts_at for p in planned if p.is_open],
        now=make.NOW,
    )


def suggest(office: Office, request: Request) -> None:
    """They answer a proposal with a time of their own."""
    open_starts = make.open_starts(office, request.service)
    decisions.propose(
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        starts=open_starts[10:11],
        now=make.NOW,
    )
    [offered] = Appointment.objects.filter(request=request, state="held")
    answers.answer_times(
        participant_id=make.requester_of(request).pk,
        answers={offered.pk: False},
        suggestions=open_starts[14:15],
        now=make.NOW,
    )


def outside_the_hours(office: Office) -> None:
    """Nothing that is booked fits any more: the page about hours lists all of it."""
    availability.set_week(practitioner_id=office.practitioner.pk, spans=[], now=make.NOW)


PRIVATE = re.compile(rf"(?i){SOMEBODY}|{PARTNER}|{IN_GROUP}|555 0142|far\.test")


def test_no_page_of_the_desk_says_a_name_an_address_or_a_number(
    desk: Client, office: Office
) -> None:
    shown = pages(office)
    outside_the_hours(office)
    open_pages = {page: desk.get(page) for page in shown}
    hide(desk)

    hidden_pages = {page: desk.get(page) for page in shown}

    # The control: with names shown each of these pages has something to hide.
    assert [p for p, page in open_pages.items() if not PRIVATE.search(words(page))] == []
    assert [p for p, page in hidden_pages.items() if PRIVATE.search(words(page))] == []


def test_in_privacy_mode_people_go_by_the_code_of_their_request(
    desk: Client, office: Office
) -> None:
    request = named(make.ready(office, "couple", now=make.NOW))
    hide(desk)

    listed = words(desk.get(reverse("desk:waiting")))
    page = words(desk.get(reverse("desk:request", args=[request.pk])))

    assert record_code(request.pk) in listed
    assert [person_code(request.pk, n) in page for n in range(2)] == [True, True]


def test_privacy_mode_is_switched_on_every_page_and_goes_with_the_browser(
    desk: Client, office: Office
) -> None:
    named(make.ready(office, now=make.NOW))
    hide(desk)
    hidden = words(desk.get(reverse("desk:waiting")))
    assert office.practitioner.user is not None
    other_browser = Client()
    other_browser.force_login(office.practitioner.user)

    hide(desk, "no")

    assert "Show names" in hidden
    assert SOMEBODY in words(other_browser.get(reverse("desk:waiting")))
    assert SOMEBODY in words(desk.get(reverse("desk:waiting")))
    assert "Hide names" in words(desk.get(reverse("desk:waiting")))


def test_the_agenda_calls_members_by_the_name_they_chose_for_the_group(
    desk: Client, office: Office
) -> None:
    cohort = make.published(office)
    named(make.member(office, cohort, name=IN_GROUP).request)

    agenda = words(desk.get(reverse("desk:agenda")))

    assert IN_GROUP in agenda
    assert SOMEBODY not in agenda


def words(response: Any) -> str:
    """What a page says, without its head."""
    body: str = response.content.decode().partition("<main")[2]
    aside: str = response.content.decode().partition("<main")[0].partition("<body")[2]
    return aside + body
