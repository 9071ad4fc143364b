"""What this browser remembers of the last request that it sent: whose it is, and nothing more."""

from uuid import UUID

from django.http import HttpRequest

_KEY = "sent"


def remember_sent(request: HttpRequest, participant_id: UUID) -> None:
    """Let this browser, which asked, enter the code without opening the link."""
    request.session[_KEY] = str(participant_id)


def sent_by(request: HttpRequest) -> UUID | None:
    """The requester of the request that this browser has sent last."""
    participant_id = request.session.get(_KEY)
    return UUID(participant_id) if participant_id else None
