"""The fixed list of subjects that the practice may choose from, besides each message's own."""

from collections.abc import Collection, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from notifications.domain.kinds import Kind
from notifications.messages import afterwards, appointments, asking, cancellations, dates

_SUBJECTS: Mapping[str, str | Promise] = {
    "message": gettext_lazy("A message for you"),
    "news": gettext_lazy("News on your page"),
    "appointment": gettext_lazy("About your appointment"),
    "request": gettext_lazy("About your request"),
}

#: Where it would be wrong to speak of an appointment, or of a request.
_OF_APPOINTMENTS: Collection[Kind] = {
    *appointments.WORDINGS,
    *cancellations.WORDINGS,
    *afterwards.WORDINGS,
    *dates.WORDINGS,
}
_OF_REQUESTS: Collection[Kind] = asking.WORDINGS.keys() - {
    Kind.CODE,
    Kind.INVITATION,
    Kind.INVITATION_REMINDER,
}


def words(key: str) -> str:
    """The subject of that key; empty for none: then the message keeps its own."""
    return str(_SUBJECTS[key]) if key in _SUBJECTS else ""


def choices_for(kind: Kind) -> list[tuple[str, str]]:
    """The keys and words that fit this kind of message."""
    keys = ["message", "news"]
    if kind in _OF_APPOINTMENTS:
        keys.append("appointment")
    if kind in _OF_REQUESTS:
        keys.append("request")
    return [(key, words(key)) for key in keys]
