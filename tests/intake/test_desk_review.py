"""Alerts and reviews on the practitioner's desk: seen, decided, and invisible outside."""

import json
import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from booking.models import Participant, Request
from booking.operations import reviews
from intake.models import Alert, Flag, Review
from intake.operations import safety
from intake.operations.reading import open_flags
from intake.queries.answers import ANSWERS_READ
from practice.models import Change
from practice.sealing import seal
from tests.booking.factories import Office, make_practitioner, people_of, verified

pytestmark = pytest.mark.django_db(transaction=True)


def flag(person: Participant, level: str = "review", *sources: str) -> Flag:
    """Raise a flag as the safety section does."""
    now = timezone.now()
    found = Flag(id=uuid4(), participant=person, level=level, raised_at=now)
    found.sources_sealed = seal(
        json.dumps(sources or ["hark"]), label="flag", row=found.id, field="sources"
    )
    found.save(force_insert=True)
    if level != "note":
        with transaction.atomic():
            reviews.open_review(request_id=person.request_id, now=now)
        Review.objects.get_or_create(
            request_id=person.request_id, closed_at=None, defaults={"opened_at": now}
        )
        Alert.objects.create(
            request_id=person.request_id, participant=person, level=level, raised_at=now
        )
    return found


def asked(office: Office) -> Request:
    return verified(office, "couple", now=timezone.now())


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, response.content.decode()
    return " ".join(response.content.decode().split())


def page(request: Request) -> str:
    return reverse("desk-review", args=[request.pk])


def review_of(request_id: UUID) -> Review:
    return Review.objects.get(request_id=request_id)


def test_a_flagged_request_stands_on_the_list_and_every_page_of_the_desk_leads_there(
    office: Office, desk: Client
) -> None:
    request = asked(office)
    quiet = asked(office)
    flag(people_of(request)[0], "acute", "asq_now")

    listed = text(desk, reverse("desk-attention"))
    calendar = text(desk, reverse("desk:waiting"))

    assert page(request) in listed
    assert page(quiet) not in listed
    assert "1 request needs your attention" in calendar


def test_the_board_says_how_urgent_each_request_is_and_the_frame_how_many_are_acute(
    office: Office, desk: Client
) -> None:
    less, more = asked(office), asked(office)
    flag(people_of(less)[0])

    calm = text(desk, reverse("desk:calendar"))
    flag(people_of(more)[1], "acute", "asq_now")
    board = text(desk, reverse("desk:waiting"))

    assert "1 request needs your attention</a></p>" in calm
    assert "2 requests need your attention</a> <strong>1 is acute</strong></p>" in board
    urgent = board.split('id="review"')[1]
    assert urgent.index("Acute") < urgent.index(page(more)) + 500
    assert urgent.index(page(more)) < urgent.index(page(less))
    assert urgent.index("Acute") < urgent.index("To talk about alone")


def test_with_names_hidden_the_board_says_how_urgent_it_is_and_nobodys_name(
    office: Office, desk: Client
) -> None:
    request = asked(office)
    flag(people_of(request)[0], "acute", "asq_now")
    desk.post(reverse("desk-privacy"), {"hide": "yes"})

    shown = text(desk, reverse("desk:waiting")) + text(desk, reverse("desk-attention"))

    assert "Acute" in shown
    assert [p.label for p in people_of(request) if p.label in shown] == []


def test_each_alert_of_a_list_says_whom_it_is_about_and_no_two_buttons_are_called_the_same(
    office: Office, desk: Client
) -> None:
    request = asked(office)
    alex, _sam = people_of(request)
    flag(alex)
    flag(alex, "acute", "asq_now")

    for listed in (text(desk, reverse("desk-attention")), text(desk, page(request))):
        buttons = re.findall("I have seen it <span[^>]*>([^<]*)</span>", listed)

        assert len(set(buttons)) == 2
        assert {b.split(", since")[0] for b in buttons} == {
            f"(Acute: {alex.label}",
            f"(To talk about alone: {alex.label}",
        }
        assert len(re.findall(f"<p[^>]*>(?:Acute|To talk about alone): {alex.label}", listed)) == 2


def test_the_list_says_for_how_long_a_request_is_held(office: Office, desk: Client) -> None:
    request = asked(office)
    flag(people_of(request)[0])
    Review.objects.update(opened_at=timezone.now() - timedelta(hours=6, minutes=5))

    listed = text(desk, reverse("desk-attention")).replace("\xa0", " ")

    assert "held for 6 hours, 5 minutes" in listed


def test_the_list_costs_as_many_queries_for_one_request_as_for_eight(
    office: Office, desk: Client
) -> None:
    counts = []
    for wanted in (1, 8):
        while Review.objects.count() < wanted:
            request = asked(office)
            for person in Participant.objects.filter(request=request):
                flag(person)
        with CaptureQueriesContext(connection) as captured:
            text(desk, reverse("desk-attention"))
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_an_alert_is_acknowledged_once_and_stays_in_the_trail(office: Office, desk: Client) -> None:
    request = asked(office)
    flag(people_of(request)[0])
    alert = Alert.objects.get()

    response = desk.post(reverse("desk-acknowledge", args=[alert.pk]))

    alert.refresh_from_db()
    assert response["Location"] == page(request)
    assert alert.acknowledged_by == office.practitioner
    shown = text(desk, page(request))
    assert "Acknowledged" in shown
    assert "I have seen it" not in shown
    assert Request.objects.get(pk=request.pk).review_open, "seeing it decides nothing"


def test_a_decision_follows_a_private_talk(office: Office, desk: Client) -> None:
    request = asked(office)
    person = people_of(request)[0]
    flag(person)
    review = review_of(request.pk)
    url = reverse("desk-decide", args=[review.pk])

    refused = desk.post(url, {"decision": "proceed"})
    desk.post(reverse("desk-contact", args=[review.pk]), {"person": str(person.pk)})
    taken = desk.post(url, {"decision": "proceed", "supervised": "on"})

    review.refresh_from_db()
    assert refused.status_code == 400
    assert b"A decision follows a private talk with each of them" in refused.content
    assert taken.status_code == 302
    assert review.contacted_at is not None
    assert (review.decision, review.supervised) == ("proceed", True)
    assert not Request.objects.get(pk=request.pk).review_open
    assert page(request) not in text(desk, reverse("desk-attention"))


def test_a_review_that_ends_in_declining_stays_held_and_may_be_changed(
    office: Office, desk: Client
) -> None:
    request = asked(office)
    person = people_of(request)[0]
    flag(person)
    url = reverse("desk-decide", args=[review_of(request.pk).pk])

    desk.post(url, {"decision": "decline", "contacted": str(person.pk)})
    held = Request.objects.get(pk=request.pk).review_open
    offered = text(desk, page(request))
    desk.post(url, {"decision": "individual_first"})

    assert held
    assert "Change the decision" in offered
    assert not Request.objects.get(pk=request.pk).review_open
    assert review_of(request.pk).decision == "individual_first"


def test_opening_a_flag_is_a_reading_and_says_why_it_was_raised(
    office: Office, desk: Client
) -> None:
    request = asked(office)
    person = people_of(request)[0]
    flag(person, "review", "hark", "choice")
    before = text(desk, page(request))
    unread = Change.objects.filter(kind=ANSWERS_READ).count()

    opened = text(desk, reverse("desk-flags", args=[request.pk, person.pk]))

    assert unread == 0, "the review itself opens nothing"
    assert "HARK: a yes" not in before
    assert "HARK: a yes" in opened
    assert "Not sure to be taking part" in opened
    row = Change.objects.get(kind=ANSWERS_READ)
    assert row.subject_id == person.pk
    assert set(row.snapshot) == {"sheet", "answers"}, "a reader of the trail learns of no flag"


def test_a_reason_whose_key_is_lost_says_so(office: Office, desk: Client) -> None:
    request = asked(office)
    person = people_of(request)[0]
    found = flag(person)
    Flag.objects.filter(pk=found.pk).update(sources_sealed=b"nonsense")

    opened = text(desk, reverse("desk-flags", args=[request.pk, person.pk]))

    assert "The reason cannot be opened" in opened


def test_another_practitioner_finds_nothing(office: Office, client: Client) -> None:
    request = asked(office)
    person = people_of(request)[0]
    flag(person)
    other = make_practitioner(slug="casey")
    assert other.user is not None
    client.force_login(other.user)
    review, alert = review_of(request.pk), Alert.objects.get()

    gets = [
        page(request),
        reverse("desk-flags", args=[request.pk, person.pk]),
        reverse("desk-marks", args=[request.pk]),
    ]
    posts = [
        reverse("desk-acknowledge", args=[alert.pk]),
        reverse("desk-contact", args=[review.pk]),
        reverse("desk-decide", args=[review.pk]),
    ]

    assert [client.get(url).status_code for url in gets] == [404, 404, 404]
    assert [client.post(url, {"decision": "proceed"}).status_code for url in posts] == [404] * 3
    assert page(request) not in text(client, reverse("desk-attention"))
    assert not Change.objects.filter(kind=ANSWERS_READ).exists()
    assert Request.objects.get(pk=request.pk).review_open


def test_a_stranger_is_asked_to_sign_in(office: Office, client: Client) -> None:
    request = asked(office)
    flag(people_of(request)[0])

    answers = [client.get(u) for u in (page(request), reverse("desk-attention"))]

    assert [a.status_code for a in answers] == [302, 302]
    assert all(a["Location"].startswith(reverse("account_login")) for a in answers)


def test_a_reading_that_cannot_be_noted_is_refused(office: Office) -> None:
    request = asked(office)
    person = people_of(request)[0]
    flag(person)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE practice_change RENAME COLUMN snapshot TO gone")
    try:
        with pytest.raises(Exception, match="snapshot"):
            open_flags(
                practitioner_id=office.practitioner.pk,
                participant_id=person.pk,
                now=timezone.now(),
            )
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE practice_change RENAME COLUMN gone TO snapshot")


def test_acknowledging_twice_keeps_the_first(office: Office) -> None:
    request = asked(office)
    flag(people_of(request)[0])
    alert = Alert.objects.get()
    first = timezone.now()
    for _ in range(2):
        safety.acknowledge(alert_id=alert.pk, practitioner_id=office.practitioner.pk, now=first)

    assert Change.objects.filter(kind="alert_acknowledged").count() == 1
