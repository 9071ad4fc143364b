"""The practitioner's desk, through HTTP on a real database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from booking.domain.gate import Unmet
from booking.models import Appointment, Decision, Participant, Request
from booking.operations import appointments, decisions, participants, sweep
from booking.queries.desk.waiting import waiting_count
from booking.views.desk import grid, words
from practice.domain.wall import instant
from practice.models import Change, TimeOff
from practice.receivers import SESSION_KEY
from tests.booking import factories
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db

NEW_YORK = ZoneInfo("America/New_York")


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


def sign_in(client: Client, office: Office) -> None:
    """Sign in, also after a jump in time that outlasts a session."""
    assert office.practitioner.user is not None
    client.force_login(office.practitioner.user)


def text(response: Any) -> str:
    """The page without line breaks, as a reader finds its sentences."""
    assert isinstance(response, HttpResponse)
    return " ".join(response.content.decode().split())


def url(name: str, *args: Any) -> str:
    return reverse(f"desk:{name}", args=args)


# --- Who may come in ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["waiting", "calendar", "agenda", "ill", "book"])
def test_a_page_of_the_desk_asks_a_stranger_to_sign_in(
    client: Client, office: Office, name: str
) -> None:
    response = client.get(url(name))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_a_quarter_of_an_hour_of_quiet_ends_the_session(client: Client, office: Office) -> None:
    with time_machine.travel(factories.NOW, tick=False) as clock:
        sign_in(client, office)
        for _ in range(3):  # reading goes on for longer than that
            clock.shift(14 * 60)
            assert client.get(url("agenda")).status_code == 200
        clock.shift(15 * 60 + 1)

        away = client.get(url("calendar") + "?week=2026-W42")
        page = text(client.get(away["Location"]))

    assert away.status_code == 302
    assert away["Location"] == (
        reverse("account_login") + "?next=/desk/calendar/%3Fweek%3D2026-W42"
    )
    assert "nothing happened here for 15 minutes" in page
    assert SESSION_KEY not in client.session


def test_half_a_day_ends_the_session_however_busy(client: Client, office: Office) -> None:
    with time_machine.travel(factories.NOW, tick=False) as clock:
        sign_in(client, office)
        answers = []
        for _ in range(12 * 6 + 1):
            clock.shift(10 * 60)
            answers.append(client.get(url("ill")).status_code)

    assert answers == [200] * (12 * 6) + [302]


def test_what_is_sent_after_the_end_changes_nothing_and_says_so(
    client: Client, office: Office
) -> None:
    request = factories.ready(office)
    with time_machine.travel(factories.NOW, tick=False) as clock:
        sign_in(client, office)
        clock.shift(16 * 60)

        away = client.post(
            url("confirm", request.pk),
            headers={"referer": f"http://testserver{url('request', request.pk)}"},
        )
        foreign = Client()
        sign_in(foreign, office)
        clock.shift(16 * 60)
        elsewhere = foreign.post(
            url("confirm", request.pk), headers={"referer": "https://evil.test/desk/x"}
        )
        page = text(client.get(away["Location"]))

    assert away["Location"].endswith(f"?next={url('request', request.pk)}")
    assert elsewhere["Location"].endswith("?next=/desk/")
    assert "What you just sent was not taken" in page
    assert Request.objects.get(pk=request.pk).state == "ready"


def test_a_session_is_written_once_a_minute_at_most(desk: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        desk.get(url("ill"))

    assert not [q for q in queries.captured_queries if "UPDATE" in q["sql"]]


def test_somebody_elses_request_looks_like_one_that_does_not_exist(
    desk: Client, office: Office
) -> None:
    request = factories.ready(office)
    appointment = factories.booked(office)
    other = factories.make_practitioner(slug="robin")
    assert other.user is not None
    desk.force_login(other.user)

    pages = [
        desk.get(url("request", request.pk)),
        desk.get(url("request", uuid4())),
        desk.get(url("propose", request.pk)),
        desk.get(url("appointment", appointment.pk)),
        desk.get(url("appointment", uuid4())),
        desk.get(url("move", appointment.pk)),
        desk.post(url("confirm", request.pk)),
        desk.post(url("decline", request.pk)),
        desk.post(url("undo", request.pk)),
        desk.post(url("cancel", appointment.pk)),
        desk.post(url("ended", appointment.pk), {"outcome": "no_show"}),
        desk.post(url("excuse", request.pk, factories.requester_of(request).pk)),
    ]

    assert [p.status_code for p in pages] == [404] * len(pages)
    assert len({p.content for p in pages[:2]}) == 1
    assert Request.objects.get(pk=request.pk).state == "ready"


def test_a_page_changes_nothing_when_it_is_read(desk: Client, office: Office) -> None:
    request = factories.ready(office, "couple")
    names = ["confirm", "decline", "undo"]

    assert [desk.get(url(n, request.pk)).status_code for n in names] == [405] * 3
    assert Request.objects.get(pk=request.pk).state == "ready"
    assert not Decision.objects.exists()


# --- Waiting --------------------------------------------------------------------------------------


def test_an_empty_list_says_so_kindly(desk: Client) -> None:
    page = text(desk.get(url("waiting")))

    assert "Nothing waits for you" in page


def test_what_waits_stands_in_the_order_of_urgency(
    desk: Client, office: Office, now: datetime
) -> None:
    factories.submitted(office)
    factories.verified(office, "couple")
    single = factories.ready(office)
    decisions.propose(
        request_id=factories.ready(office).pk,
        practitioner_id=office.practitioner.pk,
        starts=factories.open_starts(office, office.service("individual"))[-2:],
        now=now,
    )
    queued = factories.ready(office, "couple")
    decisions.confirm(request_id=queued.pk, practitioner_id=office.practitioner.pk, now=now)
    declined = factories.verified(office, "couple")
    sam = factories.people_of(declined)[1]
    participants.decline_invitation(participant_id=sam.pk, never_again=False, now=now)

    page = text(desk.get(url("waiting")))

    places = [
        page.index(f'id="{key}"')
        for key in ("ready", "left", "queued", "proposed", "gathering", "received")
    ]
    assert places == sorted(places)
    assert url("request", single.pk) in page
    assert "Sam has not come in yet (address not verified)" in page
    assert "Sam won&#x27;t take part" in page
    assert "2 decisions wait for you." in page
    assert waiting_count(office.practitioner.pk, now=now) == 2


def test_a_hold_that_lapsed_asks_for_other_times(
    desk: Client, office: Office, now: datetime
) -> None:
    request = factories.ready(office)
    later = now + timedelta(days=4)
    sweep.sweep(now=later)

    with time_machine.travel(later, tick=False):
        sign_in(desk, office)
        page = text(desk.get(url("waiting")))

    assert 'id="no_time"' in page
    assert url("request", request.pk) in page
    assert waiting_count(office.practitioner.pk, now=later) == 1


def test_a_decision_that_could_not_leave_comes_back_with_the_reason(
    desk: Client, office: Office, now: datetime
) -> None:
    request = factories.ready(office, "couple")
    decisions.confirm(request_id=request.pk, practitioner_id=office.practitioner.pk, now=now)
    sam = factories.people_of(request)[1]
    Participant.objects.filter(pk=sam.pk).update(cleared_at=None)  # as intake would, in passing
    factories.let_decision_leave(request)

    waiting = text(desk.get(url("waiting")))
    page = text(desk.get(url("request", request.pk)))

    assert 'id="failed"' in waiting
    assert "Your decision could not leave" in page
    assert "Somebody has not finished their own part yet." in page


@pytest.mark.parametrize("name", ["waiting", "calendar", "agenda"])
def test_a_list_costs_as_many_queries_for_thirty_as_for_one(
    desk: Client, office: Office, now: datetime, name: str
) -> None:
    def fill(count: int) -> None:
        for n in range(count):
            if n % 3 == 2:
                factories.booked(office)
            else:
                factories.verified(office, ("individual", "couple")[n % 3])

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert desk.get(url(name), {"week": "2026-W42"}).status_code == 200
        return len(captured)

    fill(3)
    few = queries()
    fill(27)
    many = queries()

    assert many == few


# --- A request ------------------------------------------------------------------------------------


def test_a_request_tells_everything_booking_knows(
    desk: Client, office: Office, now: datetime
) -> None:
    request = factories.verified(
        office,
        "non_monogamous",
        topics=["jealousy"],
        words="We would like to talk more calmly.",
        cadence="fortnightly",
    )

    page = text(desk.get(url("request", request.pk)))

    assert "We would like to talk more calmly." in page
    assert "Jealousy" in page
    assert "Every two weeks" in page
    assert "Chicago time" in page
    assert "New York time" in page
    assert "Only mentioned, not invited" in page
    assert "Somebody has not accepted to take part yet." in page
    assert "by a link to hand over" in page


def test_reading_what_they_wrote_is_noted_first(desk: Client, office: Office) -> None:
    request = factories.verified(office, words="A few words.")

    desk.get(url("request", request.pk))

    read = Change.objects.get(kind="words_read")
    assert read.subject_id == request.pk
    assert read.actor == f"practitioner:{office.practitioner.pk}"
    assert read.snapshot == {}


def test_confirming_for_one_person_books_at_once(desk: Client, office: Office) -> None:
    request = factories.ready(office)

    response = desk.post(url("confirm", request.pk), follow=True)

    assert Request.objects.get(pk=request.pk).state == "confirmed"
    assert "Confirmed. Everyone attending hears of it now." in text(response)


def test_confirming_for_several_waits_for_the_batch_and_can_be_undone(
    desk: Client, office: Office
) -> None:
    request = factories.ready(office, "couple")

    response = desk.post(url("confirm", request.pk), follow=True)

    # Monday 11:00: the next batch leaves at 17:00.
    assert "It leaves Mon 12 Oct, 17:00 with the batch" in text(response)
    assert "Monday 12 October, 17:00" in text(response)
    assert Request.objects.get(pk=request.pk).state == "ready"

    response = desk.post(url("undo", request.pk), follow=True)

    assert "Undone. Nobody has heard of it." in text(response)
    assert not Decision.objects.filter(undone_at__isnull=True).exists()


def test_confirming_too_early_is_refused_with_every_reason(desk: Client, office: Office) -> None:
    request = factories.verified(office, "couple")

    response = desk.post(url("confirm", request.pk))

    page = text(response)
    assert response.status_code == 409
    assert "This can&#x27;t be confirmed yet" in page
    assert "Somebody has not accepted to take part yet." in page
    assert "Somebody has not finished their own part yet." in page
    assert Request.objects.get(pk=request.pk).state == "gathering"


def test_the_time_that_was_chosen_is_booked_and_no_other(desk: Client, office: Office) -> None:
    starts = factories.open_starts(office, office.service("individual"))[3:6]
    request = factories.ready(office, times=starts)
    second = Appointment.objects.get(request=request, state="held", rank=2)

    lapsed = desk.post(url("confirm", request.pk), {"time": str(uuid4())})
    nonsense = desk.post(url("confirm", request.pk), {"time": "soon"})
    desk.post(url("confirm", request.pk), {"time": str(second.pk)})

    assert lapsed.status_code == 409
    assert "No time is held for them any more." in text(lapsed)
    assert nonsense.status_code == 404
    assert Appointment.objects.get(request=request, state="booked").pk == second.pk


def test_a_second_decision_is_refused_while_one_waits(desk: Client, office: Office) -> None:
    request = factories.ready(office, "couple")
    desk.post(url("confirm", request.pk))

    response = desk.post(url("decline", request.pk))

    assert response.status_code == 409
    assert "A decision is already waiting" in text(response)
    assert Decision.objects.get().kind == "confirm"


def test_declining_what_is_already_confirmed_says_that_something_was_first(
    desk: Client, office: Office
) -> None:
    request = factories.ready(office)
    desk.post(url("confirm", request.pk))

    response = desk.post(url("decline", request.pk))

    assert response.status_code == 409
    assert "Something else was first" in text(response)
    assert Request.objects.get(pk=request.pk).state == "confirmed"


def test_undoing_what_has_left_already_says_so(desk: Client, office: Office, now: datetime) -> None:
    request = factories.ready(office, "couple")
    desk.post(url("confirm", request.pk))
    factories.let_decision_leave(request)

    response = desk.post(url("undo", request.pk))

    assert response.status_code == 409
    assert "Something else was first" in text(response)
    assert Request.objects.get(pk=request.pk).state == "confirmed"


def test_declining_shows_the_neutral_words_before_it_is_pressed(
    desk: Client, office: Office
) -> None:
    request = factories.verified(office)

    page = text(desk.get(url("request", request.pk)))
    desk.post(url("decline", request.pk))

    assert "I'm not able to offer this session in this format" in page
    assert Request.objects.get(pk=request.pk).state == "declined"


def test_the_practitioner_goes_on_without_somebody(
    desk: Client, office: Office, now: datetime
) -> None:
    request = factories.verified(office, "non_monogamous")
    noor = next(p for p in factories.people_of(request) if p.label == "Noor")

    before = text(desk.get(url("request", request.pk)))
    after = desk.post(url("excuse", request.pk, noor.pk), follow=True)

    assert "Go on without Noor" in before
    page = text(after)
    assert "It goes on without Noor." in page
    assert "It goes on without them" in page
    assert "<h1>Alex and Kai</h1>" in page
    assert Participant.objects.get(pk=noor.pk).excused_at == now


def test_nobody_of_another_request_can_be_left_out(desk: Client, office: Office) -> None:
    request = factories.verified(office, "couple")
    stranger = factories.people_of(factories.verified(office, "couple"))[1]

    response = desk.post(url("excuse", request.pk, stranger.pk))

    assert response.status_code == 404
    assert Participant.objects.get(pk=stranger.pk).attends == "yes"


# --- Proposing ------------------------------------------------------------------------------------


def test_up_to_three_times_are_proposed(desk: Client, office: Office) -> None:
    request = factories.ready(office)
    starts = factories.open_starts(office, office.service("individual"))[5:8]

    response = desk.post(
        url("propose", request.pk), {"times": [s.isoformat() for s in starts]}, follow=True
    )

    assert "Proposed. They hear of it now." in text(response)
    held = Appointment.objects.filter(request=request, state="held")
    assert sorted(a.starts_at for a in held) == starts


def test_looking_at_another_week_keeps_what_was_chosen(desk: Client, office: Office) -> None:
    request = factories.ready(office)
    start = factories.open_starts(office, office.service("individual"))[3]

    response = desk.post(
        url("propose", request.pk),
        {"times": [start.isoformat()], "week": "2026-11-02", "other_time": "15:05"},
    )

    page = text(response)
    assert response.status_code == 200
    assert "Mon 2 Nov" in page
    assert f'value="{start.isoformat()}" checked' in page
    assert 'value="15:05"' in page
    assert Request.objects.get(pk=request.pk).state == "ready"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Please choose one to three times."),
        ({"times": ["tomorrow"]}, "Please choose a time from the list."),
        ({"times": ["2026-10-14T10:00:00"]}, "Please choose a time from the list."),
        ({"other_date": "2026-02-31", "other_time": "10:00"}, "Enter a valid date."),
        ({"other_date": "2026-10-14"}, "Please give both a date and a time, or neither."),
        ({"other_date": "2026-10-01", "other_time": "10:00"}, "That time has passed."),
        ({"other_date": "9999-12-31", "other_time": "23:59"}, "not so far away"),
        ({"times": ["0001-01-01T00:00:00+14:00"]}, "Please choose a time from the list."),
    ],
)
def test_times_that_make_no_sense_are_refused_beside_the_field(
    desk: Client, office: Office, typed: dict[str, Any], said: str
) -> None:
    request = factories.ready(office)

    response = desk.post(url("propose", request.pk), typed)

    assert response.status_code == 400
    assert said in text(response)


def test_a_time_that_is_taken_comes_back_with_the_nearest_free_ones(
    desk: Client, office: Office
) -> None:
    taken = factories.booked(office)
    request = factories.ready(office)

    response = desk.post(url("propose", request.pk), {"times": [taken.starts_at.isoformat()]})

    page = text(response)
    assert response.status_code == 409
    assert "That time is not free" in page
    assert "The nearest free times" in page
    assert f'value="{taken.starts_at.isoformat()}" checked' not in page


# --- The calendar ---------------------------------------------------------------------------------


def test_the_week_shows_what_is_booked_held_and_off(
    desk: Client, office: Office, now: datetime
) -> None:
    booked = factories.booked(office)
    held = factories.verified(office)
    TimeOff.objects.create(
        practitioner=office.practitioner,
        starts_at=now + timedelta(days=3),
        ends_at=now + timedelta(days=5),
        label="Conference",
    )

    page = text(desk.get(url("calendar"), {"week": "2026-W42"}))

    assert "12 to 18 October 2026" in page
    assert url("appointment", booked.pk) in page
    assert url("request", held.pk) in page
    assert "entry-booked" in page
    assert "entry-held" in page
    assert page.count("Conference") == 3
    assert "?week=2026-W41" in page
    assert "?week=2026-W43" in page
    assert "clocks" not in page


@pytest.mark.parametrize(
    ("week", "said"),
    [
        ("2026-W44", "The clocks go back on Sunday 1 November"),
        ("2027-W10", "The clocks go forward on Sunday 14 March"),
    ],
)
def test_the_weeks_in_which_the_clocks_change_say_so(desk: Client, week: str, said: str) -> None:
    assert said in text(desk.get(url("calendar"), {"week": week}))


def test_an_appointment_stands_at_its_local_time_on_both_sides_of_a_clock_change(
    desk: Client, office: Office
) -> None:
    service = office.service("individual")
    starts = factories.open_starts(office, service, days=30)
    before = next(s for s in starts if s.astimezone(NEW_YORK).date().isoformat() == "2026-10-30")
    after = next(s for s in starts if s.astimezone(NEW_YORK).date().isoformat() == "2026-11-02")
    factories.booked(office, times=[before])
    factories.booked(office, times=[after])

    pages = [text(desk.get(url("calendar"), {"week": w})) for w in ("2026-W44", "2026-W45")]

    for page in pages:
        assert "09:00–09:50" in page
        assert "entry entry-booked at at-h9 at-m00 for-h0 for-m50" in page


@pytest.mark.parametrize("week", ["2026-W54", "2026W10", "yesterday", "9999-W52", "-W1", "²-W1"])
def test_for_a_week_that_does_not_exist_this_week_is_shown(desk: Client, week: str) -> None:
    page = text(desk.get(url("calendar"), {"week": week}))

    assert "<h1>12 to 18 October 2026</h1>" in page


def test_the_agenda_says_how_each_person_is_reached_and_both_clocks(
    desk: Client, office: Office
) -> None:
    appointment = factories.booked(office, "couple")
    start = appointment.starts_at.astimezone(ZoneInfo("America/Chicago"))

    page = text(desk.get(url("agenda")))

    assert appointment.request is not None
    for person in factories.people_of(appointment.request):
        assert person.email in page
    assert f"{start:%H:%M}, Chicago time" in page
    assert "Video call" in page
    assert "https://video.example/room" in page


def test_overlapping_entries_stand_beside_each_other_and_a_night_is_cut_at_midnight() -> None:
    def at(day: int, hour: int, minute: int = 0) -> datetime:
        return datetime(2026, 10, day, hour, minute, tzinfo=NEW_YORK)

    first = grid.pieces(at(12, 9), at(12, 10, 20), NEW_YORK, {"title": "a"})
    second = grid.pieces(at(12, 10), at(12, 11), NEW_YORK, {"title": "b"})
    later = grid.pieces(at(12, 11), at(12, 12), NEW_YORK, {"title": "c"})
    night = grid.pieces(at(12, 23), at(13, 1), NEW_YORK, {"title": "d"})

    cut = grid.cut([*later, *second, *first], 9, 18)

    assert [(e["title"], e["lane"], e["lanes"]) for e in cut] == [
        ("a", 1, 2),
        ("b", 2, 2),
        ("c", 1, 1),
    ]
    assert [(p.date.day, p.start, p.end) for p in night] == [(12, 1380, 1440), (13, 0, 60)]


@pytest.mark.parametrize(
    ("starts", "ends", "shown"),
    [
        # 05:30 UTC is 01:30 for the first time, 06:30 UTC is 01:30 again.
        (datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 20, tzinfo=UTC), 50),
        # From 01:30 over the gap to 03:20.
        (datetime(2026, 3, 8, 6, 30, tzinfo=UTC), datetime(2026, 3, 8, 7, 20, tzinfo=UTC), 110),
    ],
)
def test_no_entry_ends_before_it_begins_when_the_clocks_change(
    starts: datetime, ends: datetime, shown: int
) -> None:
    (piece,) = grid.pieces(starts, ends, NEW_YORK, {})

    assert piece.end - piece.start == shown


# --- An appointment -------------------------------------------------------------------------------


def test_an_appointment_is_moved_to_a_chosen_time(desk: Client, office: Office) -> None:
    appointment = factories.booked(office)
    start = factories.open_starts(office, office.service("individual"))[9]

    response = desk.post(url("move", appointment.pk), {"times": [start.isoformat()]}, follow=True)

    moved = Appointment.objects.get(pk=appointment.pk)
    assert moved.starts_at == start
    assert moved.revision == appointment.revision + 1
    assert "Everyone attending hears of it now." in text(response)
    assert "You moved it from" in text(response)


def test_an_appointment_is_moved_to_any_five_minutes_of_ones_own_hours(
    desk: Client, office: Office
) -> None:
    appointment = factories.booked(office)

    desk.post(url("move", appointment.pk), {"other_date": "2026-10-15", "other_time": "16:05"})

    moved = Appointment.objects.get(pk=appointment.pk)
    assert moved.starts_at.astimezone(NEW_YORK).isoformat() == "2026-10-15T16:05:00-04:00"


def test_moving_onto_another_appointment_is_refused_with_other_times(
    desk: Client, office: Office
) -> None:
    taken, appointment = factories.booked(office), factories.booked(office)

    response = desk.post(url("move", appointment.pk), {"times": [taken.starts_at.isoformat()]})

    assert response.status_code == 409
    assert "The nearest free times" in text(response)
    assert Appointment.objects.get(pk=appointment.pk).starts_at == appointment.starts_at


def test_cancelling_apologises_and_holds_new_times(desk: Client, office: Office) -> None:
    appointment = factories.booked(office)

    response = desk.post(url("cancel", appointment.pk), {"new_times": "on"}, follow=True)

    assert "Cancelled, with an apology and new times:" in text(response)
    assert Appointment.objects.get(pk=appointment.pk).state == "cancelled"
    assert Appointment.objects.filter(request=appointment.request, state="held").count() == 3


def test_cancelling_twice_says_that_something_was_first(desk: Client, office: Office) -> None:
    appointment = factories.booked(office)
    desk.post(url("cancel", appointment.pk))

    response = desk.post(url("cancel", appointment.pk))

    assert response.status_code == 409
    assert "Something else was first" in text(response)


def test_a_session_cannot_be_marked_before_it_begins(desk: Client, office: Office) -> None:
    appointment = factories.booked(office)

    response = desk.post(url("ended", appointment.pk), {"outcome": "no_show"})

    assert response.status_code == 409
    assert "How did it go?" not in text(response)
    assert Appointment.objects.get(pk=appointment.pk).state == "booked"


@pytest.mark.parametrize("outcome", ["no_show", "fulfilled"])
def test_a_session_that_has_begun_is_marked(desk: Client, office: Office, outcome: str) -> None:
    appointment = factories.booked(office)

    with time_machine.travel(appointment.starts_at + timedelta(minutes=20), tick=False):
        sign_in(desk, office)
        before = text(desk.get(url("appointment", appointment.pk)))
        desk.post(url("ended", appointment.pk), {"outcome": outcome})

    assert "How did it go?" in before
    assert Appointment.objects.get(pk=appointment.pk).state == outcome


# --- I'm ill --------------------------------------------------------------------------------------


def test_one_press_cancels_the_rest_of_a_day_and_lists_what_was_cancelled(
    desk: Client, office: Office, now: datetime
) -> None:
    day = (now + timedelta(days=2)).astimezone(NEW_YORK).date()
    starts = [
        s
        for s in factories.open_starts(office, office.service("individual"))
        if s.astimezone(NEW_YORK).date() == day
    ]
    first = factories.booked(office, times=[starts[0]])
    second = factories.booked(office, times=[starts[4]])
    kept = factories.booked(office)

    asked = text(desk.get(url("ill"), {"day": day.isoformat()}))
    response = desk.post(url("ill"), {"day": day.isoformat()}, follow=True)

    assert url("appointment", first.pk) in asked
    assert url("appointment", second.pk) in asked
    assert url("appointment", kept.pk) not in asked
    assert "an apology and three new times" in asked
    page = text(response)
    assert "2 appointments were cancelled." in page
    assert page.count("Offered instead:") == 2
    states = dict(Appointment.objects.values_list("pk", "state"))
    assert (states[first.pk], states[second.pk], states[kept.pk]) == (
        "cancelled",
        "cancelled",
        "booked",
    )
    assert TimeOff.objects.get().ends_at == instant(day + timedelta(days=1), 0, NEW_YORK)


@pytest.mark.parametrize("day", ["", "2026-13-01", "2026-10-11", "2027-10-12"])
def test_only_a_day_of_the_coming_week_can_be_cancelled_like_that(
    desk: Client, office: Office, day: str
) -> None:
    response = desk.post(url("ill"), {"day": day})

    assert response.status_code == 400
    assert not TimeOff.objects.exists()


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-02-31"])
def test_an_impossible_day_has_no_page(desk: Client, day: str) -> None:
    assert desk.get(f"/desk/ill/{day}/").status_code == 404


# --- Booking for somebody who called --------------------------------------------------------------


def call(office: Office, kind: str = "individual", **changes: Any) -> dict[str, Any]:
    """What the practitioner types."""
    service = office.service(kind)
    typed = {
        "service": str(service.pk),
        "times": [factories.open_starts(office, service)[6].isoformat()],
        "modality": "phone",
        "place": "US|",
        "time_zone": "Europe/London",
        "forms_on_paper": "on",
        "person-0-name": "Robin",
        "person-0-email": "robin@example.test",
        "person-0-phone": "+44 20 7946 0000",
        "person-0-shared_mailbox": "no",
    }
    return {key: value for key, value in {**typed, **changes}.items() if value is not None}


def test_with_their_forms_on_paper_a_caller_is_booked_at_once(desk: Client, office: Office) -> None:
    response = desk.post(url("book"), call(office))

    appointment = Appointment.objects.get(state="booked")
    assert response.status_code == 302
    assert response["Location"] == url("appointment", appointment.pk)
    assert appointment.modality == "phone"
    person = Participant.objects.get()
    assert (person.chosen_name, person.time_zone) == ("Robin", "Europe/London")
    assert person.shared_mailbox == "no"


def test_without_forms_the_time_is_held_until_everyone_has_finished(
    desk: Client, office: Office
) -> None:
    typed = call(
        office,
        "couple",
        forms_on_paper=None,
        **{
            "person-1-name": "Kim",
            "person-1-email": "kim@example.test",
            "person-1-shared_mailbox": "yes",
        },
    )

    response = desk.post(url("book"), typed, follow=True)

    request = Request.objects.get()
    assert request.state == "gathering"
    assert request.confirm_when_ready
    assert [p.shared_mailbox for p in factories.people_of(request)] == ["no", "yes"]
    assert "each person gets their private link now" in text(response)


def test_a_time_taken_meanwhile_offers_others_and_loses_nothing(
    desk: Client, office: Office
) -> None:
    taken = factories.booked(office)

    response = desk.post(url("book"), call(office, times=[taken.starts_at.isoformat()]))

    page = text(response)
    assert response.status_code == 409
    assert "The nearest free times" in page
    for typed in ("Robin", "robin@example.test", "+44 20 7946 0000"):
        assert f'value="{typed}"' in page
    assert 'value="Europe/London" selected' in page
    assert 'value="phone"' in page


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "²", "\0"])
def test_a_number_that_no_button_sends_removes_nobody(
    desk: Client, office: Office, number: str
) -> None:
    page = text(desk.post(url("book"), {**call(office), "remove": number}))

    assert 'value="Robin"' in page


def test_people_are_added_and_removed_without_losing_what_was_typed(
    desk: Client, office: Office
) -> None:
    typed = call(office, "non_monogamous", **{"person-1-name": "Kim", "person-1-email": "half@"})

    added = text(desk.post(url("book"), {**typed, "add": "1"}))
    removed = text(desk.post(url("book"), {**typed, "person-2-name": "Noor", "remove": "0"}))

    assert 'name="person-2-name"' in added
    assert 'value="Robin"' in added
    assert 'value="half@"' in added
    assert "Robin" not in removed
    assert 'value="Noor"' in removed
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"times": []}, "Please choose one time"),
        ({"person-0-name": ""}, "Please write a name."),
        ({"person-0-email": "", "forms_on_paper": None}, "Without an address"),
        ({"person-0-email": "no"}, "This does not look like an e-mail address."),
        ({"time_zone": "Mars/Olympus"}, "Select a valid choice."),
        ({"modality": "telepathy"}, "Select a valid choice."),
        ({"place": "Atlantis"}, "Select a valid choice."),
        ({"service": "none"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_booked_is_said_beside_its_field(
    desk: Client, office: Office, changes: dict[str, Any], said: str
) -> None:
    response = desk.post(url("book"), call(office, **changes))

    assert response.status_code == 400
    assert said in text(response)
    assert not Request.objects.exists()


def test_the_first_look_asks_which_session(desk: Client, office: Office) -> None:
    page = text(desk.get(url("book")))

    for service in office.services.values():
        assert service.name in page
    assert "Show its times" in page


# --- Words ----------------------------------------------------------------------------------------


def test_the_desk_never_says_the_words_the_product_does_not_use(
    desk: Client, office: Office
) -> None:
    appointment = factories.booked(office, "couple")
    ready = factories.ready(office, "non_monogamous")
    pages = [
        url("waiting"),
        url("calendar"),
        url("agenda"),
        url("ill"),
        url("book"),
        url("request", ready.pk),
        url("propose", ready.pk),
        url("appointment", appointment.pk),
        url("move", appointment.pk),
    ]

    for page in pages:
        response = desk.get(page)
        assert response.status_code == 200
        said = text(response).lower()
        for word in ("therap", "patient", "treatment", "diagnos"):
            assert word not in said, page


def test_history_is_told_in_words(desk: Client, office: Office, now: datetime) -> None:
    appointment = factories.booked(office)
    appointments.reschedule(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=factories.open_starts(office, office.service("individual"))[12],
        now=timezone.now(),
    )

    page = text(desk.get(url("request", appointment.request_id)))

    assert "Alex sent the request." in page
    assert "Alex verified their address." in page
    assert "Everyone had finished." in page
    assert "You moved it from" in page


# --- Words ----------------------------------------------------------------------------------------


def test_every_reason_has_a_sentence() -> None:
    assert set(words.REASONS) == set(Unmet)


def test_a_time_before_the_batch_says_when_the_batch_is(
    desk: Client, office: Office, now: datetime
) -> None:
    office.practice.batch_weekdays = [6]  # not before Sunday
    office.practice.save()
    service = office.service("couple")
    request = factories.ready(
        office, "couple", times=factories.open_starts(office, service, days=5)[-1:]
    )

    response = desk.post(url("confirm", request.pk))

    page = text(response)
    assert response.status_code == 409
    assert "This time begins before your decision would leave (Sun " in page
    assert not Decision.objects.exists()


@pytest.mark.parametrize(("shared", "warned"), [("no", False), ("yes", True), ("unsure", True)])
def test_a_mailbox_that_others_may_see_is_marked(
    desk: Client, office: Office, shared: str, warned: bool
) -> None:
    appointment = factories.booked(office)
    Participant.objects.update(shared_mailbox=shared)

    pages = [
        text(desk.get(url("appointment", appointment.pk))),
        text(desk.get(url("request", appointment.request_id))),
        text(desk.get(url("agenda"))),
    ]

    assert [("see their mail or phone" in page) for page in pages] == [warned] * 3


@pytest.mark.parametrize(
    ("phone", "said"),
    [("+44 20 7946 0000", "You call them on +44 20 7946 0000."), ("", "so they call you on")],
)
def test_a_session_by_phone_says_who_calls(
    desk: Client, office: Office, phone: str, said: str
) -> None:
    appointment = factories.booked(office)
    Appointment.objects.update(modality="phone")
    Participant.objects.update(phone=phone)

    assert said in text(desk.get(url("appointment", appointment.pk)))
