"""The people in a request, and their private ways in."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

OWN_ADDRESS = "participant_own_address"


class Participant(models.Model):
    """A person in a request. Equals among equals: one of them happened to write first.

    Contact and discretion are columns here, because planning messages needs them; what a
    person answers is intake's.
    """

    class Attends(models.TextChoices):
        """Whether they come."""

        YES = "yes", _("Yes")
        SOMETIMES = "sometimes", _("Sometimes")
        NO = "no", _("No, only mentioned")

    class Route(models.TextChoices):
        """How they are reached first."""

        SELF = "self", _("They asked themselves")
        EMAIL = "email", _("By e-mail")
        LINK = "link", _("By a link to hand over")
        CALL = "call", _("They called the practice")

    class SenderName(models.TextChoices):
        """Whose name stands on messages."""

        OFFICE = "office", _("A neutral office name")
        PRACTITIONER = "practitioner", _("The practitioner's name")
        INITIALS = "initials", _("The practitioner's initials")

    class CalendarEntry(models.TextChoices):
        """What reaches their calendar."""

        EVENT = "event", _("A neutral event")
        LINK = "link", _("Only a link in the message")
        NOTHING = "nothing", _("Nothing")

    class SubjectStyle(models.TextChoices):
        """What the subject of a message says."""

        PLAIN = "plain", _("What it is about, in neutral words")
        QUIET = "quiet", _("Always just “A message for you”")

    class Channel(models.TextChoices):
        """Where news reaches them."""

        EMAIL = "email", _("By e-mail")
        PAGE = "page", _("On my page only")

    class Cadence(models.TextChoices):
        """When they are reminded of an appointment; not at all is `wants_reminders`."""

        USUAL = "usual", _("More than once: as a rule three days, one day and two hours before")
        EVENING = "evening", _("At 18:00 the day before")
        SHORT = "short", _("Two hours before")

    class SharedMailbox(models.TextChoices):
        """Whether somebody else can see their mail, phone or calendar."""

        NO = "no", _("No, only me")
        YES = "yes", _("Yes")
        UNSURE = "unsure", _("Not sure")

    class InvitedAs(models.TextChoices):
        """How an invitation names the person who asked for it."""

        NAME = "name", _("My name")
        INITIAL = "initial", _("My initial")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # By request they are found through `participant_position`.
    request = models.ForeignKey(
        "booking.Request", on_delete=models.CASCADE, related_name="participants", db_index=False
    )
    position = models.PositiveSmallIntegerField()
    is_requester = models.BooleanField(default=False)
    #: What the requester calls them; for people not attending seen by the requester only.
    label = models.CharField(max_length=60)
    attends = models.CharField(max_length=10, choices=Attends, default=Attends.YES)
    agreed = models.BooleanField(default=False)
    route = models.CharField(max_length=6, choices=Route, default=Route.SELF)
    invited_as = models.CharField(max_length=8, choices=InvitedAs, default=InvitedAs.NAME)
    #: Written by the requester (for an invitation) or by the person; theirs once verified.
    email = models.EmailField(blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    #: The last round of finding a time together that they answered; 0: none.
    voted_round = models.PositiveSmallIntegerField(default=0)
    #: They accepted to take part.
    joined_at = models.DateTimeField(null=True, blank=True)
    #: They declined, left, or were taken off by the practitioner.
    left_at = models.DateTimeField(null=True, blank=True)
    #: They ended their part for good: nothing is sent to them any more, no farewell either.
    ended_at = models.DateTimeField(null=True, blank=True)
    #: The practitioner goes on without them; they no longer count, and nobody else can see it.
    excused_at = models.DateTimeField(null=True, blank=True)
    #: Their own part is complete: intake sets it, through booking's operations.
    cleared_at = models.DateTimeField(null=True, blank=True)
    #: They called, and the practitioner has their forms on paper: nothing is asked of them here.
    forms_on_paper = models.BooleanField(default=False, db_default=False)
    chosen_name = models.CharField(max_length=60, blank=True)
    pronouns = models.CharField(max_length=40, blank=True)
    time_zone = models.CharField(max_length=64)
    #: When they last said so themselves; until then it is what whoever asked them along gave.
    chose_zone_at = models.DateTimeField(null=True, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    shared_mailbox = models.CharField(
        max_length=6, choices=SharedMailbox, default=SharedMailbox.UNSURE
    )
    sender_name = models.CharField(max_length=12, choices=SenderName, default=SenderName.OFFICE)
    calendar_entry = models.CharField(
        max_length=8, choices=CalendarEntry, default=CalendarEntry.EVENT
    )
    event_title = models.CharField(max_length=60, blank=True)
    wants_reminders = models.BooleanField(default=True)
    subject_style = models.CharField(
        max_length=5, choices=SubjectStyle, default=SubjectStyle.PLAIN, db_default="plain"
    )
    channel = models.CharField(
        max_length=5, choices=Channel, default=Channel.EMAIL, db_default="email"
    )
    reminder_cadence = models.CharField(
        max_length=7, choices=Cadence, default=Cadence.USUAL, db_default="usual"
    )
    #: Their quiet hours, in minutes since midnight on their own wall clock; the same twice: none.
    quiet_from = models.PositiveSmallIntegerField(default=20 * 60, db_default=20 * 60)
    quiet_until = models.PositiveSmallIntegerField(default=8 * 60, db_default=8 * 60)
    #: What may follow a session. Nobody gets it who did not ask for it.
    wants_aftercare = models.BooleanField(default=False, db_default=False)
    #: To be asked how it goes, after every third session. Nobody is asked who did not choose it.
    wants_feedback = models.BooleanField(default=False, db_default=False)
    #: When they last chose how to be written to: from then on no choice is a mere default.
    chose_messages_at = models.DateTimeField(null=True, blank=True)
    may_name_me = models.BooleanField(default=False)
    #: A slow hash (Django's hashers) of the passcode that guards reading saved answers.
    passcode_hash = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="participant_position", fields=["request", "position"]),
            models.UniqueConstraint(
                name=OWN_ADDRESS,
                fields=["request", "email"],
                condition=~Q(email="") & Q(left_at__isnull=True),
                violation_error_message=_("Each person needs an address of their own."),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["email"])]

    def __str__(self) -> str:
        return f"participant {self.id}"

    @property
    def needs_passcode(self) -> bool:
        """Others may see their mail (or they have not said), and they have no passcode yet."""
        return self.shared_mailbox != self.SharedMailbox.NO and not self.passcode_hash


class PrivateLink(models.Model):
    """A way in for one person. The token is an HMAC of `id`; the database holds no token.

    A hand-over link (`is_handover`) is an invitation without a code: whoever follows it names
    their own address, proves it, and the link dies.
    """

    #: The purpose of the one link that outlives somebody's part: to what they wrote, never mailed.
    COPY = "copy"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="links")
    #: Where it was sent; entering its code proves this address.
    address = models.EmailField(blank=True)
    #: What it was issued for: verify, claim, again, invite, call, paper, handover or copy.
    purpose = models.CharField(max_length=8)
    is_handover = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    wrong_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["address", "created_at"])]

    def __str__(self) -> str:
        return f"link {self.id}"


class DoNotContact(models.Model):
    """An address that asked not to be written to again, as a keyed hash."""

    address_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"do not contact {self.pk}"
