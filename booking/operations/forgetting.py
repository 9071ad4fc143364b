"""What booking deletes of a request when its time is up. Ids, times and states stay as history."""

from uuid import UUID

from booking.models import LateWish, Participant, PrivateLink, Request
from booking.operations.calendar import lock_calendar_and_request


def lock(request_id: UUID) -> Request:
    """The request, locked in booking's order. Runs in the caller's transaction."""
    return lock_calendar_and_request(request_id)


def forget_words(request_id: UUID) -> int:
    """Delete what people of a request wrote. Runs in the caller's transaction; counts."""
    wrote = Request.objects.filter(pk=request_id).exclude(topics_sealed=None, words_sealed=None)
    wishes = LateWish.objects.filter(participant__request_id=request_id).exclude(words_sealed=None)
    return wrote.update(topics_sealed=None, words_sealed=None) + wishes.update(words_sealed=None)


def forget_people(request_id: UUID) -> int:
    """Delete the names and addresses of a request's people. Runs in the caller's transaction."""
    links = PrivateLink.objects.filter(participant__request_id=request_id).exclude(address="")
    links.update(address="")
    named = Participant.objects.filter(request_id=request_id).exclude(
        email="", label="", chosen_name="", pronouns="", phone="", event_title="", passcode_hash=""
    )
    return named.update(
        email="",
        label="",
        chosen_name="",
        pronouns="",
        phone="",
        event_title="",
        passcode_hash="",
    )
