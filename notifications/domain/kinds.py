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
    STEP_NUDGE = "step_nudge"  # M09, the practitioner pressed it
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
    POLL_REOPENED = "poll_reopened"  # no time suits all: everyone is asked again
    ON_THE_LIST = "on_the_list"  # M28
    TIME_OPENED = "time_opened"  # M29
    TIME_GONE = "time_gone"  # M30
    STILL_WAITING = "still_waiting"  # after three offers without a word
    DATES_BOOKED = "dates_booked"  # M15, of several dates at once
    DATES_MOVED = "dates_moved"  # M21, of several dates at once
    DATES_CANCELLED = "dates_cancelled"  # M24, of several dates at once
    LAST_DATES = "last_dates"  # M34
    CLOCK_SHIFT = "clock_shift"  # M41
    LATE_WISH_KEPT = "late_wish_kept"  # after the cut-off: it stays as it is
    RUNNING_LATE = "running_late"  # M26
    SEAT_GIVEN = "seat_given"  # M31b
    SEAT_REFUSED = "seat_refused"  # M31c
    SEAT_LEFT = "seat_left"  # M23, to whoever leaves a group
    MISSED_YOU = "missed_you"  # M27
    MISSED_FOLLOW_UP = "missed_follow_up"  # M27, a day later
    PRACTITIONER_WELLBEING = "practitioner_wellbeing"  # M27, in place of a message by itself
    CALL_BOOKED = "call_booked"  # M31a
    STARTING_SOON = "starting_soon"  # M31d
    NEW_START = "new_start"  # M31e
    AFTERCARE = "aftercare"  # M32
    FEEDBACK = "feedback"  # M33
    UPCOMING_DATES = "upcoming_dates"  # M37
    PRACTITIONER_DATES_WISH = "practitioner_dates_wish"  # M34, somebody says what follows
    PRACTITIONER_TODAY = "practitioner_today"  # M39
    PRACTITIONER_DATES_BOOKED = "practitioner_dates_booked"  # M16, of several dates at once
    PRACTITIONER_LATE_WISH = "practitioner_late_wish"  # somebody asks after the cut-off
    PRACTITIONER_RUNNING_LATE = "practitioner_running_late"  # M26, practitioner
    PRACTITIONER_MISSED_TWICE = "practitioner_missed_twice"  # two in a row of a series
    PRACTITIONER_TOO_FEW = "practitioner_too_few"  # a group's date to decide came, seats are left
    PRACTITIONER_SEAT_LEFT = "practitioner_seat_left"  # somebody leaves a group
    PRACTITIONER_BOUNCED = "practitioner_bounced"  # M40
    PRACTITIONER_ALERT = "practitioner_alert"  # M12
    PRACTITIONER_ALERT_AGAIN = "practitioner_alert_again"  # M12, until it is acknowledged
    ALERT_NAMED = "alert_named"  # M12, to whom the practice named to answer alerts
    ALERT_SECOND = "alert_second"  # M12, to the second person, once, if nobody has acknowledged it
    DOCUMENT_CHANGED = "document_changed"  # M35
    DOCUMENT_WAITING = "document_waiting"  # M35, a week later
    SETTINGS_CHANGED = "settings_changed"  # M36, to the new address, or about a passcode
    SETTINGS_CHANGED_BEFORE = "settings_changed_before"  # M36, to the address before
    OWN_DATA_DONE = "own_data_done"  # M38


#: Asked for by nobody, so they may be switched off and are dropped when too late.
REMINDERS: Collection[Kind] = frozenset(
    {
        Kind.INVITATION_REMINDER,
        Kind.STEP_WAITING,
        Kind.TIME_TO_CONFIRM_REMINDER,
        Kind.REMINDER,
        Kind.LAST_DATES,
        Kind.CLOCK_SHIFT,
        Kind.DOCUMENT_WAITING,
        Kind.STARTING_SOON,
        Kind.AFTERCARE,
        Kind.FEEDBACK,
    }
)

#: Asked for one by one; no reminders is another choice.
CHOSEN: frozenset[Kind] = frozenset({Kind.AFTERCARE, Kind.FEEDBACK})

#: What nobody gets who has switched reminders off.
SWITCHABLE: Collection[Kind] = frozenset({*REMINDERS, Kind.STEP_NUDGE} - CHOSEN)

#: Content-free calls to look at the list. Nobody who takes part ever gets one.
ALERTS: Collection[Kind] = frozenset(
    {
        Kind.PRACTITIONER_ALERT,
        Kind.PRACTITIONER_ALERT_AGAIN,
        Kind.ALERT_NAMED,
        Kind.ALERT_SECOND,
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
        Kind.RUNNING_LATE,
        Kind.PRACTITIONER_RUNNING_LATE,
        Kind.SETTINGS_CHANGED,
        Kind.SETTINGS_CHANGED_BEFORE,
        Kind.OWN_DATA_DONE,
        Kind.PRACTITIONER_WELLBEING,
        Kind.PRACTITIONER_TODAY,
        *ALERTS,
    }
)

#: Reach also those who chose to read their page only: they asked for it just now, or it protects
#: their address. What carries a way in (a message about a link) does too.
EVEN_IF_PAGE_ONLY: Collection[Kind] = frozenset(
    {Kind.CODE, Kind.SETTINGS_CHANGED, Kind.SETTINGS_CHANGED_BEFORE, Kind.OWN_DATA_DONE}
)

#: Tell the time of a session: untrue as soon as it is at another time or not at all.
ABOUT_A_BOOKED_TIME: frozenset[Kind] = frozenset(
    {
        Kind.BOOKED,
        Kind.CALL_BOOKED,
        Kind.MOVED,
        Kind.NEW_START,
        Kind.REMINDER,
        Kind.RUNNING_LATE,
    }
)

#: Bring a time into a calendar, or take it out where no file is wanted any more.
TELLS_A_TIME: Collection[Kind] = frozenset(
    {Kind.BOOKED, Kind.CALL_BOOKED, Kind.MOVED, Kind.NEW_START}
)

#: Tell of a time in place of another: needless where the reader knows of no other.
TELLS_A_NEW_TIME: Collection[Kind] = frozenset({Kind.MOVED, Kind.NEW_START})

#: To whoever did not come. Nobody is blamed, and nobody else hears of it.
ABOUT_ABSENCE: Collection[Kind] = frozenset({Kind.MISSED_YOU, Kind.MISSED_FOLLOW_UP})

#: Written to people who have not chosen how: always under the neutral office name.
FROM_THE_OFFICE: Collection[Kind] = frozenset({Kind.INVITATION, Kind.INVITATION_REMINDER})

#: Tell that an appointment, or several, will not take place for the recipient.
CANCELLATIONS: Collection[Kind] = frozenset(
    {
        Kind.CANCELLED_OWN,
        Kind.CANCELLED_LATE,
        Kind.CANCELLED_FOR_OTHERS,
        Kind.CANCELLED_BY_PRACTICE,
        Kind.DATES_CANCELLED,
    }
)
