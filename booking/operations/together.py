"""Finding a time together: each person says which open starts suit them; nobody else sees it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from booking.domain.refusals import InvalidRequest, NotTheirs, Problem
from booking.domain.states import AppointmentState
from booking.domain.together import ACCEPTING, CANT, WORDS
from booking.models import Decision, Participant, TimeAnswer, Vote
from booking.operations import calendar, decisions, polls
from booking.operations.calendar import takes_time
from booking.operations.decisions import Outcome
from booking.operations.requests import is_single, settle
from booking.queries.together import asked_starts, may_mark, own_votes, takes_marks
from practice.operations import journal


@transaction.atomic(durable=True)
def vote(*, participant_id: UUID, marks: Mapping[datetime, str], now: datetime) -> None:
    """One person says *can*, *could* or *can't* to the starts that are open; no mark is a no.

    Starts that are not asked about (any more) are ignored. It replaces what they said before
    and may be changed until the practitioner's decision leaves. Raises `NotTheirs` unless this
    person is being asked, `InvalidRequest` for a word that is none of the three.
    """
    if not WORDS.issuperset(marks.values()):
        raise InvalidRequest(
            [Problem("marks", "unknown_word", "Please choose one of the three answers.")]
        )
    request_id = (
        Participant.objects.values_list("request_id", flat=True).filter(pk=participant_id).first()
    )
    if request_id is None:
        raise NotTheirs
    request = calendar.lock_calendar_and_request(request_id)
    participant = Participant.objects.select_for_update(no_key=True).get(pk=participant_id)
    if not takes_marks(request) or not may_mark(participant):
        raise NotTheirs
    said = {start.astimezone(UTC): word for start, word in marks.items()}
    words = {start: said.get(start, CANT) for start in asked_starts(request, now=now)}
    own_votes(participant, request).delete()
    Vote.objects.bulk_create(
        Vote(participant=participant, starts_at=start, word=word, voted_at=now)
        for start, word in words.items()
    )
    _answer_what_is_held(participant, words, now=now)
    participant.voted_round = request.poll.round
    participant.save(update_fields=["voted_round"])
    actor = journal.client(participant.id)
    journal.note(
        kind="poll_answered",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=actor,
        at=now,
        snapshot={"round": request.poll.round},
    )
    settle(request, actor=actor, now=now)


def _answer_what_is_held(
    participant: Participant, words: Mapping[datetime, str], *, now: datetime
) -> None:
    """A decision that has not left yet must not book what does not suit any more."""
    held = TimeAnswer.objects.filter(
        participant=participant, appointment__state=AppointmentState.HELD
    ).select_related("appointment")
    for answer in held:
        if answer.appointment.starts_at in words:
            answer.accepts = words[answer.appointment.starts_at] in ACCEPTING
            answer.answered_at = now
            answer.save(update_fields=["accepts", "answered_at"])


@takes_time
def ask_again(*, request_id: UUID, practitioner_id: UUID, now: datetime) -> Outcome:
    """Nothing suits all: ask everybody about further days, with the next batch.

    Somebody who has come to be alone is asked at once. Raises `DecisionWaiting`,
    `TransitionNotAllowed` unless everybody has finished, `NotTheirs`.
    """
    request = decisions.lock_own(request_id, practitioner_id)
    polls.check_may_reopen(request)
    if not is_single(request):
        return decisions.queue(request, Decision.Kind.ASK_AGAIN, practitioner_id, now=now)
    polls.reopen(request, actor=journal.practitioner(practitioner_id), now=now)
    return Outcome()
