"""To the practitioner, and to whom the practice named to answer alerts: a link and nothing else."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications.domain.kinds import Kind
from notifications.messages.parts import Wording, message, to_practitioner
from notifications.messages.structure import Message
from notifications.queries.letters import Letter


def _confirmed(line: Callable[[], str]) -> Wording:
    def wording(letter: Letter) -> Message:
        subject = _("Confirmed: %(code)s") % {"code": letter.reference}
        return message(letter, subject, line(), action=_("Open"))

    return wording


def _running_late(letter: Letter) -> Message:
    words = ngettext(
        "Somebody is running about %(minutes)s minute late.",
        "Somebody is running about %(minutes)s minutes late.",
        letter.minutes_late,
    )
    return message(
        letter,
        _("Running a little late"),
        words % {"minutes": letter.minutes_late},
        action=_("Open"),
    )


def _bounced(letter: Letter) -> Message:
    facts = ((_("Code"), letter.reference),) if letter.reference else ()
    return message(
        letter,
        _("A message didn't arrive"),
        _("A message did not arrive. How else they can be reached stands on the page."),
        facts=facts,
        action=_("Open"),
    )


def _today(letter: Letter) -> Message:
    number = letter.sessions_today
    count = ngettext("%(number)s appointment today.", "%(number)s appointments today.", number)
    return message(
        letter,
        _("Today"),
        _("When and how each takes place stands in your calendar."),
        before=(count % {"number": number},),
        action=_("Open"),
    )


def _please_open(line: Callable[[], str]) -> Wording:
    return to_practitioner(lambda: _("Please open your list"), line)


_something_waits = _please_open(lambda: _("Something on your list should not wait."))


def _second(letter: Letter) -> Message:
    return message(
        letter,
        _("Please open your list"),
        _("Something on the list should not wait, and nobody has looked at it yet."),
        _("Please open it, or reach whoever looks after it and ask them to."),
        action=_("Open"),
    )


WORDINGS: Mapping[Kind, Wording] = {
    Kind.NEW_REQUEST: to_practitioner(
        lambda: _("New request"), lambda: _("A new request has come in.")
    ),
    Kind.NEEDS_A_LOOK: to_practitioner(
        lambda: _("A request needs a look"), lambda: _("Something has changed.")
    ),
    Kind.PRACTITIONER_BOUNCED: _bounced,
    Kind.READY: to_practitioner(
        lambda: _("Ready to review"), lambda: _("A request is ready for you.")
    ),
    Kind.PRACTITIONER_BOOKED: _confirmed(lambda: _("An appointment is confirmed.")),
    Kind.PRACTITIONER_DATES_BOOKED: _confirmed(lambda: _("Several appointments are confirmed.")),
    Kind.PRACTITIONER_CHANGE_ASKED: to_practitioner(
        lambda: _("A change to your appointment"),
        lambda: _("A different time is being looked for."),
    ),
    Kind.PRACTITIONER_MOVED: to_practitioner(
        lambda: _("New time"), lambda: _("An appointment has a new time.")
    ),
    Kind.PRACTITIONER_CANCELLED: to_practitioner(
        lambda: _("Appointment cancelled"), lambda: _("An appointment was cancelled.")
    ),
    Kind.PRACTITIONER_ONE_LESS: to_practitioner(
        lambda: _("A change to your appointment"), lambda: _("Somebody will not come.")
    ),
    Kind.PRACTITIONER_LATE_WISH: to_practitioner(
        lambda: _("A change to your appointment"), lambda: _("Somebody asks for a change.")
    ),
    Kind.PRACTITIONER_RUNNING_LATE: _running_late,
    Kind.PRACTITIONER_MISSED_TWICE: _please_open(
        lambda: _("Somebody has missed two appointments in a row.")
    ),
    Kind.PRACTITIONER_TOO_FEW: _please_open(
        lambda: _("A date by which you wanted to decide has come.")
    ),
    Kind.PRACTITIONER_SEAT_LEFT: _please_open(lambda: _("Somebody has given up their place.")),
    Kind.PRACTITIONER_WELLBEING: _please_open(
        lambda: _("Somebody did not come, and nothing was sent to them. Please ask how they are.")
    ),
    Kind.PRACTITIONER_DATES_WISH: _please_open(
        lambda: _("Somebody says what they would like after their remaining dates.")
    ),
    Kind.PRACTITIONER_TODAY: _today,
    Kind.PRACTITIONER_ALERT: _something_waits,
    Kind.PRACTITIONER_ALERT_AGAIN: _something_waits,
    Kind.ALERT_NAMED: _something_waits,
    Kind.ALERT_SECOND: _second,
}
