"""How it goes: asked of one person, said to their practitioner, and known to nobody else."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment, Participant, Request, Seat
from booking.operations import absences
from intake.models import Feedback
from intake.operations.feedback import open_feedback
from intake.operations.parting import record_separation
from intake.operations.retention import purge
from intake.queries.feedback import asked_now, held_by
from tests.booking.factories import NOW, Office, booked, member, published, requester_of
from tests.intake.feedback import SECRET, asked, at_the_desk, last_session, page, text, typed
from tests.intake.people import device
from tests.intake.sessions import days_before, took_place

pytestmark = pytest.mark.django_db(transaction=True)


# Who is asked, and when -----------------------------------------------------------------------


def counted(person: Participant) -> int:
    return len(held_by([person])[person.pk])


def test_only_what_took_place_with_them_counts(office: Office) -> None:
    one, other = asked(office, kind="couple")
    now = timezone.now()
    took_place([one, other], *days_before(now, 30), state="no_show")
    took_place([one, other], *days_before(now, 31), state="cancelled")
    [left] = took_place([one, other], *days_before(now, 32))
    left.attendances.filter(participant=one).update(left_at=now)
    [missed] = took_place([one, other], *days_before(now, 33))
    absences.tell_absent(
        appointment_id=missed.pk,
        participant_id=one.pk,
        practitioner_id=office.practitioner.pk,
        again=False,
        now=now,
    )

    assert (counted(one), counted(other)) == (3, 5)


def test_the_sessions_of_another_request_are_never_counted_even_of_the_same_address(
    office: Office,
) -> None:
    [one] = asked(office)
    [other] = asked(office)
    Participant.objects.filter(pk=other.pk).update(email=one.email)

    assert (counted(one), counted(other)) == (3, 3)


def test_a_call_before_joining_a_group_is_no_session_of_it(office: Office) -> None:
    cohort = published(office)
    person = member(office, cohort)
    assert Seat.objects.filter(request=person.request_id).exists()
    [call] = took_place([person], *days_before(NOW, 9))
    [evening] = took_place([person], *days_before(NOW, 2))
    Appointment.objects.filter(pk=evening.pk).update(request=None, cohort=cohort)

    assert [held.appointment_id for held in held_by([person])[person.pk]] == [evening.pk]
    assert call.pk != evening.pk


def test_after_a_parting_nobody_is_asked(office: Office) -> None:
    one, _other = asked(office, kind="couple")
    assert asked_now(one, now=timezone.now()) is not None

    record_separation(
        request_id=one.request_id, practitioner_id=office.practitioner.pk, now=timezone.now()
    )

    assert asked_now(one, now=timezone.now()) is None


@pytest.mark.parametrize(
    ("ends", "is_there"), [(0.9, False), (1.1, True), (14.9, True), (15.1, False)]
)
def test_the_page_is_there_from_a_day_after_the_session_for_two_weeks(
    office: Office, ends: float, is_there: bool
) -> None:
    [person] = asked(office, ends=ends)
    browser = device(person)

    assert browser.get(page(person)).status_code == (200 if is_there else 404)
    home = browser.get(reverse("you", args=[person.pk])).content.decode()
    assert (page(person) in home) is is_there


def test_who_did_not_choose_it_is_not_asked(office: Office) -> None:
    _one, other = asked(office, kind="couple")
    browser = device(other)

    assert browser.get(page(other)).status_code == 404
    assert browser.post(page(other), typed(other)).status_code == 303
    assert not Feedback.objects.exists()
    assert page(other) not in browser.get(reverse("you", args=[other.pk])).content.decode()


def test_a_second_session_is_none_and_a_fourth_asks_about_the_third_still(office: Office) -> None:
    [person] = asked(office)
    third = last_session(person)
    took_place([person], *days_before(timezone.now(), 1.5))
    found = asked_now(person, now=timezone.now())

    assert found is not None
    assert found.appointment == third
    Appointment.objects.filter(pk=third.pk).update(state="no_show")
    found = asked_now(person, now=timezone.now())
    assert found is not None
    assert found.appointment == last_session(person)
    Appointment.objects.filter(pk=last_session(person).pk).update(state="no_show")
    assert asked_now(person, now=timezone.now()) is None


# The others -----------------------------------------------------------------------------------


def test_the_other_person_reads_the_same_whether_or_not_it_was_asked_and_answered(
    office: Office,
) -> None:
    one, other = asked(office, kind="couple")
    browser = device(other)
    pages = ("you", "you-copy", "you-readers", "you-others", "you-answers-seen")

    def all_of_it() -> list[bytes]:
        return [
            _without_tokens(browser.get(reverse(name, args=[other.pk])).content) for name in pages
        ]

    Participant.objects.filter(pk=one.pk).update(wants_feedback=False)
    not_asked = all_of_it()
    Participant.objects.filter(pk=one.pk).update(wants_feedback=True)
    was_asked = all_of_it()
    device(one).post(page(one), typed(one))
    open_feedback(practitioner_id=office.practitioner.pk, participant_id=one.pk, now=timezone.now())

    assert not_asked == was_asked == all_of_it()
    assert browser.get(page(one)).status_code == 404


def _without_tokens(content: bytes) -> bytes:
    lines = content.split(b"\n")
    return b"\n".join(line for line in lines if b"csrf" not in line and b"nonce" not in line)


# What is kept, and for how long ---------------------------------------------------------------


def test_it_is_in_the_copy_to_take_along_and_goes_with_the_rest_on_a_press(office: Office) -> None:
    one, other = asked(office, kind="couple")
    Participant.objects.filter(pk=other.pk).update(wants_feedback=True)
    for person in (one, other):
        device(person).post(page(person), typed(person, words=f"{SECRET} {person.position}"))
    browser = device(one)

    shown = text(browser, reverse("you-copy", args=[one.pk]))
    [taken] = browser.post(reverse("you-copy-file", args=[one.pk])).json()["after_sessions"]
    browser.post(reverse("you-copy-delete", args=[one.pk]), {"sure": "yes"})

    assert f"{SECRET} {one.position}" in shown
    assert f"{SECRET} {other.position}" not in shown
    assert taken["words"] == f"{SECRET} {one.position}"
    assert taken["sliders"] == {"heard": 8, "useful": "prefer_not", "pace": 5, "safe": 2}
    assert [f.participant_id for f in Feedback.objects.all()] == [other.pk]


def test_it_is_kept_as_long_as_answers_are(office: Office) -> None:
    [person] = asked(office)
    device(person).post(page(person), typed(person))
    last = last_session(person).ends_at

    purge(now=last + timedelta(days=364))
    kept = Feedback.objects.count()
    purge(now=last + timedelta(days=366))

    assert (kept, Feedback.objects.count()) == (1, 0)


def test_it_survives_a_parting_for_its_author_and_the_practitioner(
    office: Office, desk: Client
) -> None:
    one, other = asked(office, kind="couple")
    device(one).post(page(one), typed(one))

    record_separation(
        request_id=one.request_id, practitioner_id=office.practitioner.pk, now=timezone.now()
    )

    assert SECRET in text(device(one), reverse("you-copy", args=[one.pk]))
    assert SECRET in text(desk, at_the_desk(one))
    assert SECRET not in text(device(other), reverse("you-copy", args=[other.pk]))


def test_nobody_is_asked_before_anything_has_taken_place(office: Office) -> None:
    booked(office, now=timezone.now())
    person = requester_of(Request.objects.get())
    Participant.objects.update(wants_feedback=True, shared_mailbox="no")

    assert device(person).get(page(person)).status_code == 404
