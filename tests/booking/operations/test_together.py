"""Finding a time together: everyone says what suits, and nobody learns anything of the others."""

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from booking.domain.refusals import InvalidRequest, NotTheirs
from booking.domain.together import Match
from booking.models import Appointment, Participant, Vote
from booking.operations import decisions, participants, requests, together
from booking.queries.together import ballot, outcome
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office
from tests.booking.operations.ballots import (
    all_mark,
    ask_again,
    asked_of,
    confirm,
    seen_by,
    starts_of,
    words_of,
)
from tests.booking.operations.shared import fresh

pytestmark = pytest.mark.django_db


def leave(person: Participant) -> None:
    """One of several leaves quietly; of two this ends the request."""
    requests.withdraw(participant_id=person.pk, now=NOW)


# --- Saying what suits ----------------------------------------------------------------------------


def test_what_is_not_marked_does_not_suit(office: Office) -> None:
    alex, _ = make.people_of(make.finding(office))
    first, second, third = starts_of(alex)[:3]

    make.mark(alex, can=[first], could=[third])

    words = words_of(alex)
    assert [words.pop(s) for s in (first, second, third)] == ["can", "cant", "could"]
    assert set(words.values()) == {"cant"}
    assert asked_of(alex).has_answered
    noted = Change.objects.get(kind="poll_answered")
    assert noted.actor == f"client:{alex.pk}"
    assert not hasattr(noted, "pending")


def test_marks_come_in_any_zone_and_those_for_other_times_are_ignored(office: Office) -> None:
    alex, _ = make.people_of(make.finding(office))
    first = starts_of(alex)[0]

    make.mark(alex, can=[first.astimezone(ZoneInfo("Asia/Kathmandu")), first - timedelta(days=30)])

    assert list(Vote.objects.filter(word="can").values_list("starts_at", flat=True)) == [first]


def test_marking_again_replaces_what_was_said(office: Office) -> None:
    alex, _ = make.people_of(make.finding(office))
    first, second = starts_of(alex)[:2]
    make.mark(alex, can=[first])

    make.mark(alex, could=[second])

    assert [words_of(alex)[s] for s in (first, second)] == ["cant", "could"]


def test_a_word_that_is_none_of_the_three_is_refused(office: Office) -> None:
    alex, _ = make.people_of(make.finding(office))

    with pytest.raises(InvalidRequest):
        together.vote(participant_id=alex.pk, marks={starts_of(alex)[0]: "perhaps"}, now=NOW)

    assert not Vote.objects.exists()


def test_the_request_is_ready_once_everybody_has_marked(office: Office) -> None:
    request = make.finding(office)
    alex, sam = make.people_of(request)
    start = starts_of(alex)[0]
    assert fresh(request).state == "gathering"

    make.mark(alex, can=[start])
    assert fresh(request).state == "gathering"
    make.mark(sam)

    assert fresh(request).state == "ready"


def test_marking_early_does_not_make_up_for_an_unfinished_part(office: Office) -> None:
    request = make.verified(office, "couple", times=(), find_together=True)
    alex, sam = make.people_of(request)
    make.enter(sam)
    make.join(sam)
    for person in (alex, sam):
        make.mark(person)

    assert fresh(request).state == "gathering"
    for person in (alex, sam):
        make.clear(person)
    assert fresh(request).state == "ready"


@pytest.mark.parametrize(
    "why", ["nobody", "not joined", "left", "excused", "chose times", "closed"]
)
def test_whoever_is_not_asked_cannot_mark(office: Office, why: str) -> None:
    request = (
        make.verified(office, "couple")
        if why == "chose times"
        else make.verified(office, "couple", times=(), find_together=True)
    )
    alex, sam = make.people_of(request)
    person_id = {"nobody": uuid4(), "chose times": alex.pk, "closed": alex.pk}.get(why, sam.pk)
    if why in ("left", "excused"):
        make.enter(sam)
        make.join(sam)
    if why == "left":
        leave(sam)
    if why == "excused":
        participants.excuse(participant_id=sam.pk, practitioner_id=office.practitioner.pk, now=NOW)
    if why == "closed":
        requests.withdraw(participant_id=alex.pk, now=NOW)

    assert ballot(person_id, now=NOW) is None
    with pytest.raises(NotTheirs):
        together.vote(participant_id=person_id, marks={}, now=NOW)


def test_a_person_who_comes_sometimes_is_not_asked(office: Office) -> None:
    request = make.verified(
        office,
        "non_monogamous",
        times=(),
        find_together=True,
        others=[make.partner("Kai"), make.partner("Noor", attends="sometimes")],
    )
    [noor] = make.people_of(request, attends="sometimes")
    make.enter(noor)
    make.join(noor)

    assert ballot(noor.pk, now=NOW) is None


# --- One's own ballot -----------------------------------------------------------------------------


def test_a_ballot_has_the_open_times_by_day_in_ones_own_zone(office: Office) -> None:
    alex, _ = make.people_of(make.finding(office))
    participants_zone = ZoneInfo("Pacific/Auckland")
    Participant.objects.filter(pk=alex.pk).update(time_zone=participants_zone.key)

    found = asked_of(alex)

    assert found.zone == participants_zone
    assert all(
        t.starts_at.astimezone(participants_zone).date() == day
        for day, times in found.days
        for t in times
    )
    offered = make.open_starts(office, office.service("couple"), days=43)
    assert [t.starts_at for _, times in found.days for t in times] == offered
    assert [day for day, _ in found.days] == sorted({day for day, _ in found.days})
    assert not found.has_answered
    assert found.is_open


def test_a_ballot_shows_only_ones_own_words(office: Office) -> None:
    alex, sam = make.people_of(make.finding(office))
    start = starts_of(alex)[0]

    make.mark(sam, can=[start])

    assert set(words_of(alex).values()) == {None}


def test_a_time_that_opened_since_has_no_word_yet(office: Office) -> None:
    taken = make.booked(office, "couple")
    alex, _ = make.people_of(make.finding(office))
    make.mark(alex)

    freed = make.cancelled(taken, now=NOW + timedelta(seconds=1))

    assert words_of(alex)[freed] is None
    assert asked_of(alex).has_answered


def test_nothing_on_a_ballot_changes_through_what_happens_to_the_others(office: Office) -> None:
    request = make.finding(
        office, "non_monogamous", others=[make.partner("Kai"), make.partner("Noor")]
    )
    alex, kai, noor = make.people_of(request)
    start = starts_of(alex)[3]
    make.mark(alex, can=[start])
    before = seen_by(alex, now=NOW)

    def unchanged() -> bool:
        return seen_by(alex, now=NOW) == before

    make.mark(kai, can=[start])
    assert unchanged()
    make.mark(noor, could=[start])
    assert fresh(request).state == "ready"
    assert unchanged()
    confirm(office, request, start)
    assert Appointment.objects.filter(request=request, state="held").exists()
    assert unchanged()
    decisions.undo(request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW)
    assert unchanged()
    ask_again(office, request)
    assert unchanged()
    decisions.undo(request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW)
    make.unclear(noor)
    assert fresh(request).state == "gathering"
    assert unchanged()
    requests.withdraw(participant_id=noor.pk, now=NOW)
    assert unchanged()
    participants.excuse(participant_id=noor.pk, practitioner_id=office.practitioner.pk, now=NOW)
    assert unchanged()


# --- What the practitioner sees -------------------------------------------------------------------


def test_the_practitioner_sees_nothing_until_all_have_answered(office: Office) -> None:
    request = make.finding(office)
    alex, sam = make.people_of(request)
    starts = starts_of(alex)
    make.mark(alex, can=starts)

    found = outcome(fresh(request), now=NOW)
    assert (found.all_answered, found.works, found.nearest) == (False, [], [])
    make.mark(sam, can=[starts[4]], could=[starts[2]])

    found = outcome(fresh(request), now=NOW)
    assert found.all_answered
    assert found.works == [Match(starts[4], 2, 0, 0), Match(starts[2], 1, 1, 0)]
    assert found.nearest == []


def test_where_nothing_suits_all_they_see_what_comes_nearest(office: Office) -> None:
    request = make.finding(office)
    alex, sam = make.people_of(request)
    starts = starts_of(alex)
    make.mark(alex, could=[starts[1]])
    make.mark(sam, can=[starts[5]])

    found = outcome(fresh(request), now=NOW)

    assert found.works == []
    assert found.nearest == [Match(starts[5], 1, 0, 1), Match(starts[1], 0, 1, 1)]


def test_somebody_who_has_left_is_waited_for_until_it_goes_on_without_them(
    office: Office,
) -> None:
    request = make.finding(
        office, "non_monogamous", others=[make.partner("Kai"), make.partner("Noor")]
    )
    alex, kai, noor = make.people_of(request)
    start = starts_of(alex)[0]
    for person in (alex, kai):
        make.mark(person, can=[start])
    make.mark(noor)
    requests.withdraw(participant_id=noor.pk, now=NOW)
    assert not outcome(fresh(request), now=NOW).all_answered

    participants.excuse(participant_id=noor.pk, practitioner_id=office.practitioner.pk, now=NOW)

    assert fresh(request).state == "ready"
    assert outcome(fresh(request), now=NOW).works == [Match(start, 2, 0, 0)]


def test_a_start_before_the_decision_would_leave_is_not_offered_to_the_practitioner(
    office: Office,
) -> None:
    request = make.finding(office)
    alex, _ = make.people_of(request)
    friday = NOW + timedelta(days=4, hours=7)  # 18:00; the next batch leaves on Monday at 10:00
    office.services["couple-80"].notice_minutes = 0
    office.services["couple-80"].save()
    monday = datetime(2026, 10, 19, 9, 0, tzinfo=NEW_YORK)
    later = monday + timedelta(hours=6)
    all_mark(request, [monday, later], now=friday)
    assert monday in starts_of(alex, now=friday)

    assert [m.starts_at for m in outcome(fresh(request), now=friday).works] == [later]


def test_a_request_with_times_of_its_own_has_no_outcome(office: Office) -> None:
    assert not outcome(make.ready(office, "couple"), now=NOW).all_answered
