"""Reviews and alerts: nothing is confirmed before, and only their own practitioner decides."""

from typing import Any

import pytest
from django.utils import timezone

from booking.domain.refusals import GateClosed
from booking.models import Participant, Request
from booking.operations import decisions
from intake.domain.refusals import NotContacted, NotTheirPractitioner, ReviewClosed
from intake.models import Alert, Review
from intake.operations import safety
from practice.models import Change
from tests.booking.factories import Office, make_practitioner, ready, requester_of
from tests.intake.people import answer_everything, answer_safety, flagged

pytestmark = pytest.mark.django_db(transaction=True)


def close(review: Review, office: Office, **changed: Any) -> None:
    wanted: dict[str, Any] = {"decision": "proceed", "supervised": True}
    wanted["contacted"] = flagged(review.request)
    safety.close(
        review_id=review.pk,
        practitioner_id=office.practitioner.pk,
        now=timezone.now(),
        **(wanted | changed),
    )


def test_the_practitioner_cannot_confirm_before_the_review_is_closed(office: Office) -> None:
    now = timezone.now()
    request = ready(office, now=now)
    person = requester_of(request)
    answer_everything(person, now)
    answer_safety(person, sf_h1="yes")
    with pytest.raises(GateClosed) as refused:
        decisions.confirm(
            request_id=request.pk, practitioner_id=office.practitioner.pk, now=timezone.now()
        )
    assert [str(r) for r in refused.value.reasons] == ["review_open"]

    close(Review.objects.get(), office)

    decisions.confirm(
        request_id=request.pk, practitioner_id=office.practitioner.pk, now=timezone.now()
    )
    assert Request.objects.get().state == "confirmed"


def test_a_review_is_decided_after_a_private_contact(one: Participant, office: Office) -> None:
    answer_safety(one, sf_choice="no")
    review = Review.objects.get()
    with pytest.raises(NotContacted):
        close(review, office, contacted=[])

    safety.record_contact(
        review_id=review.pk,
        participant_id=one.pk,
        practitioner_id=office.practitioner.pk,
        now=timezone.now(),
    )
    close(review, office, contacted=[], decision="individual_first", supervised=False)

    review.refresh_from_db()
    assert review.contacted_at is not None
    assert (review.decision, review.supervised) == ("individual_first", False)
    assert review.decided_by_id == office.practitioner.pk
    assert Request.objects.get().review_open is False
    assert not Alert.objects.filter(acknowledged_at__isnull=True).exists()
    with pytest.raises(ReviewClosed):
        close(review, office)


@pytest.mark.parametrize("decision", ["refer", "decline"])
def test_a_request_that_is_to_be_declined_stays_held_until_it_is_or_they_decide_anew(
    one: Participant, office: Office, decision: str
) -> None:
    answer_safety(one, sf_choice="no")
    review = Review.objects.get()

    close(review, office, decision=decision)
    assert Request.objects.get().review_open is True
    close(review, office, decision="proceed")

    assert Request.objects.get().review_open is False
    review.refresh_from_db()
    assert review.decision == "proceed"


def test_a_new_reason_after_a_decision_opens_a_new_review(one: Participant, office: Office) -> None:
    answer_safety(one, sf_choice="no")
    close(Review.objects.get(), office)

    answer_safety(one, sf_choice="no", sf_h1="yes", sf_attending="yes")

    assert Review.objects.filter(closed_at__isnull=True).count() == 1
    assert Alert.objects.filter(acknowledged_at__isnull=True).count() == 1
    assert Request.objects.get().review_open is True


def test_an_alert_is_acknowledged_once_by_its_own_practitioner(
    one: Participant, office: Office
) -> None:
    answer_safety(one, sf_choice="no")
    alert = Alert.objects.get()
    with pytest.raises(NotTheirPractitioner):
        safety.acknowledge(
            alert_id=alert.pk,
            practitioner_id=make_practitioner(slug="river").pk,
            now=timezone.now(),
        )

    for _ in range(2):
        safety.acknowledge(
            alert_id=alert.pk, practitioner_id=office.practitioner.pk, now=timezone.now()
        )

    alert.refresh_from_db()
    assert alert.acknowledged_by_id == office.practitioner.pk
    acknowledged = Change.objects.get(kind="alert_acknowledged")
    assert acknowledged.snapshot == {"alert": str(alert.pk)}
    assert Request.objects.get().review_open is True, "seen is not decided"


def test_another_practitioner_decides_nothing(one: Participant, office: Office) -> None:
    answer_safety(one, sf_choice="no")
    other = make_practitioner(slug="river")

    with pytest.raises(NotTheirPractitioner):
        safety.close(
            review_id=Review.objects.get().pk,
            practitioner_id=other.pk,
            contacted=[one.pk],
            decision="proceed",
            supervised=False,
            now=timezone.now(),
        )

    assert Request.objects.get().review_open is True
