"""How one person may be written to: what they chose, and what they would get unasked."""

from dataclasses import dataclass

MINUTES_PER_DAY = 24 * 60
#: Longer quiet hours than this, and news would hardly get through.
LONGEST_QUIET = 16 * 60


@dataclass(frozen=True, slots=True)
class MessageChoices:
    """Everything that one person chooses about messages to them.

    `cadence` is when they are reminded of appointments; without `wants_reminders` they are not.
    `quiet_from` and `quiet_until` are minutes of their own day; the same twice: no quiet hours.
    """

    shared_mailbox: str
    channel: str
    sender_name: str
    subject_style: str
    calendar_entry: str
    event_title: str
    wants_reminders: bool
    cadence: str
    quiet_from: int
    quiet_until: int
    wants_aftercare: bool = False
    wants_feedback: bool = False

    @property
    def quiet_fits(self) -> bool:
        """Whether the quiet hours leave enough of the day."""
        return (self.quiet_until - self.quiet_from) % MINUTES_PER_DAY <= LONGEST_QUIET


def calendar_by_default(*, shared_mailbox: str, calendar_entry: str, was: str) -> str:
    """What may reach a calendar, once somebody says whether others see it.

    `was`: what they said of it before. Whoever begins to share gets a link only, unless they
    choose an entry anew, seeing what it shows.
    """
    begins_to_share = was == "no" and shared_mailbox != "no"
    return "link" if begins_to_share and calendar_entry == "event" else calendar_entry
