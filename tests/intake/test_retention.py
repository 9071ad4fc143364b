"""What is kept no longer goes, each class by its own clock; a dry run only lists it."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import Q
from django.utils import timezone

from booking.models import Appointment, Participant, Request
from intake import tasks
from intake.domain.retention import Kept
from intake.models import Answer, AnswerSheet, Flag, Review, Signature
from intake.operations import safety
from intake.operations.retention import purge
from intake.operations.settings import Changes, change_settings
from practice.models import Change
from tests.booking.factories import Office, make_office, people_of, verified
from tests.intake.people import QUIET, answer_everything, save

pytestmark = pytest.mark.django_db(transaction=True)
SEALED = Q(question__startswith="sf_")


@pytest.fixture
def office() -> Office:
    return make_office()


def left() -> dict[str, int]:
    """How much is left of each class."""
    return {
        "answers": Answer.objects.exclude(SEALED).count(),
        "sealed": Answer.objects.filter(SEALED).count(),
        "signatures": Signature.objects.count(),
        "people": Participant.objects.exclude(email="").count(),
    }


def filled(office: Office, now: datetime) -> Participant:
    person = people_of(verified(office, now=now))[0]
    answer_everything(person, now)
    return person


def close(person: Participant, *, state: str, at: datetime) -> None:
    """A request that ended, as it stands in the table."""
    Request.objects.filter(pk=person.request_id).update(state=state, closed_at=at)
    Appointment.objects.filter(request=person.request_id).update(state="released", held_until=None)


def test_an_abandoned_request_leaves_nothing_after_thirty_days(office: Office) -> None:
    now = timezone.now()
    person = filled(office, now)
    close(person, state="expired", at=now)

    assert purge(now=now + timedelta(days=29)) == []
    [gone] = purge(now=now + timedelta(days=31))

    assert set(gone.counts) == set(Kept)
    assert left() == {"answers": 0, "sealed": 0, "signatures": 0, "people": 0}
    assert not AnswerSheet.objects.exists()
    request = Request.objects.get()
    assert (request.topics_sealed, request.words_sealed) == (None, None)
    noted = Change.objects.get(kind="data_purged")
    assert noted.subject_id == request.pk
    assert purge(now=now + timedelta(days=31)) == []


def test_an_open_request_is_left_alone_however_old(office: Office) -> None:
    filled(office, timezone.now())
    before = left()

    assert purge(now=timezone.now() + timedelta(days=9999)) == []
    assert left() == before


def test_what_is_declined_is_kept_for_ninety_days(office: Office) -> None:
    now = timezone.now()
    close(filled(office, now), state="declined", at=now)

    assert purge(now=now + timedelta(days=89)) == []
    assert len(purge(now=now + timedelta(days=91))) == 1


def test_after_the_last_session_sealed_answers_then_the_others_then_signatures_go(
    office: Office,
) -> None:
    now = timezone.now()
    person = filled(office, now)
    close(person, state="confirmed", at=now)
    Request.objects.update(closed_at=None)
    Appointment.objects.update(state="fulfilled")
    last = max(Appointment.objects.values_list("ends_at", flat=True))

    kept = []
    for days in (89, 91, 364, 366, 2554, 2556):
        purge(now=last + timedelta(days=days))
        kept.append([name for name, count in left().items() if count])

    assert kept == [
        ["answers", "sealed", "signatures", "people"],
        ["answers", "signatures", "people"],
        ["answers", "signatures", "people"],
        ["signatures", "people"],
        ["signatures", "people"],
        [],
    ]


def test_an_open_review_keeps_everything_and_a_decision_keeps_its_reason(office: Office) -> None:
    now = timezone.now()
    person = filled(office, now)
    other = people_of(verified(office, now=now))[0]
    answer_everything_flagged(other, now)
    for one in (person, other):
        close(one, state="expired", at=now)

    purge(now=now + timedelta(days=80))

    assert set(Answer.objects.values_list("sheet__participant", flat=True)) == {other.pk}
    assert Flag.objects.filter(participant=other).exists()
    safety.close(
        review_id=Review.objects.get().pk,
        practitioner_id=office.practitioner.pk,
        contacted=True,
        decision="refer",
        supervised=True,
        now=now + timedelta(days=80),
    )
    purge(now=now + timedelta(days=81))
    assert set(Answer.objects.values_list("question", flat=True)) <= {
        *Answer.objects.filter(SEALED).values_list("question", flat=True)
    }
    assert Answer.objects.exists()
    purge(now=now + timedelta(days=171))
    assert not Answer.objects.exists()
    assert not Flag.objects.exists()


def answer_everything_flagged(person: Participant, now: datetime) -> None:
    """Everything, with something in the safety section that holds the request."""
    answer_everything(person, now)
    Answer.objects.filter(SEALED, sheet__participant=person).delete()
    AnswerSheet.objects.filter(participant=person).update(safety_at=None)
    save(person, "quiet", {**QUIET, "sf_h2": "yes", "sf_attending": "yes"}, now)


def test_the_dry_run_lists_what_would_go_and_keeps_it(office: Office) -> None:
    now = timezone.now()
    person = filled(office, now)
    close(person, state="withdrawn", at=now - timedelta(days=40))
    before = left()
    out = StringIO()

    call_command("purge", "--dry-run", stdout=out)

    assert str(person.request_id) in out.getvalue()
    assert "Would go: answers" in out.getvalue()
    assert left() == before
    call_command("purge", stdout=out)
    assert "Gone: answers" in out.getvalue()
    assert sum(left().values()) == 0
    out = StringIO()
    call_command("purge", stdout=out)
    assert out.getvalue() == "Nothing is due.\n"


def test_the_task_does_the_same_by_the_days_that_the_practice_has_set(office: Office) -> None:
    now = timezone.now()
    close(filled(office, now), state="expired", at=now - timedelta(days=3))
    tasks.purge()
    assert sum(left().values()) > 0

    change_settings(
        practitioner_id=office.practitioner.pk,
        changes=Changes(retention_days={"abandoned": 2}),
        now=now,
    )
    tasks.purge()

    assert sum(left().values()) == 0
