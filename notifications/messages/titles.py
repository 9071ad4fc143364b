"""What the practitioner reads about messages, in the ledger."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.domain.kinds import Kind
from notifications.domain.rejections import SETTINGS_REFUSED, Rejection, rejection

_TITLES: Mapping[Kind, str | Promise] = {
    Kind.CODE: gettext_lazy("Link and code"),
    Kind.RECEIVED: gettext_lazy("We got your message"),
    Kind.NEW_REQUEST: gettext_lazy("New request"),
    Kind.INVITATION: gettext_lazy("Invitation"),
    Kind.INVITATION_REMINDER: gettext_lazy("Reminder of an invitation"),
    Kind.NEEDS_A_LOOK: gettext_lazy("A request needs a look"),
    Kind.CLOSED: gettext_lazy("About your request"),
    Kind.WONT_GO_AHEAD: gettext_lazy("The session won't go ahead"),
    Kind.WITHDREW: gettext_lazy("Withdrawal confirmed"),
    Kind.NEXT_STEPS: gettext_lazy("Next steps"),
    Kind.STEP_WAITING: gettext_lazy("A step is waiting"),
    Kind.STEP_NUDGE: gettext_lazy("Reminder: a step is waiting"),
    Kind.ALL_SET: gettext_lazy("All set"),
    Kind.READY: gettext_lazy("Ready to review"),
    Kind.TIME_TO_CONFIRM: gettext_lazy("A time to confirm"),
    Kind.TIME_TO_CONFIRM_REMINDER: gettext_lazy("Reminder of a time to confirm"),
    Kind.TIME_LAPSED: gettext_lazy("The time is not kept any more"),
    Kind.BOOKED: gettext_lazy("Appointment booked"),
    Kind.PRACTITIONER_BOOKED: gettext_lazy("Appointment booked"),
    Kind.REMINDER: gettext_lazy("Reminder of the appointment"),
    Kind.CHANGE_ASKED: gettext_lazy("Another time is looked for"),
    Kind.STAYS_AS_IT_WAS: gettext_lazy("The time stays"),
    Kind.MOVED: gettext_lazy("New time"),
    Kind.CANCELLED_FOR_OTHERS: gettext_lazy("Appointment cancelled"),
    Kind.CANCELLED_OWN: gettext_lazy("Cancellation confirmed"),
    Kind.CANCELLED_BY_PRACTICE: gettext_lazy("Appointment cancelled by you"),
    Kind.CANCELLED_LATE: gettext_lazy("Late cancellation confirmed"),
    Kind.PRACTITIONER_CHANGE_ASKED: gettext_lazy("Another time is looked for"),
    Kind.PRACTITIONER_MOVED: gettext_lazy("Appointment moved"),
    Kind.PRACTITIONER_CANCELLED: gettext_lazy("Appointment cancelled"),
    Kind.PRACTITIONER_ONE_LESS: gettext_lazy("Somebody will not come"),
    Kind.POLL_REOPENED: gettext_lazy("More days to choose from"),
    Kind.ON_THE_LIST: gettext_lazy("On the waitlist"),
    Kind.TIME_OPENED: gettext_lazy("A time opened up"),
    Kind.TIME_GONE: gettext_lazy("The time that opened up has gone"),
    Kind.STILL_WAITING: gettext_lazy("Still waiting?"),
    Kind.DATES_BOOKED: gettext_lazy("Several appointments booked"),
    Kind.DATES_MOVED: gettext_lazy("New times of several appointments"),
    Kind.DATES_CANCELLED: gettext_lazy("Several appointments cancelled by you"),
    Kind.LAST_DATES: gettext_lazy("Two appointments left"),
    Kind.CLOCK_SHIFT: gettext_lazy("Their clock will show another time"),
    Kind.LATE_WISH_KEPT: gettext_lazy("A late change was not possible"),
    Kind.RUNNING_LATE: gettext_lazy("You are running late"),
    Kind.SEAT_GIVEN: gettext_lazy("A seat in the group"),
    Kind.SEAT_REFUSED: gettext_lazy("No seat this time"),
    Kind.SEAT_LEFT: gettext_lazy("Leaving the group confirmed"),
    Kind.MISSED_YOU: gettext_lazy("We missed you"),
    Kind.MISSED_FOLLOW_UP: gettext_lazy("We missed you, a day later"),
    Kind.PRACTITIONER_WELLBEING: gettext_lazy("Please ask how they are"),
    Kind.CALL_BOOKED: gettext_lazy("Call before joining a group booked"),
    Kind.STARTING_SOON: gettext_lazy("The group begins soon"),
    Kind.NEW_START: gettext_lazy("The group begins on a new date"),
    Kind.AFTERCARE: gettext_lazy("A note for after"),
    Kind.FEEDBACK: gettext_lazy("One minute of your time"),
    Kind.UPCOMING_DATES: gettext_lazy("About upcoming dates, after a parting"),
    Kind.PRACTITIONER_DATES_WISH: gettext_lazy("What follows the last dates"),
    Kind.PRACTITIONER_TODAY: gettext_lazy("Your day begins"),
    Kind.PRACTITIONER_DATES_BOOKED: gettext_lazy("Several appointments booked"),
    Kind.PRACTITIONER_LATE_WISH: gettext_lazy("Somebody asks for a late change"),
    Kind.PRACTITIONER_RUNNING_LATE: gettext_lazy("Somebody is running late"),
    Kind.PRACTITIONER_MISSED_TWICE: gettext_lazy("Two appointments missed in a row"),
    Kind.PRACTITIONER_TOO_FEW: gettext_lazy("A group is too small at its date"),
    Kind.PRACTITIONER_SEAT_LEFT: gettext_lazy("Somebody has left a group"),
    Kind.PRACTITIONER_BOUNCED: gettext_lazy("A message came back"),
    Kind.PRACTITIONER_ALERT: gettext_lazy("Please open your list"),
    Kind.PRACTITIONER_ALERT_AGAIN: gettext_lazy("Please open your list, again"),
    Kind.ALERT_NAMED: gettext_lazy("Please open your list"),
    Kind.ALERT_SECOND: gettext_lazy("Nobody has opened the list"),
    Kind.DOCUMENT_CHANGED: gettext_lazy("A document to sign"),
    Kind.DOCUMENT_WAITING: gettext_lazy("Reminder of a document to sign"),
    Kind.SETTINGS_CHANGED: gettext_lazy("Settings changed"),
    Kind.SETTINGS_CHANGED_BEFORE: gettext_lazy("New address, to the one before"),
    Kind.OWN_DATA_DONE: gettext_lazy("What they asked for is done"),
}


_REJECTIONS: Mapping[Rejection, str | Promise] = {
    Rejection.MAILBOX: gettext_lazy(
        "The mail server refused the address (%(reply)s). Nothing more is sent there."
    ),
    Rejection.FULL: gettext_lazy("Their mailbox is full (%(reply)s)."),
    Rejection.TOO_LARGE: gettext_lazy("The mail server finds the message too large (%(reply)s)."),
    Rejection.MESSAGE: gettext_lazy(
        "The mail server refused this message (%(reply)s). It says nothing against the address."
    ),
    Rejection.UNSAID: gettext_lazy("The mail server refused it (%(reply)s)."),
}


def title(kind: Kind) -> str:
    """What this kind of message is called at the desk."""
    return str(_TITLES[kind])


def reason_in_words(reason: str) -> str:
    """Why a message was not sent, for somebody who does not run mail servers."""
    if reason[:1] == "5":
        return str(_REJECTIONS[rejection(reason)]) % {"reply": reason}
    if reason[:1] == "4":
        return _("The mail server asked us to wait (%(reply)s).") % {"reply": reason}
    if reason.startswith(SETTINGS_REFUSED):
        return _(
            "The mail server refuses to take anything from us (%(reply)s): our own mail settings "
            "have to be looked at. It says nothing against the address."
        ) % {"reply": reason.removeprefix(f"{SETTINGS_REFUSED}: ")}
    if reason.startswith("no connection"):
        return _("The mail server could not be reached.")
    if reason.startswith("connection lost before"):
        return _("The connection broke off before the message was said; it was not sent.")
    if reason.startswith("connection lost"):
        return _("The connection broke off; it may have arrived.")
    if reason.startswith("not writable"):
        return _("The message could not be written. The log says why.")
    if reason.startswith("not sendable"):
        return _("No mail can be sent to this address.")
    known = {
        "too late": _("It could not be delivered in time."),
        "address unreachable": _("The message before came back, so nothing is sent there."),
        "no address": _("There is no address to send it to."),
        "the sender died": _("Sending it was interrupted several times."),
    }
    return known.get(reason, reason)
