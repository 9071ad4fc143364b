"""After the cut-off, running late, and sessions that were missed."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from booking.domain.refusals import InvalidRequest, NotTheirs
from booking.models import Appointment, LateWish, Participant
from booking.operations import appointments, cancellations, late, series
from booking.operations.sweep import sweep
from practice.models import Change, Pending
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office

pytestmark = pytest.mark.django_db

FAR = datetime(2026, 10, 26, 9, 0, tzinfo=NEW_YORK)
#: Within the cut-off of every service.
LATE = FAR - timedelta(hours=6)
MINUTE = timedelta(minutes=1)


def coming(appointment: Appointment) -> list[Participant]:
    roster = appointment.attendances.order_by("participant__position")
    return [a.participant for a in roster]


def open_wishes() -> list[LateWish]:
    return list(LateWish.objects.filter(settled_at__isnull=True))


def snapshots(kind: str) -> list[dict[str, object]]:
    """What people are told of under this kind."""
    found = Pending.objects.filter(change__kind=kind).order_by("change_id")
    return list(found.values_list("change__snapshot", flat=True))


def ask(appointment: Appointment, person: Participant, words: str = "I am ill.") -> LateWish:
    return late.ask_late(
        participant_id=person.pk, appointment_id=appointment.pk, words=words, now=LATE
    )


# --- A wish after the cut-off ---------------------------------------------------------------------


def test_after_the_cut_off_somebody_asks_the_practitioner(office: Office) -> None:
    appointment = make.booked(office, times=[FAR])
    [alex] = coming(appointment)

    wish = ask(appointment, alex)

    assert open_wishes() == [wish]
    assert snapshots("late_wish") == [{"participant": str(alex.pk), "wish": str(wish.pk)}]
    assert b"ill" not in bytes(LateWish.objects.get().words_sealed or b"")
    assert Appointment.objects.get(pk=appointment.pk).starts_at == FAR


def test_what_they_wrote_is_read_by_the_practitioner_alone_and_noted(office: Office) -> None:
    appointment = make.booked(office, times=[FAR])
    wish = ask(appointment, coming(appointment)[0], "  I am ill. ")
    robin = make.make_practitioner(slug="robin")

    words = late.read_wish(wish_id=wish.pk, practitioner_id=office.practitioner.pk, now=LATE)

    assert words == "I am ill."
    assert Change.objects.filter(kind="late_wish_read").count() == 1
    with pytest.raises(NotTheirs):
        late.read_wish(wish_id=wish.pk, practitioner_id=robin.pk, now=LATE)


def test_nothing_need_be_written(office: Office) -> None:
    appointment = make.booked(office, times=[FAR])
    wish = ask(appointment, coming(appointment)[0], "")

    assert late.read_wish(wish_id=wish.pk, practitioner_id=office.practitioner.pk, now=LATE) == ""


def test_asking_again_replaces_the_words_and_writes_no_second_message(office: Office) -> None:
    appointment = make.booked(office, times=[FAR])
    [alex] = coming(appointment)
    first = ask(appointment, alex)

    again = ask(appointment, alex, "Could we talk by phone?")

    assert again == first
    assert len(snapshots("late_wish")) == 1
    words = late.read_wish(wish_id=first.pk, practitioner_id=office.practitioner.pk, now=LATE)
    assert words == "Could we talk by phone?"
    assert Change.objects.filter(kind="late_wish_reworded").count() == 1


def test_before_the_cut_off_there_is_nothing_to_ask(office: Office) -> None:
    appointment = make.booked(office, times=[FAR])
    [alex] = coming(appointment)

    with pytest.raises(InvalidRequest):
        late.ask_late(
            participant_id=alex.pk,
            appointment_id=appointment.pk,
            words="",
            now=appointments.last_free_change(appointment),
        )


def test_too_many_words_are_refused(office: Office) -> None:
    appointment = make.booked(office, times=[FAR])

    with pytest.raises(InvalidRequest):
        ask(appointment, coming(appointment)[0], "x" * 501)


def test_who_does_not_come_may_not_ask(office: Office) -> None:
    appointment = make.booked(office, times=[FAR])
    stranger = make.requester_of(make.ready(office))

    with pytest.raises(NotTheirs):
        ask(appointment, stranger)
    with pytest.raises(NotTheirs):
        late.ask_late(
            participant_id=coming(appointment)[0].pk,
            appointment_id=appointment.pk,
            words="",
            now=FAR,
        )


def test_the_asker_alone_is_told_that_it_stays(office: Office) -> None:
    appointment = make.booked(office, "couple", times=[FAR])
    _, sam = coming(appointment)
    wish = ask(appointment, sam)
    keep = partial(
        late.settle_late,
        wish_id=wish.pk,
        practitioner_id=office.practitioner.pk,
        outcome="kept",
        now=LATE,
    )

    keep()

    assert snapshots("late_wish_kept") == [{"participant": str(sam.pk), "wish": str(wish.pk)}]
    assert open_wishes() == []
    with pytest.raises(NotTheirs):
        keep()


def test_another_practitioner_cannot_settle_a_wish(office: Office) -> None:
    appointment = make.booked(office, times=[FAR])
    wish = ask(appointment, coming(appointment)[0])
    robin = make.make_practitioner(slug="robin")

    with pytest.raises(NotTheirs):
        late.settle_late(wish_id=wish.pk, practitioner_id=robin.pk, outcome="kept", now=LATE)


@pytest.mark.parametrize("way", ["move", "cancel", "client cancels"])
def test_a_change_settles_the_wishes_about_it(office: Office, way: str) -> None:
    appointment = make.booked(office, "couple", times=[FAR])
    alex, sam = coming(appointment)
    ask(appointment, alex)
    ask(appointment, sam)
    practitioner_id = office.practitioner.pk

    if way == "move":
        appointments.reschedule(
            appointment_id=appointment.pk,
            practitioner_id=practitioner_id,
            starts_at=FAR + timedelta(days=1),
            now=LATE,
        )
    elif way == "cancel":
        cancellations.cancel_by_practitioner(
            appointment_id=appointment.pk, practitioner_id=practitioner_id, now=LATE
        )
    else:
        cancellations.cancel(appointment_id=appointment.pk, participant_id=alex.pk, now=LATE)

    assert list(LateWish.objects.values_list("outcome", "settled_at")) == [("changed", LATE)] * 2
    assert snapshots("late_wish_kept") == []


def test_of_three_only_the_wish_of_whoever_leaves_is_settled(office: Office) -> None:
    appointment = make.booked(office, "non_monogamous", times=[FAR])
    alex, kai, _ = coming(appointment)
    ask(appointment, alex)
    ask(appointment, kai)

    cancellations.cancel(appointment_id=appointment.pk, participant_id=kai.pk, now=LATE)

    [still_open] = open_wishes()
    assert still_open.participant == alex


def test_when_the_session_is_over_nothing_is_asked_any_more(office: Office) -> None:
    appointment = make.booked(office, times=[FAR])
    ask(appointment, coming(appointment)[0])

    sweep(now=appointment.ends_at)

    assert LateWish.objects.get().outcome == "kept"
    assert snapshots("late_wish_kept") == []


# --- Running late ---------------------------------------------------------------------------------


def test_the_practitioner_runs_late_and_a_client_does(office: Office) -> None:
    appointment = make.booked(office, "couple", times=[FAR])
    alex, _ = coming(appointment)

    late.running_late(
        appointment_id=appointment.pk,
        minutes=10,
        practitioner_id=office.practitioner.pk,
        now=FAR - 5 * MINUTE,
    )
    late.running_late(
        appointment_id=appointment.pk, minutes=15, participant_id=alex.pk, now=FAR - 4 * MINUTE
    )

    assert snapshots("running_late") == [
        {"minutes": 10, "by": "practitioner"},
        {"minutes": 15, "by": str(alex.pk)},
    ]
    changed = Appointment.objects.get(pk=appointment.pk)
    assert (changed.starts_at, changed.revision) == (FAR, appointment.revision)


def test_pressing_twice_says_it_once_and_later_it_can_be_said_anew(office: Office) -> None:
    appointment = make.booked(office, times=[FAR])
    say_so = partial(
        late.running_late,
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        minutes=10,
    )

    say_so(now=FAR)
    say_so(now=FAR + MINUTE / 2)
    say_so(now=FAR + 10 * MINUTE)

    assert len(snapshots("running_late")) == 2


@pytest.mark.parametrize(
    ("minutes", "now", "may"),
    [
        (5, FAR - timedelta(hours=2), True),
        (30, FAR + 49 * MINUTE, True),
        (4, FAR, False),
        (31, FAR, False),
        (10, FAR - timedelta(hours=2) - MINUTE, False),
        (10, FAR + 50 * MINUTE, False),
    ],
)
def test_running_late_is_five_to_thirty_minutes_and_about_a_near_session(
    office: Office, minutes: int, now: datetime, may: bool
) -> None:
    appointment = make.booked(office, times=[FAR])
    say_so = partial(
        late.running_late,
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        minutes=minutes,
        now=now,
    )

    if may:
        say_so()
    else:
        with pytest.raises(InvalidRequest):
            say_so()


def test_only_those_of_the_session_can_be_late_for_it(office: Office) -> None:
    appointment = make.booked(office, times=[FAR])
    robin = make.make_practitioner(slug="robin")
    stranger = make.requester_of(make.ready(office))

    say_so = partial(late.running_late, appointment_id=appointment.pk, minutes=10, now=FAR)

    with pytest.raises(NotTheirs):
        say_so(practitioner_id=robin.pk)
    with pytest.raises(NotTheirs):
        say_so(participant_id=stranger.pk)
    with pytest.raises(NotTheirs):
        say_so()


# --- Missed ---------------------------------------------------------------------------------------


def dates_of_a_series(office: Office) -> list[Appointment]:
    first = make.booked(office, times=[FAR])
    made = series.start_series(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=1,
        starts=[FAR + timedelta(weeks=week) for week in (1, 2, 3)],
        now=NOW,
    )
    return list(made.appointments.order_by("starts_at"))


def miss(office: Office, appointment: Appointment) -> None:
    appointments.mark_no_show(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        now=appointment.starts_at + timedelta(minutes=15),
    )


def test_two_missed_in_a_row_of_a_series_are_brought_to_the_practitioner(office: Office) -> None:
    first, second, *_ = dates_of_a_series(office)

    miss(office, first)
    assert snapshots("series_missed_twice") == []
    miss(office, second)

    assert snapshots("series_missed_twice") == [{"appointments": [str(first.pk), str(second.pk)]}]


def test_a_session_kept_between_two_that_were_missed_breaks_the_row(office: Office) -> None:
    first, second, third, _ = dates_of_a_series(office)
    miss(office, first)
    sweep(now=second.ends_at)

    miss(office, third)

    assert snapshots("series_missed_twice") == []


def test_a_cancelled_session_between_two_that_were_missed_does_not(office: Office) -> None:
    first, second, third, _ = dates_of_a_series(office)
    miss(office, first)
    cancellations.cancel_by_practitioner(
        appointment_id=second.pk, practitioner_id=office.practitioner.pk, now=first.ends_at
    )

    miss(office, third)

    assert len(snapshots("series_missed_twice")) == 1
