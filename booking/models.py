"""Tables of booking: requests, the people in them, and the time they ask for, hold or take."""

import uuid
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Deferrable, F, Func, Q
from django.utils.translation import gettext_lazy as _

from booking.domain.states import OPEN_REQUEST_STATES, AppointmentState, RequestState
from practice.models import Modality, Practitioner, RelationshipType, Service

#: Sorted, because the order stands in migrations and must not change from run to run.
_OPEN_REQUESTS = sorted(str(s) for s in OPEN_REQUEST_STATES)
_TAKING_TIME = ["held", "booked"]

NO_OVERLAP = "appointment_no_overlap"
OWN_ADDRESS = "participant_own_address"
ONE_BOOKED_PER_CLAIM = "appointment_one_booked_per_claim"


class Request(models.Model):
    """What somebody asks for: a session for these people, at one of these times."""

    class Cadence(models.TextChoices):
        """How often, as a wish."""

        ONCE = "once", _("One session")
        WEEKLY = "weekly", _("Every week")
        FORTNIGHTLY = "fortnightly", _("Every two weeks")
        UNSURE = "unsure", _("Not sure yet")

    class Origin(models.TextChoices):
        """How it reached the practice."""

        WEB = "web", _("From the request page")
        API = "api", _("Through the API")
        PRACTITIONER = "practitioner", _("Entered by the practitioner")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    relationship_type = models.CharField(max_length=20, choices=RelationshipType)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="requests")
    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.PROTECT, related_name="requests"
    )
    state = models.CharField(
        max_length=12,
        choices=[(s.value, s.value) for s in RequestState],
        default=RequestState.RECEIVED,
    )
    #: Set through booking's operations by intake; nothing outward may depend on it.
    review_open = models.BooleanField(default=False)
    modality = models.CharField(max_length=10, choices=Modality)
    time_zone = models.CharField(max_length=64)
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=60, blank=True)
    cadence = models.CharField(max_length=12, choices=Cadence, default=Cadence.UNSURE)
    article_slug = models.SlugField(blank=True)
    topics_sealed = models.BinaryField(null=True)
    words_sealed = models.BinaryField(null=True)
    origin = models.CharField(max_length=12, choices=Origin, default=Origin.WEB)
    #: The first choice, kept when nothing could be held for an unverified requester.
    wanted_starts = models.JSONField(default=list)
    #: What requesters are told; fixed when the address is verified.
    hold_ends_at = models.DateTimeField(null=True, blank=True)
    #: When the sweep found that nothing is held any more, and told the practitioner.
    hold_lapsed_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    #: The practitioner pressed Confirm beforehand (a client who called): book once the gate opens.
    confirm_when_ready = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=0)
    idempotency_key = models.CharField(max_length=200, null=True, blank=True, unique=True)
    body_hash = models.BinaryField(max_length=32, null=True)
    network_hash = models.BinaryField(max_length=32, null=True)

    class Meta:
        ordering: ClassVar = ["created_at"]
        indexes: ClassVar = [
            models.Index(
                fields=["practitioner", "created_at"],
                name="request_open",
                condition=Q(state__in=_OPEN_REQUESTS),
            ),
        ]

    def __str__(self) -> str:
        return f"request {self.id} ({self.state})"


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
    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="participants")
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
    #: They accepted to take part.
    joined_at = models.DateTimeField(null=True, blank=True)
    #: They declined, left, or were taken off by the practitioner.
    left_at = models.DateTimeField(null=True, blank=True)
    #: The practitioner goes on without them; they no longer count, and nobody else can see it.
    excused_at = models.DateTimeField(null=True, blank=True)
    #: Their own part is complete: intake sets it, through booking's operations.
    cleared_at = models.DateTimeField(null=True, blank=True)
    chosen_name = models.CharField(max_length=60, blank=True)
    pronouns = models.CharField(max_length=40, blank=True)
    time_zone = models.CharField(max_length=64)
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


class PrivateLink(models.Model):
    """A way in for one person. The token is an HMAC of `id`; the database holds no token.

    A hand-over link (`is_handover`) is an invitation without a code: whoever follows it names
    their own address, proves it, and the link dies.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="links")
    #: Where it was sent; entering its code proves this address.
    address = models.EmailField(blank=True)
    #: What it was issued for: verify, claim, again, invite, call or handover.
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


class Appointment(models.Model):
    """Time held or taken. One table, so that one constraint guards all of it.

    Blocked time is the session with its buffers. `claim` names the thing being scheduled: the
    alternatives of one request share it, so they may overlap each other and nobody else.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.PROTECT, related_name="appointments"
    )
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="appointments")
    request = models.ForeignKey(
        Request, on_delete=models.PROTECT, related_name="appointments", null=True, blank=True
    )
    claim = models.UUIDField(default=uuid.uuid4)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in AppointmentState])
    #: 1 is the first choice among the alternatives of a claim.
    rank = models.PositiveSmallIntegerField(default=1)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    blocked_from = models.DateTimeField()
    blocked_until = models.DateTimeField()
    #: The wall time and zone that `starts_at` came from, kept for the day tzdata changes.
    wall_start = models.CharField(max_length=16)
    wall_zone = models.CharField(max_length=64)
    held_until = models.DateTimeField(null=True, blank=True)
    modality = models.CharField(max_length=10, choices=Modality)
    #: Rises with every change of time, place or state that people are told of.
    revision = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["starts_at"]
        constraints: ClassVar = [
            ExclusionConstraint(
                name=NO_OVERLAP,
                expressions=[
                    ("practitioner", RangeOperators.EQUAL),
                    (
                        Func(
                            F("blocked_from"),
                            F("blocked_until"),
                            function="tstzrange",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    ("claim", RangeOperators.NOT_EQUAL),
                ],
                condition=Q(state__in=_TAKING_TIME),
                deferrable=Deferrable.IMMEDIATE,
            ),
            models.UniqueConstraint(
                name=ONE_BOOKED_PER_CLAIM, fields=["claim"], condition=Q(state="booked")
            ),
            models.CheckConstraint(
                name="appointment_blocked_around_session",
                condition=Q(
                    blocked_from__lte=F("starts_at"),
                    starts_at__lt=F("ends_at"),
                    ends_at__lte=F("blocked_until"),
                ),
            ),
            models.CheckConstraint(
                name="appointment_hold_has_an_end",
                condition=~Q(state="held") | Q(held_until__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["practitioner", "starts_at"], name="appointment_by_start"),
            models.Index(fields=["claim"], name="appointment_by_claim"),
            models.Index(
                fields=["held_until"], name="appointment_lapsing", condition=Q(state="held")
            ),
            models.Index(
                fields=["ends_at"], name="appointment_booked_end", condition=Q(state="booked")
            ),
        ]

    def __str__(self) -> str:
        return f"appointment {self.id} ({self.state})"


class Attendance(models.Model):
    """Who comes to an appointment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    appointment = models.ForeignKey(
        Appointment, on_delete=models.CASCADE, related_name="attendances"
    )
    participant = models.ForeignKey(
        Participant, on_delete=models.PROTECT, related_name="attendances"
    )
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="attendance_once", fields=["appointment", "participant"]),
        ]

    def __str__(self) -> str:
        return f"attendance {self.id}"


class TimeAnswer(models.Model):
    """One person's yes or no to one held time. Nobody else sees it."""

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="answers")
    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="time_answers"
    )
    accepts = models.BooleanField()
    answered_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="time_answer_once", fields=["appointment", "participant"]),
        ]

    def __str__(self) -> str:
        return f"answer {self.pk}"


class Decision(models.Model):
    """What the practitioner decided about several people, waiting for the next batch.

    Undoable until it leaves and invisible outside: a delay tells nobody anything.
    """

    class Kind(models.TextChoices):
        """What will happen."""

        CONFIRM = "confirm", _("Confirm")
        PROPOSE = "propose", _("Propose other times")
        DECLINE = "decline", _("Decline")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="decisions")
    kind = models.CharField(max_length=8, choices=Kind)
    #: For a proposal: the ids of the appointments already held for it, best first.
    candidates = models.JSONField(default=list)
    made_by = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    #: Why it could not leave; the practitioner decides again.
    failure = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="decision_one_waiting",
                fields=["request"],
                condition=Q(undone_at__isnull=True, done_at__isnull=True),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                name="decision_due",
                condition=Q(undone_at__isnull=True, done_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of request {self.request_id}"


class Move(models.Model):
    """A wish to move an appointment of several people, open until all agree or it ends.

    The old time stays booked. The times offered are held appointments with the same claim.
    """

    class Outcome(models.TextChoices):
        """How it ended."""

        AGREED = "agreed", _("A new time was agreed")
        DROPPED = "dropped", _("The old time stays")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="moves")
    #: Null: the practitioner asked.
    asked_by = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="+", null=True, blank=True
    )
    asked_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="move_one_open", fields=["appointment"], condition=Q(closed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"move of {self.appointment_id}"
