"""Whoever asked everybody for another time can leave it as it is after all."""

from datetime import datetime

import pytest
from django.utils import timezone

from booking.api.views.written import asked_times
from booking.domain.refusals import HoldExpired, NotTheirs
from booking.models import Appointment, Move, Participant
from booking.operations import answers, moves
from booking.queries.people import person_page
from booking.views.choices import value_of
from practice.models import Change
from tests.booking import factories as make
from tests.booking.browsing import come_in, press, text
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office() -> Office:
    return make.make_office()


def asked(office: Office) -> tuple[Appointment, Participant, Participant, datetime]:
    """An appointment of two, one of whom has asked for another time."""
    now = timezone.now()
    chosen, wanted = make.open_starts(office, office.service("couple"), now=now)[60:90:29]
    appointment = make.booked(office, "couple", now=now, times=[chosen])
    assert appointment.request is not None
    alex, sam = make.people_of(appointment.request)
    moves.ask_move(appointment_id=appointment.pk, participant_id=alex.pk, starts=[wanted], now=now)
    return appointment, alex, sam, wanted


def test_the_time_that_was_held_is_open_again_and_all_hear_that_it_stays(office: Office) -> None:
    appointment, alex, sam, wanted = asked(office)
    [candidate] = Appointment.objects.filter(claim=appointment.claim, state="held")
    now = timezone.now()

    moves.take_back_move(appointment_id=appointment.pk, participant_id=alex.pk, now=now)

    assert Move.objects.get().outcome == "dropped"
    assert Appointment.objects.get(pk=appointment.pk).starts_at == appointment.starts_at
    assert wanted in make.open_starts(office, office.service("couple"), now=now)
    [told] = Change.objects.filter(kind="move_dropped")
    assert "by" not in told.snapshot
    with pytest.raises(HoldExpired):
        answers.answer_times(participant_id=sam.pk, answers={candidate.pk: True}, now=now)


def test_nobody_else_takes_it_back_and_nobody_twice(office: Office) -> None:
    appointment, alex, sam, _wanted = asked(office)
    now = timezone.now()

    with pytest.raises(NotTheirs):
        moves.take_back_move(appointment_id=appointment.pk, participant_id=sam.pk, now=now)
    moves.take_back_move(appointment_id=appointment.pk, participant_id=alex.pk, now=now)
    with pytest.raises(NotTheirs):
        moves.take_back_move(appointment_id=appointment.pk, participant_id=alex.pk, now=now)

    assert Move.objects.get().outcome == "dropped"


def test_the_page_of_whoever_asked_says_so_and_has_the_button(office: Office) -> None:
    appointment, alex, sam, _wanted = asked(office)
    client = come_in(alex)

    of_alex = text(client, f"/you/{alex.pk}/")
    of_sam = text(come_in(sam), f"/you/{sam.pk}/")
    in_api = asked_times(person_page(alex.pk, now=timezone.now()))["times"]
    after = press(client, f"/you/{alex.pk}/dates/{appointment.pk}/keep/", {})
    left_in_api = asked_times(person_page(alex.pk, now=timezone.now()))["times"]
    again = press(client, f"/you/{alex.pk}/dates/{appointment.pk}/keep/", {})

    assert "You asked for another time" in of_alex
    assert "Leave it as it is" in of_alex
    assert "As soon as there is news" in of_alex
    assert "As soon as there is news" not in after
    assert "You have answered" not in after
    assert (len(in_api), len(left_in_api)) == (1, 0)
    assert "Leave it as it is" not in of_sam
    assert "Done: the appointment stays as it was." in after
    assert "Find another time" in after
    assert "Leave it as it is" not in after
    assert "Done: the appointment" not in again


def test_whoever_said_yes_waits_for_no_news_either_once_it_is_taken_back(office: Office) -> None:
    kai, noor = make.partner("Kai"), make.partner("Noor")
    now = timezone.now()
    service = office.service("non_monogamous")
    chosen, wanted = make.open_starts(office, service, now=now)[60:90:29]
    appointment = make.booked(office, "non_monogamous", now=now, times=[chosen], others=[kai, noor])
    assert appointment.request is not None
    first, second, third = make.people_of(appointment.request)
    moves.ask_move(appointment_id=appointment.pk, participant_id=first.pk, starts=[wanted], now=now)
    [candidate] = Appointment.objects.filter(claim=appointment.claim, state="held")

    answers.answer_times(participant_id=second.pk, answers={candidate.pk: True}, now=now)
    waiting = [len(person_page(p.pk, now=now).answered) for p in (first, second, third)]
    moves.take_back_move(appointment_id=appointment.pk, participant_id=first.pk, now=now)
    after = [len(person_page(p.pk, now=now).answered) for p in (first, second, third)]

    assert (waiting, after) == ([1, 1, 0], [0, 0, 0])


def test_another_time_is_never_the_one_that_they_have(office: Office) -> None:
    now = timezone.now()
    chosen = make.open_starts(office, office.service("couple"), now=now)[60]
    appointment = make.booked(office, "couple", now=now, times=[chosen])
    assert appointment.request is not None
    alex, _sam = make.people_of(appointment.request)
    client = come_in(alex)

    path = f"/you/{alex.pk}/dates/{appointment.pk}/move/"
    html = text(client, path)
    refused = press(client, path, {"times": [value_of(chosen)]})

    assert 'name="times"' in html
    assert value_of(chosen) not in html
    assert "That is the time you have: please choose another." in refused
    assert value_of(chosen) not in refused
