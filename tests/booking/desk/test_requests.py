"""The page of a request, and what can be decided there."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from booking.models import Appointment, Decision, Participant, Request
from practice.models import Change
from tests.booking import factories
from tests.booking.desk.at_the_desk import text, url
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


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
        ({"other_date": "2026-02-31", "other_time": "10:00"}, "Please give a date like"),
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
