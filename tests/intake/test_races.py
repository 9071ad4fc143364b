"""One person's windows and the desk at the same moment: nobody waits for ever."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from booking.domain.refusals import DecisionWaiting, GateClosed
from booking.domain.states import TransitionNotAllowed
from booking.models import Participant
from booking.operations import decisions, participants
from intake.domain.refusals import NotComplete, ReviewClosed, WrongPasscode
from intake.models import Answer, Flag, Review
from intake.operations import consents, passcodes, safety, sheets
from intake.operations.sheets import Given
from intake.queries.standings import standing
from tests.booking.factories import Office, enter, join, people_of, verified
from tests.booking.races.harness import all_at_once, no_deadlock
from tests.intake.people import CONTACT, answer_everything

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 3
#: What somebody who came a moment later is told; anything else that is raised is a fault.
_MAY_BE_TOLD = (
    NotComplete,
    GateClosed,
    DecisionWaiting,
    TransitionNotAllowed,
    ReviewClosed,
    WrongPasscode,
)


@pytest.fixture
def two(office: Office) -> tuple[Participant, Participant]:
    """Two people who have answered everything, one of them unsure: the request is held."""
    now = timezone.now()
    one, other = people_of(verified(office, "couple", now=now))
    enter(other, now=now)
    join(other, now=now)
    for person in (one, other):
        answer_everything(person, now)
    return one, other


def saving(person: Participant, section: str, **answers: Any) -> Callable[[], object]:
    return partial(
        sheets.save_section,
        participant_id=person.pk,
        section=section,
        given={key: Given(value) for key, value in answers.items()},
        now=timezone.now(),
    )


def test_two_sections_of_one_person_at_once_are_both_stored(
    two: tuple[Participant, Participant],
) -> None:
    one, _ = two

    with no_deadlock():
        outcomes = all_at_once(
            [
                saving(one, "contact", **(CONTACT | {"ct_safe_times": "not at dawn"})),
                saving(one, "hopes", go_tried="a walk"),
                saving(one, "weeks", ph_1="3", ph_2="3"),
                saving(one, "you", id_pronouns="she"),
            ]
        )

    one.refresh_from_db()
    answers = standing(one.pk).answers
    assert not [o for o in outcomes if isinstance(o, Exception)]
    assert (answers["ct_safe_times"], answers["go_tried"]) == ("not at dawn", "a walk")
    assert (answers["ph_1"], one.pronouns) == ("3", "she")
    assert Flag.objects.filter(participant=one, level="note").count() == 1


def test_the_same_question_from_two_windows_is_one_row(
    two: tuple[Participant, Participant],
) -> None:
    one, _ = two

    outcomes = all_at_once(
        [saving(one, "hopes", go_tried="a walk"), saving(one, "hopes", go_tried="a swim")]
    )

    assert not [o for o in outcomes if isinstance(o, Exception)]
    assert Answer.objects.filter(sheet__participant=one, question="go_tried").count() == 1
    assert standing(one.pk).answers["go_tried"] in ("a walk", "a swim")


def test_a_review_a_confirmation_and_people_who_still_answer_never_deadlock(
    office: Office, two: tuple[Participant, Participant]
) -> None:
    one, other = two
    me = office.practitioner.pk
    now = timezone.now()
    for number in range(ROUNDS):
        for person in (one, other):
            sheets.finish(participant_id=person.pk, now=now)
        review = Review.objects.create(request=one.request, opened_at=now)
        calls: list[Callable[[], object]] = [
            saving(one, "contact", **(CONTACT | {"ct_safe_times": f"not at {number}"})),
            saving(one, "hopes", go_better=None),
            saving(other, "weeks", ph_1="3", ph_2="3"),
            saving(other, "you", id_pronouns="she"),
            partial(sheets.finish, participant_id=other.pk, now=now),
            partial(consents.take_back, participant_id=other.pk, document="cn_scope", now=now),
            partial(
                participants.set_passcode, participant_id=one.pk, passcode="old river", now=now
            ),
            partial(
                passcodes.enter_passcode, participant_id=other.pk, passcode="old river", now=now
            ),
            partial(decisions.confirm, request_id=one.request_id, practitioner_id=me, now=now),
            partial(
                safety.close,
                review_id=review.pk,
                practitioner_id=me,
                contacted=[one.pk, other.pk],
                decision="proceed",
                supervised=False,
                now=now,
            ),
        ]

        with no_deadlock():
            outcomes = all_at_once(calls)

        raised = [o for o in outcomes if isinstance(o, Exception)]
        assert not [o for o in raised if not isinstance(o, _MAY_BE_TOLD)]
        answer_everything(one, now)
        answer_everything(other, now)
