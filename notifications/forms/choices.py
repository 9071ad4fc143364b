"""What one person chooses about the messages that they get."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from booking.domain.discretion import MINUTES_PER_DAY, MessageChoices, calendar_by_default
from booking.forms.fields import DetailedChoices, LineField
from booking.models import Participant
from notifications.queries.persons import is_page_only, takes_file
from practice.models import Practice, Practitioner

_NO_REMINDERS = "none"
_STEP = 30
_TITLE_MAX = 60


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


#: What stands in a column under the same name.
_COLUMNS = (
    "shared_mailbox",
    "channel",
    "sender_name",
    "subject_style",
    "event_title",
    "quiet_from",
    "quiet_until",
    "wants_aftercare",
    "wants_feedback",
)
_MINUTES = [(minute, _clock(minute)) for minute in range(0, MINUTES_PER_DAY, _STEP)]


class ChoicesForm(forms.Form):
    """Sender, subject, calendar, reminders, quiet hours: everything is theirs to choose."""

    shared_mailbox = forms.ChoiceField(
        label=_("Can anyone else see this mailbox, your phone or your calendar?"),
        help_text=_("If so, or if you are not sure, our messages hold only a link."),
        choices=Participant.SharedMailbox.choices,
        widget=forms.RadioSelect,
    )
    channel = forms.ChoiceField(
        label=_("Where should news reach you?"),
        choices=Participant.Channel.choices,
        widget=DetailedChoices(
            {
                "page": _(
                    "We then send you nothing unless you ask for it: not when an appointment is "
                    "confirmed, moved or cancelled, however short the notice. An entry that is in "
                    "your calendar already is not changed any more. Please look at your page often."
                )
            }
        ),
    )
    sender_name = forms.ChoiceField(label=_("Sender of our messages"), widget=forms.RadioSelect)
    subject_style = forms.ChoiceField(
        label=_("Subject"),
        choices=Participant.SubjectStyle.choices,
        widget=DetailedChoices({"plain": _("“Appointment tomorrow”, for instance.")}),
    )
    calendar_entry = forms.ChoiceField(
        label=_("What may reach your calendar?"),
        choices=Participant.CalendarEntry.choices,
        widget=DetailedChoices(
            {"event": _("With the time, the length and a title of your choice.")}
        ),
    )
    event_title = LineField(
        label=_("Title of that event"),
        help_text=_("Left empty, it says “Appointment”."),
        max_length=_TITLE_MAX,
        required=False,
    )
    reminders = forms.ChoiceField(
        label=_("Reminders of an appointment"),
        choices=[*Participant.Cadence.choices, (_NO_REMINDERS, _("None"))],
        widget=DetailedChoices(
            {_NO_REMINDERS: _("You still hear of a new, changed or cancelled appointment.")}
        ),
    )
    quiet_from = forms.TypedChoiceField(label=_("From"), choices=_MINUTES, coerce=int)
    quiet_until = forms.TypedChoiceField(
        label=_("Until"),
        choices=_MINUTES,
        coerce=int,
    )
    wants_aftercare = forms.BooleanField(
        label=_("A short note after each appointment"),
        help_text=_("A few calm lines from us, the same for everybody."),
        required=False,
    )
    wants_feedback = forms.BooleanField(
        label=_("A few questions after every third appointment"),
        help_text=_(
            "Four sliders and room for something private, a day later on your page. Your "
            "practitioner reads it; nobody else learns that you were asked."
        ),
        required=False,
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        participant: Participant,
        practice: Practice,
        practitioner: Practitioner,
    ) -> None:
        super().__init__(data, initial=_initial(participant))
        self._participant = participant
        sender = self.fields["sender_name"]
        assert isinstance(sender, forms.ChoiceField)
        names = Participant.SenderName
        sender.choices = [
            (names.OFFICE.value, practice.office_name),
            (names.PRACTITIONER.value, practitioner.display_name),
            (names.INITIALS.value, practitioner.initials),
        ]

    @property
    def is_link_by_default(self) -> bool:
        """Whether a calendar entry became a link, because others may see the calendar now."""
        return bool(
            self.is_valid()
            and self.cleaned_data["calendar_entry"] == "event"
            and self.choices().calendar_entry == "link"
        )

    def clean(self) -> dict[str, Any]:
        """Quiet hours must leave enough of the day."""
        typed = super().clean() or self.cleaned_data
        if not self.errors and not self.choices().quiet_fits:
            self.add_error("quiet_until", gettext("Quiet hours can last sixteen hours at most."))
        return typed

    def choices(self) -> MessageChoices:
        """What was chosen. Call it once the form has been checked."""
        typed = self.cleaned_data
        return _choices(
            typed
            | {
                "calendar_entry": calendar_by_default(
                    shared_mailbox=typed["shared_mailbox"],
                    calendar_entry=typed["calendar_entry"],
                    was=self._participant.shared_mailbox,
                )
            },
            cadence=self._participant.reminder_cadence,
        )

    def as_it_stands(self) -> MessageChoices:
        """What holds until something else is saved."""
        return _choices(self.initial, cadence=self._participant.reminder_cadence)


def _choices(said: Mapping[str, Any], *, cadence: str) -> MessageChoices:
    """`cadence` is kept for the day on which somebody wants reminders again."""
    wants_reminders = said["reminders"] != _NO_REMINDERS
    return MessageChoices(
        **{name: said[name] for name in (*_COLUMNS, "calendar_entry")},
        wants_reminders=wants_reminders,
        cadence=said["reminders"] if wants_reminders else cadence,
    )


def _gets_link(participant: Participant) -> bool:
    return not is_page_only(participant) and not takes_file(participant)


def _initial(participant: Participant) -> dict[str, Any]:
    entry = participant.calendar_entry
    return {
        **{name: getattr(participant, name) for name in _COLUMNS},
        # The column's default is nobody's choice: what they would get stands there.
        "calendar_entry": "link" if entry == "event" and _gets_link(participant) else entry,
        "reminders": participant.reminder_cadence if participant.wants_reminders else _NO_REMINDERS,
    }
