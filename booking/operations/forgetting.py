"""What booking deletes of a request when its time is up. Ids, times and states stay as history."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from booking.domain.states import OPEN_REQUEST_STATES, RequestState
from booking.models import LateWish, Participant, PrivateLink, Request
from booking.operations.calendar import lock_calendar_and_request

#: What a person answered about themselves that went into columns of their own.
_BLANK = {"pronouns": "", "phone": "", "event_title": ""}


def lock(request_id: UUID) -> Request:
    """The request, locked in booking's order. Runs in the caller's transaction."""
    return lock_calendar_and_request(request_id)


def lock_of(participant_id: UUID) -> Request:
    """The request of one person, locked in the same way."""
    person = Participant.objects.values_list("request_id", flat=True)
    return lock_calendar_and_request(person.get(pk=participant_id))


def forget_words(request_id: UUID) -> int:
    """Delete what people of a request wrote. Runs in the caller's transaction; counts."""
    wrote = Request.objects.filter(pk=request_id).exclude(topics_sealed=None, words_sealed=None)
    wishes = LateWish.objects.filter(participant__request_id=request_id).exclude(words_sealed=None)
    return wrote.update(topics_sealed=None, words_sealed=None) + wishes.update(words_sealed=None)


def forget_own_words(participant_id: UUID) -> int:
    """Delete what this person wrote with their request and their wishes; counts.

    What was asked for, and when, stays. Runs in the caller's transaction.
    """
    asked = Participant.objects.filter(pk=participant_id, is_requester=True).values("request")
    wrote = Request.objects.filter(pk__in=asked).exclude(topics_sealed=None, words_sealed=None)
    wishes = LateWish.objects.filter(participant=participant_id).exclude(words_sealed=None)
    return wrote.update(topics_sealed=None, words_sealed=None) + wishes.update(words_sealed=None)


def profiles(request_id: UUID) -> QuerySet[Participant]:
    """The people of a request of whom more is kept than a name and an address."""
    people = Participant.objects.filter(request=request_id)
    return people.exclude(**_BLANK)


def forget_profiles(request_id: UUID) -> int:
    """Delete what people said of themselves beside name and address; counts.

    Those stand beside what they have signed. Runs in the caller's transaction.
    """
    return profiles(request_id).update(**_BLANK)


def forget_review(request_id: UUID) -> None:
    """Once a request has ended, nothing tells any more that it was held. In the caller's
    transaction.
    """
    ended = Request.objects.filter(pk=request_id, review_open=True).exclude(
        state__in=(*OPEN_REQUEST_STATES, RequestState.CONFIRMED)
    )
    ended.update(review_open=False)


def forget_people(request_id: UUID, *, now: datetime) -> int:
    """Delete the names and addresses of a request's people. Runs in the caller's transaction.

    With them ends every way in: nothing is left behind the links.
    """
    return _forget(Participant.objects.filter(request_id=request_id), now=now)


def forget_person(participant_id: UUID, *, now: datetime) -> None:
    """The same for one person, and for those whom they alone have named: nobody of them came in."""
    person = Participant.objects.get(pk=participant_id)
    going = Participant.objects.filter(pk=participant_id)
    if person.is_requester:
        going |= Participant.objects.filter(request_id=person.request_id, verified_at__isnull=True)
    _forget(going, now=now)


def _forget(people: QuerySet[Participant], *, now: datetime) -> int:
    links = PrivateLink.objects.filter(participant__in=people)
    links.filter(revoked_at__isnull=True).update(revoked_at=now)
    links.exclude(address="").update(address="")
    named = people.exclude(email="", label="", chosen_name="", passcode_hash="", **_BLANK)
    return named.update(email="", label="", chosen_name="", passcode_hash="", **_BLANK)
