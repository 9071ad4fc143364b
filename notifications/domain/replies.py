"""What a reply to an invite may do: say whether one person comes, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

REPLY, COUNTER = "REPLY", "COUNTER"
_MAILTO = "mailto:"


class Fate(StrEnum):
    """What became of an incoming mail. The value is stored: never change one."""

    TAKEN = "taken"
    UNVERIFIED = "unverified"  # taken, and the practitioner is asked whether it is genuine
    REPEATED = "repeated"  # the same reply once more
    CAME_BACK = "came_back"  # a mail server says that a message of ours was not delivered
    TOO_LARGE = "too_large"
    NO_CALENDAR = "no_calendar"  # a letter to read, an answering machine, a message that came back
    UNREADABLE = "unreadable"
    NOT_A_REPLY = "not_a_reply"
    UNKNOWN = "unknown"  # no invite of ours
    SOMEBODY_ELSE = "somebody_else"  # neither sender nor ATTENDEE is whom we invited
    NO_ANSWER = "no_answer"  # neither yes, no nor maybe
    OUTDATED = "outdated"  # about a time that has changed since
    OVER = "over"  # the session has begun, or does not take place, or they have left it


@dataclass(frozen=True, slots=True)
class Attendee:
    """One ATTENDEE of a reply: whose answer it is, and which."""

    address: str
    partstat: str


@dataclass(frozen=True, slots=True)
class CalendarReply:
    """What a calendar program sent."""

    method: str
    uid: UUID | None
    sequence: int
    stamped_at: datetime
    attendees: Sequence[Attendee]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a mail says it is from, and the domains that vouch for it.

    `vouched_for`: those whose DKIM or DMARC our own mail server found good; empty if it said
    nothing.
    """

    address: str
    vouched_for: frozenset[str] = frozenset()

    @property
    def is_proven(self) -> bool:
        """Whether the domain of the address, or one above it, vouches for the mail."""
        domain = self.address.rpartition("@")[2]
        return bool(domain) and any(
            domain == by or ("." in by and domain.endswith(f".{by}")) for by in self.vouched_for
        )


def plain_address(text: str) -> str:
    """An address to compare: programs write MAILTO: and capitals as they like."""
    bare = text.strip().strip("<>").strip().casefold()
    return bare.removeprefix(_MAILTO).partition("?")[0].strip()


def answer_in(reply: CalendarReply, *, own: str, sender: Sender) -> str | None:
    """The PARTSTAT that the invited person (`own` address) gave; None: it is somebody else's.

    Their address must stand in it or have sent it. Some send from another address than the one
    that was invited; then a reply may name that one instead, if it names nobody else.
    """
    own = plain_address(own)
    for attendee in reply.attendees:
        if attendee.address == own:
            return attendee.partstat
    if sender.address == own and len(reply.attendees) == 1:
        return reply.attendees[0].partstat
    return None


def is_proven(*, own: str, sender: Sender) -> bool:
    """Whether the invited person themselves sent it, as far as mail can prove that."""
    return sender.address == plain_address(own) and sender.is_proven
