"""What one person does on their own pages about when: marks, suggestions, dates, lists, places."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from booking.models import Appointment, LateWish, Request, Seat, Vote, WaitlistEntry
from booking.operations import appointments, decisions, late, series, together
from booking.queries.late import running_late as said_late
from booking.queries.series import preview
from booking.queries.together import asked_starts
from booking.templatetags.times import clock_in
from booking.views.choices import value_of
from practice.models import Change
from tests.booking.factories import (
    NOW,
    Office,
    booked,
    clear,
    enter,
    join,
    make_office,
    member,
    open_starts,
    people_of,
    published,
    ready,
    requester_of,
    seat_of,
    submitted,
    verified,
)
from tests.booking.test_link_pages import RANDOM, come_in, fresh, press, someone_called, text

pytestmark = pytest.mark.django_db

MARK = re.compile(r'type="radio" name="(at-[^"]+)" value="can"')
CARRIED = re.compile(r'type="hidden" name="(at-[^"]+)" value="([^"]+)"')
WEEK = re.compile(r'name="week" value="([0-9-]+)"')
TIME = re.compile(r'name="times" value="([^"]+)"')


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """A quiet Monday."""
    cache.clear()
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def office(clock: None) -> Office:
    return make_office()


def plain(html: str) -> str:
    return " ".join(RANDOM.sub("", html).split())


# --- Finding a time together ----------------------------------------------------------------------


def asking_together(office: Office, kind: str = "couple") -> Request:
    return verified(office, kind, times=(), find_together=True)


def test_marks_of_every_week_are_carried_until_they_are_sent(office: Office) -> None:
    request = asking_together(office)
    person = requester_of(request)
    client = come_in(person)
    path = f"/you/{person.id}/when/"

    first = client.get(path).content.decode()
    one, other = MARK.findall(first)[:2]
    later = WEEK.findall(first)[-1]
    second = press(client, path, {one: "can", other: "cant", "week": later})
    carried = dict(CARRIED.findall(second))
    third = MARK.findall(second)[0]
    assert not Vote.objects.exists()
    answer = client.post(path, carried | {third: "could", "send": "yes"}, follow=True)

    assert carried == {one: "can", other: "cant"}
    assert "Thank you, we have your times." in answer.content.decode()
    said = {
        f"at-{value_of(v.starts_at)}": v.word
        for v in Vote.objects.filter(word__in=["can", "could"])
    }
    assert said == {one: "can", third: "could"}
    asked = asked_starts(request, now=NOW)
    assert Vote.objects.filter(participant=person).count() == len(asked)
    shown = client.get(path).content.decode()
    assert re.search(rf'name="{one}" value="can" checked', shown)


def test_a_whole_day_is_marked_by_one_press_and_nothing_is_lost(office: Office) -> None:
    person = requester_of(asking_together(office))
    client = come_in(person)
    path = f"/you/{person.id}/when/"
    first = client.get(path).content.decode()
    one = MARK.findall(first)[-1]
    [day] = set(re.findall(r'name="day" value="([^"]+)"', first)[:1])

    page = press(client, path, {one: "could", "day": day})

    assert re.search(rf'name="{one}" value="could" checked', page)
    assert len(re.findall(r'value="can" checked', page)) > 1


def test_marking_nothing_is_asked_about_once_more(office: Office) -> None:
    person = requester_of(asking_together(office))
    client = come_in(person)
    path = f"/you/{person.id}/when/"

    asked = text(client, path, send="yes")
    after = text(client, path, send="yes", none="yes")

    assert "None of these times suits you?" in asked
    assert "we have your times" in after
    assert fresh(person).voted_round == 1


def test_the_page_does_not_change_when_somebody_else_answers(office: Office) -> None:
    request = asking_together(office)
    alex, sam = requester_of(request), someone_called(request, "Sam")
    enter(sam)
    join(sam)
    client = come_in(alex)
    paths = (f"/you/{alex.id}/", f"/you/{alex.id}/when/")
    before = [plain(client.get(path).content.decode()) for path in paths]

    start = asked_starts(request, now=NOW)[0]
    together.vote(participant_id=sam.id, marks={start: "can"}, now=NOW)
    clear(sam)

    assert [plain(client.get(path).content.decode()) for path in paths] == before


def test_somebody_only_mentioned_later_or_not_asked_sees_no_ballot(office: Office) -> None:
    person = requester_of(verified(office))

    answer = come_in(person).get(f"/you/{person.id}/when/", follow=True)

    assert "Something has changed meanwhile." in answer.content.decode()


@pytest.mark.parametrize("typed", [{"week": "soon"}, {"day": "x:can"}, {"day": "2026-99-01:can"}])
def test_what_no_button_sends_to_the_ballot_is_no_error(
    office: Office, typed: dict[str, str]
) -> None:
    person = requester_of(asking_together(office))

    assert "When could you come?" in press(come_in(person), f"/you/{person.id}/when/", typed)


# --- Suggesting -----------------------------------------------------------------------------------


def proposed(office: Office, kind: str = "individual") -> Request:
    request = ready(office, kind)
    decisions.propose(
        request_id=request.id,
        practitioner_id=office.practitioner.id,
        starts=open_starts(office, office.service(kind))[20:22],
        now=NOW,
    )
    return Request.objects.get(pk=request.pk)


def refusing(request: Request) -> dict[str, str]:
    held = Appointment.objects.filter(request=request, state="held")
    return {f"time-{a.id}": "no" for a in held}


def test_whom_nothing_suits_suggests_times_of_their_own(office: Office) -> None:
    request = proposed(office)
    person = requester_of(request)
    client = come_in(person)
    path = f"/you/{person.id}/times/"
    said = refusing(request)

    asked = press(client, path, said)
    choices = TIME.findall(asked)[:2]
    unchosen = press(client, path, said | {"suggesting": "yes"})
    other_week = press(client, path, said | {"times": choices, "week": "2026-11-02"})
    done = client.post(path, said | {"suggesting": "yes", "times": choices}, follow=True)

    assert "Would another time suit you?" in asked
    assert "Please choose a time, or send your answer without one." in unchosen
    assert set(choices) <= set(TIME.findall(other_week))
    assert "Thank you, we have your answer." in done.content.decode()
    held = Appointment.objects.filter(suggested_by=person, state="held")
    assert sorted(value_of(a.starts_at) for a in held) == sorted(choices)


def test_a_plain_no_needs_no_suggestion(office: Office) -> None:
    request = proposed(office)
    person = requester_of(request)

    after = text(come_in(person), f"/you/{person.id}/times/", **refusing(request), without="yes")

    assert "Thank you, we have your answer." in after
    assert not Appointment.objects.filter(suggested_by__isnull=False).exists()


def test_too_many_suggestions_are_said_to_be_too_many(office: Office) -> None:
    request = proposed(office)
    person = requester_of(request)
    client = come_in(person)
    path = f"/you/{person.id}/times/"
    asked = press(client, path, refusing(request))

    said = refusing(request) | {"suggesting": "yes", "times": TIME.findall(asked)[:4]}

    assert "up to three different times" in press(client, path, said)


# --- Several dates --------------------------------------------------------------------------------


def repeated(office: Office, kind: str = "individual", count: int = 4) -> list[Appointment]:
    first = booked(office, kind, times=[open_starts(office, office.service(kind))[-1]])
    planned = preview(first, every_weeks=1, count=count, now=NOW)
    series.start_series(
        appointment_id=first.id,
        practitioner_id=office.practitioner.id,
        every_weeks=1,
        starts=[p.starts_at for p in planned],
        now=NOW,
    )
    return list(Appointment.objects.filter(state="booked").order_by("starts_at"))


def test_each_date_is_cancelled_and_moved_by_itself(office: Office) -> None:
    dates = repeated(office)
    person = requester_of(Request.objects.get())
    client = come_in(person)
    second, third = (f"/you/{person.id}/dates/{a.id}/" for a in dates[1:3])

    opened = text(client, second)
    cancelled = text(client, f"{second}cancel/", appointment=str(dates[1].id), leaves_alone="no")
    chosen = TIME.findall(client.get(f"{third}move/?week=2026-11-30").content.decode())[0]
    moved = text(client, f"{third}move/", times=chosen)

    assert "One of your dates" in opened
    assert f"{second}cancel/" in opened
    assert "Your appointment is cancelled." in cancelled
    assert "Done: your appointment has its new time." in moved
    for appointment in dates:
        appointment.refresh_from_db()
    assert [a.state for a in dates] == ["booked", "cancelled", "booked", "booked"]
    assert dates[2].starts_at == datetime.fromisoformat(chosen)


def test_an_invited_person_reads_what_they_said_yes_to_until_it_is_booked(
    office: Office,
) -> None:
    best, other = open_starts(office, office.service("couple"))[-2:]
    request = verified(office, "couple", times=(best, other))
    sam = someone_called(request, "Sam")
    enter(sam)
    client = come_in(sam)
    path = f"/you/{sam.id}/"
    before = text(client, path)
    times = dict.fromkeys(
        (f"time-{a.id}" for a in Appointment.objects.filter(starts_at=best)), "yes"
    ) | dict.fromkeys((f"time-{a.id}" for a in Appointment.objects.filter(starts_at=other)), "no")

    text(client, reverse("join", args=[sam.id]), **times)
    after = text(client, path)

    asked = after.partition('id="asked-title"')[2].partition("</section>")[0]
    assert "You said yes to" not in before
    assert asked.startswith(">You said yes to</h2>")
    assert request.service.name in asked
    assert asked.count("<li>") == 1
    assert clock_in(best, sam.time_zone) in asked


def test_cancelling_one_of_several_says_that_the_others_stay(office: Office) -> None:
    dates = repeated(office, "couple")
    person = people_of(Request.objects.get())[1]
    client = come_in(person)

    page = text(client, f"/you/{person.id}/dates/{dates[1].id}/cancel/")

    assert "Your other dates stay as they are." in page
    assert "everybody who was to come is told" in page


def test_whoever_comes_alone_reads_of_nobody_else_who_is_told(office: Office) -> None:
    appointment = booked(office)
    person = requester_of(Request.objects.get())

    page = text(come_in(person), f"/you/{person.id}/dates/{appointment.id}/cancel/")

    assert "your practitioner sees that you cancelled" in page
    assert "everybody" not in page


@pytest.mark.parametrize("action", ["", "move/", "cancel/", "ask/", "late/"])
def test_a_date_that_is_not_ones_own_looks_like_one_that_is_gone(
    office: Office, action: str
) -> None:
    somebody_elses = booked(office)
    person = requester_of(verified(office))
    client = come_in(person)

    pages = [
        client.get(f"/you/{person.id}/dates/{pk}/{action}", follow=True).content.decode()
        for pk in (somebody_elses.id, uuid4())
    ]

    assert plain(pages[0]) == plain(pages[1])
    assert "Something has changed meanwhile." in pages[0]


def test_after_the_cut_off_a_wish_goes_to_the_practitioner(
    office: Office, clock: time_machine.Traveller
) -> None:
    appointment = booked(office)
    person = requester_of(Request.objects.get())
    path = f"/you/{person.id}/dates/{appointment.id}/ask/"
    early = come_in(person).get(path, follow=True).content.decode()
    clock.move_to(appointment.starts_at - timedelta(hours=3))
    client = come_in(person)

    empty = text(client, path, words=" ")
    long = text(client, path, words="x" * 501)
    done = text(client, path, words="My train does not run.")
    again = text(client, path)

    assert "Something has changed meanwhile." in early
    assert "Please write a word or two." in empty
    assert "at most 500 characters" in long
    assert "x" * 501 in long
    assert "We have passed it on." in done
    assert "We have your wish" in again
    wish = LateWish.objects.get()
    read = late.read_wish(wish_id=wish.id, practitioner_id=office.practitioner.id, now=NOW)
    assert read == "My train does not run."


def test_running_late_is_one_press_and_only_around_the_session(
    office: Office, clock: time_machine.Traveller
) -> None:
    appointment = booked(office)
    person = requester_of(Request.objects.get())
    path = f"/you/{person.id}/dates/{appointment.id}/late/"
    early = come_in(person).get(path, follow=True).content.decode()
    clock.move_to(appointment.starts_at - timedelta(minutes=20))
    client = come_in(person)

    opened = text(client, path.removesuffix("late/"))
    odd = press(client, path, {"minutes": "7000"})
    done = text(client, path, minutes="10")

    assert "Something has changed meanwhile." in early
    assert "I'm running late" in opened
    assert "How late will you be?" in odd
    assert "You are expected a little later." in done
    assert Change.objects.get(kind="running_late").snapshot["minutes"] == 10


def test_running_late_stands_on_the_page_until_the_session_ends(
    office: Office, clock: time_machine.Traveller
) -> None:
    appointment = booked(office)
    person = requester_of(Request.objects.get())
    clock.move_to(appointment.starts_at - timedelta(minutes=20))
    client = come_in(person)
    path = f"/you/{person.id}/dates/{appointment.id}/"
    now = appointment.starts_at - timedelta(minutes=20)
    late.running_late(
        appointment_id=appointment.id,
        minutes=15,
        now=now,
        practitioner_id=office.practitioner.id,
    )
    press(client, f"{path}late/", {"minutes": "5"})

    shown = text(client, path)
    clock.move_to(appointment.ends_at - timedelta(minutes=1))
    during = text(come_in(person), path)
    clock.move_to(appointment.ends_at + timedelta(minutes=1))
    after = text(come_in(person), path)

    for page in (shown, during):
        assert "We are running about 15 minutes late" in page
        assert "You said that you are 5 minutes late" in page
    assert "minutes late" not in after


def test_of_two_each_sees_their_own_word_and_the_practice_sees_both(
    office: Office, clock: time_machine.Traveller
) -> None:
    appointment = booked(office, "couple")
    request = Request.objects.get()
    alex, sam = people_of(request)
    now = appointment.starts_at - timedelta(minutes=20)
    clock.move_to(now)
    late.running_late(appointment_id=appointment.id, minutes=10, now=now, participant_id=alex.id)

    of_sam = text(come_in(sam), f"/you/{sam.id}/")
    appointment.refresh_from_db()

    assert "minutes late" not in of_sam
    assert [(w.participant_id, w.minutes) for w in said_late(appointment, now=now)] == [
        (alex.id, 10)
    ]


def test_what_was_said_of_an_earlier_time_is_over_once_it_moves(
    office: Office, clock: time_machine.Traveller
) -> None:
    appointment = booked(office)
    now = appointment.starts_at - timedelta(minutes=20)
    late.running_late(
        appointment_id=appointment.id, minutes=10, now=now, practitioner_id=office.practitioner.id
    )

    appointments.reschedule(
        appointment_id=appointment.id,
        practitioner_id=office.practitioner.id,
        starts_at=appointment.starts_at + timedelta(days=1),
        now=now,
    )

    appointment.refresh_from_db()
    assert said_late(appointment, now=now) == []


def test_a_date_booked_inside_its_cut_off_speaks_of_none_that_has_passed(
    office: Office,
) -> None:
    appointment = booked(office)
    appointments.reschedule(
        appointment_id=appointment.id,
        practitioner_id=office.practitioner.id,
        starts_at=NOW + timedelta(hours=4),
        now=NOW,
    )
    person = requester_of(Request.objects.get())
    client = come_in(person)
    path = f"/you/{person.id}/dates/{appointment.id}/"

    page, asking, cancelling = (text(client, f"{path}{more}") for more in ("", "ask/", "cancel/"))

    assert "Free changes until" not in page
    assert "so near when it was booked" in asking
    assert "you could have chosen" not in asking
    assert "The last moment for free changes" not in cancelling


def test_of_three_of_whom_one_is_left_the_page_reads_as_it_was_booked(office: Office) -> None:
    appointment = booked(
        office,
        "non_monogamous",
        times=[open_starts(office, office.service("non_monogamous"))[-1]],
    )
    alex, *others = people_of(Request.objects.get())
    for person in others:
        appointment.attendances.filter(participant=person).update(left_at=NOW)

    page = text(come_in(alex), f"/you/{alex.id}/move/")

    assert "We ask the others" in page
    assert "moves there at once" not in page


# --- Lists and places -----------------------------------------------------------------------------


def test_the_requester_joins_and_leaves_the_list(office: Office) -> None:
    request = verified(office, times=(), wait=True)
    person = requester_of(request)
    client = come_in(person)

    home = text(client, f"/you/{person.id}/")
    left = text(client, f"/you/{person.id}/wait/stop/", sure="yes")
    joined = text(client, f"/you/{person.id}/wait/", sure="yes")

    assert "You are on the list" in home
    assert "You are not on the list any more." in left
    assert "You are on the list." in joined
    assert WaitlistEntry.objects.get().left_at is None


def test_only_the_requester_sees_the_list(office: Office) -> None:
    request = verified(office, "couple", times=(), wait=True)
    sam = someone_called(request, "Sam")
    enter(sam)
    join(sam)
    client = come_in(sam)

    assert "on the list" not in text(client, f"/you/{sam.id}/")
    assert "Something has changed" in text(client, f"/you/{sam.id}/wait/stop/", sure="yes")
    assert WaitlistEntry.objects.get().left_at is None


def test_after_three_silences_they_are_asked_whether_they_wait(office: Office) -> None:
    request = verified(office, times=(), wait=True)
    WaitlistEntry.objects.update(silences=3)
    person = requester_of(request)
    client = come_in(person)

    assert "Do you still wait for a time?" in text(client, f"/you/{person.id}/")
    text(client, f"/you/{person.id}/wait/", sure="yes")
    assert WaitlistEntry.objects.get().silences == 0


def test_a_member_sees_the_group_and_leaves_one_date_or_all(office: Office) -> None:
    cohort = published(office)
    other = member(office, cohort, name="Blue")
    person = member(office, cohort, name="Robin")
    client = come_in(person)
    sessions = list(cohort.appointments.order_by("starts_at"))
    one = sessions[1]

    home = text(client, f"/you/{person.id}/")
    text(
        client,
        f"/you/{person.id}/dates/{one.id}/cancel/",
        appointment=str(one.id),
        leaves_alone="yes",
    )
    without = text(client, f"/you/{person.id}/")
    asked = text(client, f"/you/{person.id}/place/leave/")
    text(client, f"/you/{person.id}/place/leave/", sure="yes")

    assert cohort.title in home
    assert "Blue" in home
    assert other.label not in home or other.label == person.label
    assert "without you" in without
    assert "Leave the group?" in asked
    assert Seat.objects.get(request=person.request).state == "left"
    one.refresh_from_db()
    assert one.state == "booked"


def test_whoever_only_asks_for_a_place_sees_no_names(office: Office) -> None:
    cohort = published(office)
    member(office, cohort, name="Blue")
    request = verified(office, "group", cohort=cohort.slug, seat_name="Robin")
    person = requester_of(request)

    home = text(come_in(person), f"/you/{person.id}/")

    assert "A place is kept for you" in home
    assert "Blue" not in home
    assert seat_of(request).state == "asked"


def test_after_the_call_a_place_still_waits_for_its_word(
    office: Office, clock: time_machine.Traveller
) -> None:
    cohort = published(office)
    call = booked(office, "group", cohort=cohort.slug, seat_name="Robin")
    person = requester_of(Request.objects.get())
    clock.move_to(call.ends_at + timedelta(hours=1))
    Appointment.objects.filter(pk=call.pk).update(state="fulfilled")
    client = come_in(person)

    home = text(client, f"/you/{person.id}/")

    assert "Nothing is open here any more" not in home
    assert cohort.title in home


def test_titles_of_these_pages_are_neutral(office: Office) -> None:
    request = asking_together(office)
    person = requester_of(request)
    client = come_in(person)

    page = client.get(f"/you/{person.id}/when/").content.decode()

    assert "<title>Your page</title>" in page
    assert "data-exit" in page


def test_of_nobody_else_these_pages_open(office: Office) -> None:
    person = requester_of(submitted(office))
    pk = uuid4()

    for path in ("when", "wait", "wait/stop", "place/leave", f"dates/{pk}", f"dates/{pk}/late"):
        for client in (Client(), come_in(requester_of(verified(office)))):
            assert client.post(f"/you/{person.id}/{path}/").status_code == 404
