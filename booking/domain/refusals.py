"""Why an operation did not do what was asked: facts, each with a stable `code`.

Views turn them into sentences beside a field, the API into problem documents.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from booking.domain.gate import Unmet


class Refusal(Exception):
    """The base of them all."""

    code: ClassVar[str] = "refused"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with what a person gave: where, a stable code, and what to do about it.

    `message` is a gettext msgid with %-style placeholders for `params`; the edge translates it.
    """

    field: str
    code: str
    message: str
    params: Mapping[str, str | int] = dataclasses.field(default_factory=dict)


class InvalidRequest(Refusal):
    """What was asked for cannot be: one problem per field that needs another look."""

    code = "invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{p.field}: {p.code}" for p in problems))
        self.problems = list(problems)


class SlotTaken(Refusal):
    """The time is not open (any more). `alternatives` are the nearest that are."""

    code = "slot_taken"

    def __init__(
        self,
        *,
        practitioner_id: UUID | None = None,
        service_id: UUID | None = None,
        wanted: datetime | None = None,
        ignore_claim: UUID | None = None,
        modality: str | None = None,
        horizon_days: int | None = None,
    ) -> None:
        super().__init__(str(wanted))
        self.practitioner_id = practitioner_id
        self.service_id = service_id
        self.wanted = wanted
        self.ignore_claim = ignore_claim
        self.modality = modality
        #: How far ahead alternatives may lie, where that is not as far as the service's own.
        self.horizon_days = horizon_days
        self.alternatives: list[datetime] = []


class NoSeatLeft(Refusal):
    """Every seat of the group is taken."""

    code = "no_seat_left"


class CallFirst(Refusal):
    """They have not had their call before joining the group yet."""

    code = "call_first"


class GateClosed(Refusal):
    """The request cannot be confirmed yet. `reasons` says everything that is in the way."""

    code = "gate_closed"

    def __init__(self, reasons: Sequence[Unmet]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = list(reasons)


class DecisionWaiting(Refusal):
    """A decision about this request already waits for the next batch; undo it first."""

    code = "decision_waiting"


class ChangedMeanwhile(Refusal):
    """Somebody, perhaps in another tab, has changed what this edit began from."""

    code = "changed_meanwhile"


class HoldExpired(Refusal):
    """The time is no longer held for them."""

    code = "hold_expired"


class TooLateToChange(Refusal):
    """Inside the service's cut-off a change goes through the practitioner."""

    code = "too_late_to_change"


class MoveWaiting(Refusal):
    """A move of this appointment is already being agreed."""

    code = "move_waiting"


class NotTheirs(Refusal):
    """This person has no part in it, or none any more."""

    code = "not_found"


class AddressInUse(Refusal):
    """Two people of one request do not share an address."""

    code = "address_in_use"


class LinkUnusable(Refusal):
    """The link is unknown, replaced, locked or of a closed request: all the same to a reader."""

    code = "link_unusable"


class WrongCode(Refusal):
    """The code does not belong to the link."""

    code = "wrong_code"

    def __init__(self, tries_left: int) -> None:
        super().__init__(f"{tries_left} tries left")
        self.tries_left = tries_left


class PasscodeNeeded(Refusal):
    """Their passcode guards this: their link and its code are not enough."""

    code = "passcode_needed"


class IdempotencyKeyReused(Refusal):
    """The key was used before with another body."""

    code = "idempotency_key_reused"


class TooMany(Refusal):
    """Too many of these in a short time. Nothing was done; try again later."""

    code = "too_many"
