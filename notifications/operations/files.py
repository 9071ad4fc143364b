"""Whether a message still carries the calendar file that was planned for it: asked at sending.

Planning knows the wishes of its own moment, and what may arrive by then. At sending it is known
what has arrived, and what the reader chose meanwhile.
"""

from booking.models import Participant
from notifications.domain.kinds import TELLS_A_NEW_TIME
from notifications.domain.plan.appointments import is_of_many
from notifications.domain.plan.planned import CANCEL, REQUEST
from notifications.models import Delivery
from notifications.queries.facts import change_facts
from notifications.queries.heard import has_entry
from notifications.queries.persons import takes_file


def needless_file_because(delivery: Delivery, participant: Participant | None) -> str:
    """Take from a message the file that its reader does not want, or has no entry for.

    Written down as well, because the next plan reads from it what may stand in whose calendar.
    Not where it may have arrived with its file already. Returns why nothing is left to send, where
    it was to go for its file alone; empty: the message itself is.
    """
    if participant is None or delivery.invite is None or delivery.maybe_sent:
        return ""
    method = _fitting(delivery, participant)
    if method == delivery.method:
        return ""
    delivery.method = method
    if not method:
        delivery.invite = delivery.sequence = delivery.stamped_at = None
    Delivery.objects.filter(
        pk=delivery.pk, state=Delivery.State.SENDING, claimed_by=delivery.claimed_by
    ).update(
        method=method,
        invite=delivery.invite,
        sequence=delivery.sequence,
        stamped_at=delivery.stamped_at,
    )
    is_file_alone = not method and is_of_many(change_facts(delivery.change))
    return "no calendar file is wanted" if is_file_alone else ""


def _fitting(delivery: Delivery, participant: Participant) -> str:
    """What the file is to do as things stand; empty: none is to go."""
    if delivery.method == REQUEST and takes_file(participant):
        return REQUEST
    if delivery.method == REQUEST and delivery.kind not in TELLS_A_NEW_TIME:
        return ""
    # An entry at the old time would be worse than none. Where there is none, nothing is to end.
    return CANCEL if has_entry(delivery) else ""
