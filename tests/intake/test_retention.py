"""What is kept no longer goes, each class by its own clock; a dry run only lists it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from booking.domain.refusals import LinkUnusable
from booking.models import Appointment, Participant, Request
from booking.operations import forgetting, links
from intake import tasks
from intake.domain.retention import Kept
from intake.models import Alert, Answer, AnswerSheet, Flag, Review, Signature
from intake.operations import safety, sheets
from intake.operations.retention import Going, purge
from intake.operations.settings import Changes, change_settings
from practice.models import Change
from tests.booking.factories import Office, link_of, people_of, verified
from tests.booking.races.harness import PATIENCE, wait_until_somebody_waits
from tests.intake.people import QUIET, answer_everything, device, save

pytestmark = pytest.mark.django_db(transaction=True)
SEALED = Q(question__startswith="sf_")


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


def test_what_remains_after_the_last_session_is_reached_until_the_clock_ends_the_links(
    office: Office,
) -> None:
    now = timezone.now()
    person = filled(office, now)
    close(person, state="expired", at=now)
    browser, link = device(person), link_of(person)

    before = browser.get(reverse("you", args=[person.pk])).content.decode()
    copy = reverse("you-copy", args=[person.pk])
    read = browser.get(copy).content.decode()
    purge(now=now + timedelta(days=31))

    assert f'href="{copy}"' in before, "a closed page leads to what is theirs"
    assert "calm" in read
    assert "is deleted by itself on" in read
    assert browser.get(copy).status_code == 404
    with pytest.raises(LinkUnusable):
        links.usable_link(links.token(link.pk))


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
        contacted=[other.pk],
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


def test_nothing_tells_any_more_that_somebody_was_in_danger(office: Office) -> None:
    now = timezone.now()
    person = people_of(verified(office, now=now))[0]
    answer_everything_flagged(person, now)
    safety.hear(participant_id=person.pk, said={"sf_a5": "yes"}, now=now)
    by = office.practitioner.pk
    safety.acknowledge(alert_id=Alert.objects.all()[0].pk, practitioner_id=by, now=now)
    safety.close(
        review_id=Review.objects.get().pk,
        practitioner_id=office.practitioner.pk,
        contacted=[person.pk],
        decision="decline",
        supervised=True,
        now=now,
    )
    close(person, state="declined", at=now)
    assert {a.level for a in Alert.objects.all()} == {"acute", "review"}, "the control"

    purge(now=now + timedelta(days=89))
    assert Alert.objects.exists()
    purge(now=now + timedelta(days=91))

    assert not any(table.objects.exists() for table in (Alert, Flag, Review))
    assert Request.objects.get().review_open is False
    about = Change.objects.filter(kind__in=("flag_raised", "alert_acknowledged"))
    assert {change.kind for change in about} == {"flag_raised", "alert_acknowledged"}
    assert all(set(change.snapshot) == {"alert"} for change in about)
    assert purge(now=now + timedelta(days=91)) == []


def test_a_request_with_sessions_stays_held_where_that_was_decided(office: Office) -> None:
    now = timezone.now()
    person = people_of(verified(office, now=now))[0]
    answer_everything_flagged(person, now)
    safety.close(
        review_id=Review.objects.get().pk,
        practitioner_id=office.practitioner.pk,
        contacted=[person.pk],
        decision="decline",
        supervised=True,
        now=now,
    )
    close(person, state="confirmed", at=now)
    Appointment.objects.update(state="fulfilled")
    last = max(Appointment.objects.values_list("ends_at", flat=True))

    purge(now=last + timedelta(days=91))

    assert not any(table.objects.exists() for table in (Alert, Flag, Review))
    assert Request.objects.get().review_open is True, "it may go on: nobody confirms by mistake"


def test_telephone_numbers_and_what_stands_in_calendars_go_with_the_answers(
    office: Office,
) -> None:
    now = timezone.now()
    person = filled(office, now)
    private = {"phone": "+1 212 555 0100", "pronouns": "they", "event_title": "12 Elm St, Ada"}
    Participant.objects.filter(pk=person.pk).update(**private)
    close(person, state="confirmed", at=now)
    Request.objects.update(closed_at=None)
    Appointment.objects.update(state="fulfilled")
    last = max(Appointment.objects.values_list("ends_at", flat=True))

    purge(now=last + timedelta(days=364))
    assert Participant.objects.values(*private).get(pk=person.pk) == private
    [gone] = purge(now=last + timedelta(days=366))

    kept = Participant.objects.get(pk=person.pk)
    assert [getattr(kept, name) for name in private] == ["", "", ""]
    assert kept.chosen_name == "Robin", "who signed is known for as long as the signatures are"
    assert kept.email
    assert gone.counts.keys() == {Kept.ANSWERS}
    assert purge(now=last + timedelta(days=366)) == []


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


def test_a_purge_does_not_hold_the_calendar_while_somebody_deletes_their_own(
    office: Office,
) -> None:
    now = timezone.now()
    person = filled(office, now)
    close(person, state="expired", at=now)

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            sheets.lock_sheet(participant_id=person.pk, now=now)
            purging = threads.submit(_purged_elsewhere, now + timedelta(days=31))
            wait_until_somebody_waits()
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
            forgetting.lock(person.request_id)  # what deleting one's own takes next
        gone = purging.result(PATIENCE)

    assert [going.request_id for going in gone] == [person.request_id]


def _purged_elsewhere(now: datetime) -> Sequence[Going]:
    try:
        return purge(now=now)
    finally:
        connections.close_all()
