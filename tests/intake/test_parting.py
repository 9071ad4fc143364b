"""Parting: a part is ended, what was joint is closed, what is one's own stays one's own."""

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.domain.gate import Unmet
from booking.domain.refusals import GateClosed, LinkUnusable, WrongCode
from booking.models import Appointment, Participant, PrivateLink
from booking.operations import links, series
from intake.domain.refusals import NothingJoint, NotTheirPractitioner, StillOpen
from intake.models import Answer, AnswerSheet, Separation, Signature
from intake.operations.parting import extract_attendance, record_separation
from intake.operations.reading import open_answers
from intake.queries.answers import Author, Fellow, answers_for
from practice.models import Change
from tests.booking.factories import (
    Office,
    booked,
    link_of,
    make_practitioner,
    people_of,
    requester_of,
    verified,
)
from tests.intake.people import answer_everything, device

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two(office: Office) -> tuple[Participant, Participant, Appointment]:
    """Two people with a session ahead, who have both answered everything."""
    appointment = booked(office, "couple", now=timezone.now())
    assert appointment.request is not None
    one, other = people_of(appointment.request)
    for person in (one, other):
        answer_everything(person, timezone.now())
    return one, other, appointment


def signed_in(office: Office) -> Client:
    browser = Client()
    assert office.practitioner.user is not None
    browser.force_login(office.practitioner.user)
    return browser


def part(office: Office, person: Participant, now: datetime | None = None) -> Separation:
    return record_separation(
        request_id=person.request_id,
        practitioner_id=office.practitioner.pk,
        now=now or timezone.now(),
    )


def took_place(appointment: Appointment) -> None:
    Appointment.objects.filter(pk=appointment.pk).update(state="fulfilled")


# One person ends their part ----------------------------------------------------------------------


def test_whoever_ends_their_part_keeps_only_the_way_to_their_own(
    two: tuple[Participant, Participant, Appointment],
) -> None:
    one, _other, appointment = two
    old = link_of(one)
    browser = device(one)

    assert browser.post(reverse("you-end", args=[one.pk])).status_code == 422
    page = browser.post(reverse("you-end", args=[one.pk]), {"sure": "yes"}).content.decode()

    appointment.refresh_from_db()
    assert appointment.state == "cancelled"
    with pytest.raises(LinkUnusable):
        links.usable_link(links.token(old.pk))
    new = PrivateLink.objects.get(participant=one, revoked_at__isnull=True)
    assert links.token(new.pk) in page
    assert new.address == "", "it goes to no mailbox"
    assert "calm" in browser.get(reverse("you-copy", args=[one.pk])).content.decode()
    assert "Nothing is open here" in browser.get(reverse("you", args=[one.pk])).content.decode()
    assert Change.objects.get(kind="part_ended").snapshot == {"participant": str(one.pk)}


def test_the_kept_link_opens_their_copy_on_another_day_with_its_code(
    two: tuple[Participant, Participant, Appointment],
) -> None:
    one, _other, _appointment = two
    page = device(one).post(reverse("you-end", args=[one.pk]), {"sure": "yes"}).content.decode()
    code = re.sub(r"\D", "", page.split('<strong class="numbers nowrap">')[1].split("<")[0])
    new = PrivateLink.objects.get(participant=one, revoked_at__isnull=True)
    address = one.email

    with pytest.raises(WrongCode):
        links.enter(token=links.token(new.pk), code_typed="no", now=timezone.now())
    later = Client()
    later.post(reverse("open", args=[links.token(new.pk)]), {"code": code})

    assert "calm" in later.get(reverse("you-copy", args=[one.pk])).content.decode()
    one.refresh_from_db()
    assert one.email == address


def test_the_other_reads_neutral_words_and_is_told_of_nobody(
    two: tuple[Participant, Participant, Appointment],
) -> None:
    one, other, _appointment = two
    theirs = device(other)

    device(one).post(reverse("you-end", args=[one.pk]), {"sure": "yes"})

    page = theirs.get(reverse("you", args=[other.pk])).content.decode()
    assert "Nothing is open here any more" in page
    assert one.chosen_name not in page.replace(other.chosen_name, "")
    assert not {"ended", "parted", "separat"} & set(re.findall(r"[a-z]+", page.lower()))
    assert "calm" in theirs.get(reverse("you-copy", args=[other.pk])).content.decode()


def test_before_a_session_is_booked_ending_ones_part_withdraws(office: Office) -> None:
    now = timezone.now()
    one, _other = people_of(verified(office, "couple", now=now))

    device(one).post(reverse("you-end", args=[one.pk]), {"sure": "yes"})

    one.refresh_from_db()
    assert (one.request.state, one.left_at is not None) == ("withdrawn", True)


def test_whoever_has_ended_their_part_reads_nothing_of_the_other_any_more(
    two: tuple[Participant, Participant, Appointment],
) -> None:
    one, other, appointment = two
    took_place(appointment)
    browser = device(one)
    before = browser.get(reverse("you-others", args=[one.pk]))

    browser.post(reverse("you-end", args=[one.pk]), {"sure": "yes"})

    assert "we laugh" in before.content.decode(), "the other's shared answer"
    assert answers_for(reader=Fellow(one.pk), participant_id=other.pk) == []
    assert browser.get(reverse("you-others", args=[one.pk])).status_code == 404
    assert "calm" in browser.get(reverse("you-copy", args=[one.pk])).content.decode()


# The practitioner records it ---------------------------------------------------------------------


def test_what_was_joint_is_closed_for_everybody_and_the_rest_stays(
    office: Office, two: tuple[Participant, Participant, Appointment]
) -> None:
    one, other, appointment = two
    took_place(appointment)
    read_before = {
        s.question.key for s in answers_for(reader=Fellow(other.pk), participant_id=one.pk)
    }

    part(office, one)

    own = {s.question.key: s for s in answers_for(reader=Author(one.pk), participant_id=one.pk)}
    opened = open_answers(
        practitioner_id=office.practitioner.pk, participant_id=one.pk, now=timezone.now()
    )
    read = {s.question.key: s for s in opened}
    assert "cp_strength" in read_before
    assert not answers_for(reader=Fellow(other.pk), participant_id=one.pk)
    assert (own["cp_strength"].value, own["cp_strength"].is_closed) == (None, True)
    assert (read["cp_strength"].value, read["cp_strength"].is_closed) == (None, True)
    assert (own["go_better"].value, read["go_better"].value) == ("calm", "calm")


def test_the_pages_say_that_it_is_closed_and_show_nothing_of_it(
    office: Office, two: tuple[Participant, Participant, Appointment]
) -> None:
    one, other, appointment = two
    took_place(appointment)
    desk, browser = signed_in(office), device(one)

    page = desk.post(reverse("desk-parting", args=[one.request_id]), {"sure": "yes"}, follow=True)
    pages = [
        desk.get(reverse("desk-answers", args=[one.request_id]) + f"?person={one.pk}"),
        desk.get(reverse("desk-reading", args=[one.request_id])),
        browser.get(reverse("you-copy", args=[one.pk])),
        browser.get(reverse("you-others", args=[one.pk])),
        browser.post(reverse("you-copy-file", args=[one.pk]), {"as_file": "json"}),
        device(other).get(reverse("you-others", args=[other.pk])),
    ]

    assert "Nobody reads it any more" in page.content.decode()
    assert [p.status_code for p in pages] == [200] * len(pages)
    assert not any("we laugh" in p.content.decode() for p in pages), "their shared answer"
    assert "they have parted" in pages[0].content.decode().lower()
    assert "calm" in pages[2].content.decode()


def test_each_deletes_what_is_their_own_and_not_what_was_joint(
    office: Office, two: tuple[Participant, Participant, Appointment]
) -> None:
    one, other, _appointment = two
    theirs = Answer.objects.filter(sheet__participant=other).count()
    part(office, one)

    device(one).post(reverse("you-copy-delete", args=[one.pk]), {"sure": "yes"})

    left = set(Answer.objects.filter(sheet__participant=one).values_list("question", flat=True))
    assert "cp_strength" in left
    assert "go_better" not in left
    assert {key for key in left if not key.startswith("sf_")} == {"cp_strength"}
    assert Answer.objects.filter(sheet__participant=other).count() == theirs


def test_sessions_ahead_are_cancelled_and_it_is_recorded_once(
    office: Office, two: tuple[Participant, Participant, Appointment]
) -> None:
    one, _other, appointment = two

    part(office, one)
    part(office, one)

    appointment.refresh_from_db()
    assert appointment.state == "cancelled"
    recorded = Change.objects.get(kind="separation_recorded")
    assert recorded.snapshot == {"cancelled": [str(appointment.pk)]}
    cancelled = Change.objects.get(kind="appointment_cancelled", subject_id=appointment.pk)
    assert cancelled.snapshot["separation"] == str(one.request_id)


def test_after_it_is_recorded_nothing_more_is_booked_for_them_together(
    office: Office, two: tuple[Participant, Participant, Appointment]
) -> None:
    one, _other, appointment = two
    weeks = [appointment.starts_at + timedelta(weeks=n) for n in range(1, 4)]
    repeated = series.start_series(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=1,
        starts=weeks[:2],
        now=timezone.now(),
    )
    took_place(appointment)
    part(office, one)

    with pytest.raises(GateClosed) as renewed:
        series.renew(
            series_id=repeated.pk,
            practitioner_id=office.practitioner.pk,
            starts=weeks[2:],
            now=timezone.now(),
        )
    Appointment.objects.filter(pk=appointment.pk).update(series=None)
    with pytest.raises(GateClosed) as begun_anew:
        series.start_series(
            appointment_id=appointment.pk,
            practitioner_id=office.practitioner.pk,
            every_weeks=1,
            starts=weeks[2:],
            now=timezone.now(),
        )

    assert (renewed.value.reasons, begun_anew.value.reasons) == ([Unmet.PARTED], [Unmet.PARTED])
    assert not Appointment.objects.filter(request=one.request_id, state="booked").exists()


def test_an_open_request_one_person_and_anybody_elses_client_cannot_be_parted(
    office: Office, two: tuple[Participant, Participant, Appointment]
) -> None:
    now = timezone.now()
    waiting = requester_of(verified(office, "couple", now=now))
    alone = booked(office, now=now).request
    assert alone is not None

    with pytest.raises(StillOpen):
        part(office, waiting)
    with pytest.raises(NothingJoint):
        part(office, requester_of(alone))
    with pytest.raises(NotTheirPractitioner):
        record_separation(
            request_id=two[0].request_id,
            practitioner_id=make_practitioner(slug="other").pk,
            now=now,
        )
    assert not Separation.objects.exists()


def test_whoever_asks_anew_begins_with_nothing_of_what_was(
    office: Office, two: tuple[Participant, Participant, Appointment]
) -> None:
    one, _other, _appointment = two
    part(office, one)

    anew = requester_of(verified(office, now=timezone.now()))
    Participant.objects.filter(pk=anew.pk).update(email=one.email)
    page = device(anew).get(reverse("you-section", args=[anew.pk, "you"])).content.decode()

    assert not AnswerSheet.objects.filter(participant=anew).exists()
    assert not Signature.objects.filter(participant=anew).exists()
    assert "they" not in re.findall(r'name="id_pronouns"[^>]*value="([^"]*)"', page)


# Dates of attendance -----------------------------------------------------------------------------


def test_an_extract_holds_the_dates_of_one_person_and_nothing_else(
    office: Office, two: tuple[Participant, Participant, Appointment]
) -> None:
    one, other, appointment = two
    took_place(appointment)
    address = reverse("desk-attendance", args=[one.request_id, one.pk])
    asked = {"name": "Robin Legal Name", "as_file": "text"}

    response = signed_in(office).post(address, asked)

    text = response.content.decode()
    assert str(appointment.starts_at.year) in text
    assert "Robin Legal Name" in text
    assert other.label not in text
    assert appointment.service.name not in text
    assert "ouple" not in text
    assert response["Content-Disposition"] == 'attachment; filename="dates.txt"'
    assert "no-store" in response["Cache-Control"]
    assert Change.objects.get(kind="attendance_extracted").subject_id == one.pk
    assert signed_in(office).post(address, asked | {"as_file": "pdf"})["Content-Type"] == (
        "application/pdf"
    )


def test_a_session_that_was_cancelled_or_left_is_no_date_of_attendance(
    office: Office, two: tuple[Participant, Participant, Appointment]
) -> None:
    one, other, appointment = two
    took_place(appointment)
    now = timezone.now()
    appointment.attendances.filter(participant=other).update(left_at=now)

    def dates(person: Participant) -> int:
        extract = extract_attendance(
            participant_id=person.pk, practitioner_id=office.practitioner.pk, now=now
        )
        return len(extract.dates)

    assert (dates(one), dates(other)) == (1, 0)
    Appointment.objects.filter(pk=appointment.pk).update(state="cancelled")
    assert dates(one) == 0


def test_nobody_elses_practitioner_gets_an_extract(
    two: tuple[Participant, Participant, Appointment],
) -> None:
    one = two[0]
    stranger = make_practitioner(slug="other")

    with pytest.raises(NotTheirPractitioner):
        extract_attendance(
            participant_id=one.pk,
            practitioner_id=stranger.pk,
            now=timezone.now() + timedelta(days=1),
        )

    assert not Change.objects.filter(kind="attendance_extracted").exists()
