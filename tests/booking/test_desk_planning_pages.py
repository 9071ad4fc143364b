"""The desk's pages for a time for everybody, series, groups, the waitlist and late wishes."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booking.models import Appointment, Cohort, Decision, LateWish, Request, Seat, Series
from booking.operations import answers, appointments, decisions, late, series
from booking.operations.sweep import sweep
from booking.queries.desk.waiting import board, waiting_count
from practice.models import Change, TimeOff
from tests.booking import factories
from tests.booking.factories import NEW_YORK, Office
from tests.booking.test_desk_pages import sign_in, text, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> Iterator[datetime]:
    """A quiet Monday morning in New York, on this process's clock."""
    with time_machine.travel(factories.NOW, tick=False):
        yield factories.NOW


@pytest.fixture
def office(now: datetime) -> Office:
    return factories.make_office()


@pytest.fixture
def desk(client: Client, office: Office) -> Client:
    """A browser in which the practitioner has signed in."""
    sign_in(client, office)
    return client


def counted(office: Office) -> tuple[int, int]:
    """What the board counts and what stands beside *Waiting*: always the same."""
    shown = board(office.practitioner.pk, now=timezone.now()).decisions
    return shown, waiting_count(office.practitioner.pk, now=timezone.now())


# --- A time for everybody -------------------------------------------------------------------------


def test_until_all_have_answered_the_practitioner_sees_nothing(
    desk: Client, office: Office
) -> None:
    request = factories.finding(office)
    alex, _sam = factories.people_of(request)
    starts = factories.open_starts(office, office.service("couple"))
    factories.mark(alex, can=starts[3:6])

    page = text(desk.get(url("request", request.pk)))
    waiting = text(desk.get(url("waiting")))

    assert "They are finding a time together" in page
    assert 'name="start"' not in page
    assert 'id="gathering"' in waiting
    assert counted(office) == (0, 0)


def test_a_time_that_suits_everybody_is_confirmed_with_the_batch(
    desk: Client, office: Office
) -> None:
    request = factories.finding(office)
    alex, sam = factories.people_of(request)
    starts = factories.open_starts(office, office.service("couple"))
    factories.mark(alex, can=starts[6:9])
    factories.mark(sam, can=starts[7:8], could=starts[8:12])

    page = text(desk.get(url("request", request.pk)))
    waiting = text(desk.get(url("waiting")))
    response = desk.post(url("confirm", request.pk), {"start": starts[8].isoformat()}, follow=True)

    assert "2 times suit everybody" in page
    assert page.index(f'value="{starts[7].isoformat()}" checked') < page.index(
        f'value="{starts[8].isoformat()}"'
    )
    assert "1 can, 1 could" in page
    assert "Everyone has marked what suits them." in waiting
    assert "can be undone until then" in text(response)
    assert Decision.objects.get().kind == "confirm"
    factories.let_decision_leave(request)
    assert Appointment.objects.get(request=request, state="booked").starts_at == starts[8]


def test_where_nothing_suits_the_nearest_are_shown_and_everyone_can_be_asked_again(
    desk: Client, office: Office
) -> None:
    request = factories.finding(office)
    alex, sam = factories.people_of(request)
    starts = factories.open_starts(office, office.service("couple"))
    factories.mark(alex, can=starts[6:8])
    factories.mark(sam, can=starts[8:9])

    page = text(desk.get(url("request", request.pk)))
    proposing = text(desk.get(url("propose", request.pk), {"times": starts[6].isoformat()}))
    response = desk.post(url("ask-again", request.pk), follow=True)

    assert "No time suits everybody" in page
    assert "1 can, 1 can&#x27;t" in page or "1 can, 1 can't" in page
    assert f'value="{starts[6].isoformat()}" checked' in proposing
    assert "Ask everyone for more times" in text(response)
    factories.let_decision_leave(request)
    assert Request.objects.get(pk=request.pk).state == "gathering"
    assert "Everyone was asked about later days." in text(desk.get(url("request", request.pk)))


# --- Suggestions ----------------------------------------------------------------------------------


def suggested(office: Office, kind: str = "individual") -> tuple[Request, datetime]:
    """A proposal that suits nobody; the last person to answer suggests another time."""
    request = factories.ready(office, kind)
    starts = factories.open_starts(office, office.service(kind))
    decisions.propose(
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        starts=starts[6:7],
        now=factories.NOW,
    )
    if kind != "individual":
        factories.let_decision_leave(request)
    offered = Appointment.objects.get(request=request, state="held")
    people = factories.people_of(request)
    for person in people:
        answers.answer_times(
            participant_id=person.pk,
            answers={offered.pk: False},
            suggestions=starts[10:11] if person == people[-1] else (),
            now=factories.NOW,
        )
    return Request.objects.get(pk=request.pk), starts[10]


def test_what_one_person_suggests_is_confirmed_directly(desk: Client, office: Office) -> None:
    request, start = suggested(office)
    held = Appointment.objects.get(request=request, state="held")

    waiting = text(desk.get(url("waiting")))
    page = text(desk.get(url("request", request.pk)))
    counts = counted(office)
    response = desk.post(url("confirm", request.pk), {"time": str(held.pk)}, follow=True)

    assert 'id="suggested"' in waiting
    assert counts == (1, 1)
    assert "Times they suggest" in page
    assert f'value="{held.pk}" checked' in page
    assert "Before you can confirm" not in page
    assert "Confirmed." in text(response)
    assert Appointment.objects.get(request=request, state="booked").starts_at == start


def test_what_one_of_several_suggests_is_proposed_to_all(desk: Client, office: Office) -> None:
    request, start = suggested(office, "couple")

    page = text(desk.get(url("request", request.pk)))
    response = desk.post(url("propose", request.pk), {"times": [start.isoformat()]}, follow=True)

    assert "Propose these" in page
    assert "Sam" in page
    assert "can be undone until then" in text(response)
    assert Decision.objects.filter(kind="propose", done_at__isnull=True).count() == 1


# --- Series ---------------------------------------------------------------------------------------


def first_of_series(office: Office) -> Appointment:
    """Monday a week from now, 15:00 in New York."""
    start = datetime(2026, 10, 19, 15, 0, tzinfo=NEW_YORK)
    return factories.booked(office, times=[start])


def started(office: Office, *, dates: int = 4) -> Series:
    first = first_of_series(office)
    return series.start_series(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=1,
        starts=[(first.starts_at.astimezone(NEW_YORK) + timedelta(weeks=n)) for n in range(dates)],
        now=factories.NOW,
    )


def turns(page: str) -> list[str]:
    """The names of the fields of the dates, in order."""
    return ["turn-" + part.split('"')[0] for part in page.split('<select name="turn-')[1:]]


def test_a_series_is_seen_with_its_conflicts_and_then_booked(desk: Client, office: Office) -> None:
    first = first_of_series(office)
    TimeOff.objects.create(
        practitioner=office.practitioner,
        starts_at=datetime(2026, 11, 2, 0, 0, tzinfo=NEW_YORK),
        ends_at=datetime(2026, 11, 3, 0, 0, tzinfo=NEW_YORK),
    )

    page = text(desk.get(url("repeat", first.pk), {"every_weeks": 1, "count": 4}))
    names = turns(page)
    chosen = {
        names[0]: "2026-10-26T19:00:00+00:00",
        names[1]: "2026-11-03T20:00:00+00:00",  # a replacement
        names[2]: "",
    }
    response = desk.post(
        url("repeat", first.pk), {"every_weeks": 1, "count": 4, **chosen}, follow=True
    )

    assert "1 date is not free at the usual time" in page
    assert "you are away" in page
    assert "Instead: Tue 3 Nov, 15:00" in page
    assert "Booked: 3 dates." in text(response)
    assert "Session 1 of 3 in a series." in text(response)
    booked = Appointment.objects.filter(series__isnull=False).order_by("starts_at")
    assert [a.starts_at.astimezone(NEW_YORK).strftime("%d.%m. %H:%M") for a in booked] == [
        "19.10. 15:00",
        "26.10. 15:00",
        "03.11. 15:00",
    ]


def test_a_date_taken_meanwhile_books_nothing_and_says_so(desk: Client, office: Office) -> None:
    first = first_of_series(office)
    names = turns(text(desk.get(url("repeat", first.pk), {"every_weeks": 1, "count": 4})))
    factories.booked(office, times=[datetime(2026, 11, 2, 15, 0, tzinfo=NEW_YORK)])

    response = desk.post(
        url("repeat", first.pk),
        {
            "every_weeks": 1,
            "count": 4,
            names[0]: "2026-10-26T19:00:00+00:00",
            names[1]: "2026-11-02T20:00:00+00:00",
        },
    )

    assert response.status_code == 409
    assert "That time is not free" in text(response)
    assert "taken by something else" in text(response)
    assert not Series.objects.exists()


@pytest.mark.parametrize("typed", [{"every_weeks": "9", "count": "4"}, {"every_weeks": "x"}])
def test_a_rhythm_that_is_not_offered_is_refused_beside_its_field(
    desk: Client, office: Office, typed: dict[str, str]
) -> None:
    response = desk.get(url("repeat", first_of_series(office).pk), typed)

    assert response.status_code == 400
    assert "Select a valid choice." in text(response)


def test_the_request_leads_to_its_series(desk: Client, office: Office) -> None:
    own = started(office)

    page = text(desk.get(url("request", own.request_id)))

    assert url("series", own.pk) in page
    assert "4 dates to come" in page
    assert page.count("/desk/appointments/") == 0


def test_one_date_is_skipped_and_the_others_stand(desk: Client, office: Office) -> None:
    own = started(office)
    second = Appointment.objects.filter(series=own).order_by("starts_at")[1]

    before = text(desk.get(url("series", own.pk)))
    response = desk.post(url("skip", own.pk, second.pk), follow=True)

    assert "4 dates to come" in before
    assert "Left out." in text(response)
    states = Appointment.objects.filter(series=own).order_by("starts_at")
    assert [a.state for a in states] == ["booked", "cancelled", "booked", "booked"]


def test_a_pause_cancels_what_lies_in_its_days(desk: Client, office: Office) -> None:
    own = started(office)

    response = desk.post(
        url("pause", own.pk), {"first": "2026-10-26", "last": "2026-11-02"}, follow=True
    )
    wrong = desk.post(url("pause", own.pk), {"first": "2026-11-26", "last": "2026-11-02"})

    assert "2 dates are cancelled." in text(response)
    assert "You paused it: 2 dates were cancelled." in text(response)
    assert wrong.status_code == 400
    assert "The last day cannot come before the first." in text(wrong)
    states = Appointment.objects.filter(series=own).order_by("starts_at")
    assert [a.state for a in states] == ["booked", "cancelled", "cancelled", "booked"]


def test_this_and_all_later_dates_move_together(desk: Client, office: Office) -> None:
    own = started(office)
    second = Appointment.objects.filter(series=own).order_by("starts_at")[1]

    asked = text(desk.get(url("move-following", second.pk)))
    response = desk.post(
        url("move-following", second.pk),
        {"times": ["2026-10-27T14:00:00+00:00"]},
        follow=True,
    )

    assert "Move this and all later dates" in asked
    assert "3 dates moved." in text(response)
    booked = Appointment.objects.filter(series=own).order_by("starts_at")
    assert [a.starts_at.astimezone(NEW_YORK).strftime("%a %H:%M") for a in booked] == [
        "Mon 15:00",
        "Tue 10:00",
        "Tue 10:00",
        "Tue 10:00",
    ]


def test_more_dates_are_added(desk: Client, office: Office) -> None:
    own = started(office)

    page = text(desk.get(url("renew", own.pk), {"count": 2}))
    names = turns(page)
    response = desk.post(
        url("renew", own.pk),
        {
            "count": 2,
            names[0]: "2026-11-16T20:00:00+00:00",
            names[1]: "2026-11-23T20:00:00+00:00",
        },
        follow=True,
    )

    assert "2 more dates are booked." in text(response)
    assert Appointment.objects.filter(series=own, state="booked").count() == 6


def test_the_series_of_another_practitioner_is_not_there(desk: Client, office: Office) -> None:
    own = started(office)
    one = Appointment.objects.filter(series=own)[0]
    other = factories.make_practitioner(slug="robin")
    assert other.user is not None
    desk.force_login(other.user)

    answers_ = [
        desk.get(url("series", own.pk)),
        desk.get(url("renew", own.pk)),
        desk.post(url("pause", own.pk), {"first": "2026-10-26", "last": "2026-11-02"}),
        desk.post(url("skip", own.pk, one.pk)),
        desk.get(url("repeat", one.pk)),
        desk.get(url("move-following", one.pk)),
        desk.get(url("series", uuid4())),
    ]

    assert [a.status_code for a in answers_] == [404] * len(answers_)
    assert Appointment.objects.filter(series=own, state="booked").count() == 4


# --- Groups ---------------------------------------------------------------------------------------


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


# --- The waitlist ---------------------------------------------------------------------------------


def test_the_waitlist_stands_in_the_order_of_its_turns(desk: Client, office: Office) -> None:
    first = factories.waiting(office)
    unfinished = factories.verified(office, times=[], wait=True)
    second = factories.waiting(office, now=factories.NOW + timedelta(minutes=1))

    page = text(desk.get(url("waitlist")))
    waiting = text(desk.get(url("waiting")))

    places = [page.index(url("request", r.pk)) for r in (first, second, unfinished)]
    assert places == sorted(places)
    assert "Alex has not finished" in page
    assert 'id="waitlist"' in waiting
    assert counted(office) == (0, 0)


def test_a_cancelled_time_is_offered_to_the_waitlist(desk: Client, office: Office) -> None:
    appointment = factories.booked(office)
    request = factories.waiting(office)

    desk.post(url("cancel", appointment.pk), {"to_waitlist": "on"})
    pages = [text(desk.get(url("waitlist"))), text(desk.get(url("request", request.pk)))]

    held = Appointment.objects.get(request=request, state="held")
    assert held.starts_at == appointment.starts_at
    assert "Offered" in pages[0]
    assert "A time opened up for them" in pages[1]


def test_a_time_that_waits_for_the_morning_is_not_shown_as_theirs_yet(
    desk: Client, office: Office
) -> None:
    request = factories.waiting(office)
    night = datetime(2026, 10, 12, 23, 30, tzinfo=NEW_YORK)
    appointment = factories.booked(office)

    with time_machine.travel(night, tick=False):
        sign_in(desk, office)
        desk.post(url("cancel", appointment.pk), {"to_waitlist": "on"})
        page = text(desk.get(url("request", request.pk)))
        waiting = text(desk.get(url("waitlist")))
        counts = counted(office)

    assert "in their daytime" in page
    assert "held for them; they are told" in waiting
    assert counts == (0, 0)


def test_without_the_tick_nobody_on_the_waitlist_gets_the_time(
    desk: Client, office: Office
) -> None:
    appointment = factories.booked(office)
    request = factories.waiting(office)

    desk.post(url("cancel", appointment.pk))

    assert not Appointment.objects.filter(request=request, state="held").exists()
    assert "Nobody waits" not in text(desk.get(url("waitlist")))


# --- Late wishes, running late --------------------------------------------------------------------


def wished(office: Office) -> tuple[Appointment, LateWish, datetime]:
    """An hour before their session somebody asks for a change."""
    appointment = factories.booked(office)
    person = appointment.attendances.get().participant
    at = appointment.starts_at - timedelta(hours=1)
    wish = late.ask_late(
        participant_id=person.pk,
        appointment_id=appointment.pk,
        words="My train does not run.",
        now=at,
    )
    return appointment, wish, at


def test_a_late_wish_is_read_and_answered(desk: Client, office: Office) -> None:
    appointment, wish, at = wished(office)

    with time_machine.travel(at, tick=False):
        sign_in(desk, office)
        waiting = text(desk.get(url("waiting")))
        counts = counted(office)
        page = text(desk.get(url("appointment", appointment.pk)))
        response = desk.post(url("keep", appointment.pk, wish.pk), follow=True)
        again = desk.post(url("keep", appointment.pk, wish.pk))

    assert "Asked too late to change it themselves" in waiting
    assert "My train" not in waiting
    assert counts == (1, 1)
    assert "Alex asks to change it" in page
    assert "My train does not run." in page
    assert Change.objects.filter(kind="late_wish_read").exists()
    assert "It stays as it is." in text(response)
    assert again.status_code == 409
    assert LateWish.objects.get().outcome == "kept"


def test_moving_it_settles_the_wish(desk: Client, office: Office) -> None:
    appointment, _wish, at = wished(office)
    start = factories.open_starts(office, office.service("individual"))[20]

    with time_machine.travel(at, tick=False):
        sign_in(desk, office)
        desk.post(url("move", appointment.pk), {"times": [start.isoformat()]})

    assert LateWish.objects.get().outcome == "changed"


@pytest.mark.parametrize(("minutes", "said"), [("10", True), ("500", False), ("x", False)])
def test_everyone_is_told_that_the_practitioner_runs_late(
    desk: Client, office: Office, minutes: str, said: bool
) -> None:
    appointment = factories.booked(office)
    early = text(desk.get(url("appointment", appointment.pk)))

    with time_machine.travel(appointment.starts_at - timedelta(minutes=20), tick=False):
        sign_in(desk, office)
        page = text(desk.get(url("appointment", appointment.pk)))
        response = desk.post(url("running-late", appointment.pk), {"minutes": minutes}, follow=True)

    assert "Running late?" not in early
    assert "10 min late" in page
    assert (response.status_code == 200) is said
    assert Change.objects.filter(kind="running_late").exists() is said


# --- What all of them have in common --------------------------------------------------------------


def test_a_move_shows_the_clock_of_everyone_who_comes(desk: Client, office: Office) -> None:
    appointment = factories.booked(office, "couple")
    _alex, sam = factories.people_of(appointment.request)  # type: ignore[arg-type]
    type(sam).objects.filter(pk=sam.pk).update(time_zone="Europe/London")

    page = text(desk.get(url("move", appointment.pk)))

    assert "Chicago time (GMT-5), London time (GMT+1)" in page
    assert page.count("There: ") == 2


def free_mornings(count: int) -> list[datetime]:
    """Working days at nine, from December on."""
    days = [datetime(2026, 12, 1, 9, 0, tzinfo=NEW_YORK) + timedelta(days=n) for n in range(count)]
    return [day for day in days if day.weekday() < 5]


def test_a_move_begins_with_the_week_of_the_appointment(desk: Client, office: Office) -> None:
    own = started(office)
    last = Appointment.objects.filter(series=own).order_by("-starts_at")[0]

    page = text(desk.get(url("move", last.pk)))

    assert "Mon 9 Nov" in page
    assert "Mon 12 Oct" not in page.split('id="times"')[1]


@pytest.mark.parametrize("name", ["groups", "waitlist", "group", "waiting", "agenda"])
def test_a_list_costs_as_many_queries_for_thirty_as_for_one(
    desk: Client, office: Office, name: str
) -> None:
    cohort = factories.published(office, seats=20)

    dates = iter(free_mornings(100))

    def fill(count: int) -> None:
        for n in range(count):
            if name == "groups":
                factories.published(office, starts=[next(dates)])
            elif name == "waitlist":
                factories.waiting(office)
            elif n < count // 2:
                factories.member(office, cohort, name=f"P{n}", times=[], wait=True)
            else:
                factories.ready(
                    office, "group", cohort=cohort.slug, seat_name=f"P{n}", times=[], wait=True
                )

    def queries() -> int:
        args: list[UUID] = [cohort.pk] if name == "group" else []
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(url(name, *args)).status_code == 200
        return len(captured)

    fill(2)
    few = queries()
    fill(28)
    many = queries()

    assert many == few


def test_the_board_and_the_number_beside_it_agree_whatever_waits(
    desk: Client, office: Office, now: datetime
) -> None:
    makers: list[Callable[[], Any]] = [
        lambda: factories.ready(office),
        lambda: factories.ready(office, "couple"),
        lambda: factories.verified(office),
        lambda: factories.verified(office, times=[], wait=True),
        lambda: factories.waiting(office),
        lambda: factories.waiting(office, "couple"),
        lambda: factories.finding(office),
        lambda: suggested(office),
        lambda: suggested(office, "couple"),
    ]
    for make in makers:
        make()
        shown, beside = counted(office)
        assert shown == beside
    assert desk.get(url("waiting")).status_code == 200


def test_a_cancelled_turn_offers_no_new_times(desk: Client, office: Office) -> None:
    own = started(office)
    first = Appointment.objects.filter(series=own).order_by("starts_at")[0]

    page = text(desk.get(url("appointment", first.pk)))
    desk.post(url("cancel", first.pk), {"new_times": "on"})

    assert "The other dates of the series stand." in page
    assert "Offer three new times" not in page
    assert not Appointment.objects.filter(request=own.request, state="held").exists()


def test_a_cancelled_appointment_is_not_repeated(desk: Client, office: Office) -> None:
    appointment = factories.booked(office)
    appointments.cancel_by_practitioner(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        offer_new_times=False,
        now=factories.NOW,
    )

    response = desk.get(url("repeat", appointment.pk))

    assert response.status_code == 302
