"""A message as it will be seen: the line in the inbox, the text and the HTML part."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from notifications.domain.kinds import EVEN_IF_PAGE_ONLY, Kind
from notifications.messages.render import html, text
from notifications.messages.samples import sample_letter
from notifications.messages.slots import Slot
from notifications.messages.structure import Message
from notifications.messages.wording import compose
from practice.models import Practice, Practitioner

#: What carries a way in: without it the page could not be reached.
_WAYS_IN = (Kind.INVITATION, Kind.INVITATION_REMINDER)


@dataclass(frozen=True, slots=True)
class Seen:
    """One message, for one sort of reader. Without text: they get no such mail."""

    profile: str
    who: str
    sender: str = ""
    subject: str = ""
    preview: str = ""
    text: str = ""
    html: str = ""


PROFILES: dict[str, str | Promise] = {
    "details": gettext_lazy("Whose mailbox nobody else sees"),
    "link": gettext_lazy("Whose mailbox others may see"),
    "page": gettext_lazy("Who reads their page only"),
}


def seen_by_all(
    slot: Slot, *, practice: Practice, practitioner: Practitioner, now: datetime
) -> Sequence[Seen]:
    """The message for each sort of reader; one to the practitioner has only one."""
    profiles = ["details"] if slot.is_to_practitioner else list(PROFILES)
    return [
        seen(slot, profile, practice=practice, practitioner=practitioner, now=now)
        for profile in profiles
    ]


def seen(
    slot: Slot, profile: str, *, practice: Practice, practitioner: Practitioner, now: datetime
) -> Seen:
    """The message for one sort of reader, with sample data."""
    who = "" if slot.is_to_practitioner else str(PROFILES[profile])
    goes_out = slot.kind in EVEN_IF_PAGE_ONLY or slot.kind in _WAYS_IN
    if profile == "page" and not goes_out:
        return Seen(profile, who)
    letter = sample_letter(
        slot,
        practice=practice,
        practitioner=practitioner,
        now=now,
        details=profile == "details",
    )
    return as_seen(compose(letter), sender=letter.sender, profile=profile, who=who)


def as_seen(message: Message, *, sender: str, profile: str = "", who: str = "") -> Seen:
    """How this message is seen."""
    return Seen(
        profile, who, sender, message.subject, message.preview, text(message), html(message)
    )


def with_wording(practice: Practice, slot: Slot, subject: str, words: Sequence[str]) -> Practice:
    """The practice as if this wording had been saved. Nothing is stored."""
    own = {slot.key: {"subject": subject, "words": list(words)}} if words else {}
    others = {key: w for key, w in practice.wordings.items() if key != slot.key}
    tried = copy(practice)
    tried.wordings = others | own
    return tried
