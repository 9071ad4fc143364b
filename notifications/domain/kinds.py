"""The messages, by name. The ids (M01…) are those of the domain notes, section 4."""

from collections.abc import Collection
from enum import StrEnum


class Kind(StrEnum):
    """One kind of message. The value stands in delivery keys: never change one."""

    CODE = "code"  # M01
    RECEIVED = "received"  # M02
    NEW_REQUEST = "new_request"  # M03, practitioner
    INVITATION = "invitation"  # M04
    INVITATION_REMINDER = "invitation_reminder"  # M05
    NEEDS_A_LOOK = "needs_a_look"  # M06, practitioner
    CLOSED = "closed"  # M07
    WONT_GO_AHEAD = "wont_go_ahead"  # M07, somebody withdrew
    WITHDREW = "withdrew"  # M23, to whoever withdrew
    NEXT_STEPS = "next_steps"  # M08
    STEP_WAITING = "step_waiting"  # M09
    ALL_SET = "all_set"  # M10
    READY = "ready"  # M11, practitioner
    TIME_TO_CONFIRM = "time_to_confirm"  # M13
    TIME_TO_CONFIRM_REMINDER = "time_to_confirm_reminder"  # M14
    TIME_LAPSED = "time_lapsed"  # nothing is held for them any more
    BOOKED = "booked"  # M15
    PRACTITIONER_BOOKED = "practitioner_booked"  # M16
    REMINDER = "reminder"  # M17, M18, M19
    CHANGE_ASKED = "change_asked"  # M20
    STAYS_AS_IT_WAS = "stays_as_it_was"  # M20, no new time was agreed
    MOVED = "moved"  # M21
    CANCELLED_FOR_OTHERS = "cancelled_for_others"  # M22
    CANCELLED_OWN = "cancelled_own"  # M23
    CANCELLED_BY_PRACTICE = "cancelled_by_practice"  # M24
    CANCELLED_LATE = "cancelled_late"  # M25
    PRACTITIONER_CHANGE_ASKED = "practitioner_change_asked"  # M20, practitioner
    PRACTITIONER_MOVED = "practitioner_moved"  # M21, practitioner
    PRACTITIONER_CANCELLED = "practitioner_cancelled"  # M22, practitioner
    PRACTITIONER_ONE_LESS = "practitioner_one_less"  # somebody leaves, the rest come


#: Asked for by nobody, so they may be switched off and are dropped when too late.
REMINDERS: Collection[Kind] = frozenset(
    {
        Kind.INVITATION_REMINDER,
        Kind.STEP_WAITING,
        Kind.TIME_TO_CONFIRM_REMINDER,
        Kind.REMINDER,
    }
)

#: Answers to what the recipient has just done, or alerts: never delayed by quiet hours.
AT_ONCE: Collection[Kind] = frozenset(
    {
        Kind.CODE,
        Kind.RECEIVED,
        Kind.WITHDREW,
        Kind.NEXT_STEPS,
        Kind.ALL_SET,
        Kind.CANCELLED_OWN,
        Kind.CANCELLED_LATE,
        Kind.CANCELLED_BY_PRACTICE,
    }
)

#: Tell the time of a session: untrue as soon as it is at another time or not at all.
ABOUT_A_BOOKED_TIME: Collection[Kind] = frozenset({Kind.BOOKED, Kind.MOVED, Kind.REMINDER})

#: Written to people who have not chosen how: always under the neutral office name.
FROM_THE_OFFICE: Collection[Kind] = frozenset({Kind.INVITATION, Kind.INVITATION_REMINDER})
