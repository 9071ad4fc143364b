"""Tables of telling people: what is due to whom, and the identity of each calendar invite."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from booking.models import Attendance, Participant
from practice.models import Change, Practitioner


class Invite(models.Model):
    """One person's calendar entry for one appointment.

    UID and SEQUENCE belong to the recipient alone: a shared UID would let two calendars be
    matched, a shared SEQUENCE would reveal changes made for somebody else.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    attendance = models.OneToOneField(Attendance, on_delete=models.CASCADE, related_name="invite")
    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    sequence = models.IntegerField(default=-1)
    #: Who invites, as its files say. Fixed with the first of them, because calendar programs take
    #: updates from nobody else; empty: the address that all mail comes from.
    organizer = models.EmailField(blank=True)

    def __str__(self) -> str:
        return f"invite {self.uid}"


class Delivery(models.Model):
    """One message to one person, due at a time, rendered when it is sent.

    `key` is what makes it unique: kind, number, subject, revision, recipient, channel. The number
    of a message that tells of a change is the change's; that of a reminder is its offset and the
    time that it speaks of, and then that stands for the revision.
    """

    class State(models.TextChoices):
        """Where it stands."""

        PENDING = "pending"
        SENDING = "sending"
        SENT = "sent"
        SUPERSEDED = "superseded"
        SKIPPED = "skipped"
        FAILED = "failed"

    class Bounce(models.TextChoices):
        """What came back after the mail server had taken it."""

        HARD = "hard"  # there is no such address
        SOFT = "soft"  # not this time: a full mailbox, a server that was busy for days
        COMPLAINT = "complaint"  # marked as unwanted by whoever got it

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=240, unique=True)
    #: What made it due; its snapshot is what some messages tell.
    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    revision = models.PositiveIntegerField(default=0)
    #: Exactly one of the two: nobody ever shares a message. An alert may go to somebody else whom
    #: the practice named; then this is whose alert it is, and the kind says whom to look up.
    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="deliveries", null=True, blank=True
    )
    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.CASCADE, related_name="deliveries", null=True, blank=True
    )
    due_at = models.DateTimeField()
    #: When it is tried next: `due_at` at first, later after each failure.
    try_at = models.DateTimeField()
    not_after = models.DateTimeField(null=True, blank=True)
    #: The start of the session that the message tells, if it tells one: sent only while it is so.
    says_start = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    planned_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=80, blank=True)
    #: When its turn came in the claim that holds it: what else a dead sender held was not begun.
    begun_at = models.DateTimeField(null=True, blank=True)
    #: An attempt ended without an answer: the mail server may or may not have taken it.
    maybe_sent = models.BooleanField(default=False)
    #: Where it went, as a keyed hash: by the time it comes back its recipient may have moved.
    sent_to_hash = models.BinaryField(max_length=32, null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    #: Why it was skipped or has failed: a code or an SMTP reply, never an address.
    reason = models.CharField(max_length=200, blank=True)
    #: For a message that carries an invite: its iCalendar METHOD, SEQUENCE and DTSTAMP, fixed when
    #: planned, so that a retry repeats them.
    invite = models.ForeignKey(
        Invite, on_delete=models.CASCADE, related_name="deliveries", null=True, blank=True
    )
    method = models.CharField(max_length=8, blank=True)
    sequence = models.IntegerField(null=True, blank=True)
    stamped_at = models.DateTimeField(null=True, blank=True)
    #: What the mail service reported later, if it reports at all.
    delivered_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    bounced_as = models.CharField(max_length=10, choices=Bounce, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="delivery_one_recipient",
                condition=Q(participant__isnull=False, practitioner__isnull=True)
                | Q(participant__isnull=True, practitioner__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            # In the order in which they are claimed, so that a claim reads no more than it takes.
            models.Index(
                fields=["try_at", "id"], name="delivery_to_claim", condition=Q(state="pending")
            ),
            models.Index(fields=["due_at"], name="delivery_due", condition=Q(state="pending")),
            models.Index(
                fields=["lease_until"], name="delivery_leased", condition=Q(state="sending")
            ),
            models.Index(fields=["subject_type", "subject_id"], name="delivery_by_subject"),
            models.Index(
                fields=["settled_at"], name="delivery_failed", condition=Q(state="failed")
            ),
            models.Index(
                fields=["settled_at"],
                name="delivery_not_tried",
                condition=Q(state="skipped", reason="address unreachable"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.state})"


class Attempt(models.Model):
    """One try to hand a delivery to the mail server: when it ended and how. Never an address."""

    class Outcome(models.TextChoices):
        """How it ended."""

        TAKEN = "taken", _("The mail server took it")
        LATER = "later", _("It did not leave; it waits for another try")
        UNKNOWN = "unknown", _("The connection broke off; it may have arrived")
        REFUSED = "refused", _("Refused for good")
        UNWRITABLE = "unwritable", _("It could not be written")
        DIED = "died", _("Whoever was sending it stopped; it may have arrived")

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    ended_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    #: A code or an SMTP reply.
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["ended_at", "pk"]

    def __str__(self) -> str:
        return f"attempt {self.pk} ({self.outcome})"


class Pace(models.Model):
    """How fast one domain is written to, for all workers together. The domain is a keyed hash."""

    domain_hash = models.BinaryField(max_length=32, unique=True)
    #: The minute that is counted, from its first message, and how many it has had.
    minute_from = models.DateTimeField()
    taken = models.PositiveIntegerField(default=0)
    #: How often in a row it asked to wait, and until when it is left alone.
    waits = models.PositiveSmallIntegerField(default=0)
    rests_until = models.DateTimeField(null=True, blank=True)
    #: For whom it asked first, as a keyed hash: one mailbox alone says nothing about the others.
    first_asked = models.BinaryField(max_length=32, default=b"", blank=True)

    def __str__(self) -> str:
        return f"pace {self.pk}"


#: The name of the round that finds what is due, and of its last one that found nothing.
SWEEP, IDLE = "sweep", "idle"


class Round(models.Model):
    """When something that runs every half minute last ran to its end."""

    name = models.CharField(max_length=20, unique=True)
    ended_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"round {self.name}"


class Reply(models.Model):
    """What one person said to one appointment: will they be there? It never moves anything.

    Said on their page or by their calendar program (PARTSTAT). What came by mail without proof
    of its sender counts once the practitioner has confirmed it. Only they learn of it.
    """

    class Answer(models.TextChoices):
        """What was said."""

        ACCEPTED = "accepted", _("Will be there")
        TENTATIVE = "tentative", _("Not sure")
        DECLINED = "declined", _("Cannot come")
        COUNTER = "counter", _("Suggests another time")

    class Way(models.TextChoices):
        """How it came."""

        PAGE = "page", _("On their page")
        MAIL = "mail", _("By their calendar")

    class Outcome(models.TextChoices):
        """What the practitioner made of it."""

        CONFIRMED = "confirmed"
        IGNORED = "ignored"
        SEEN = "seen"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    attendance = models.ForeignKey(Attendance, on_delete=models.CASCADE, related_name="replies")
    answer = models.CharField(max_length=10, choices=Answer)
    way = models.CharField(max_length=4, choices=Way)
    #: The start that it was said about: a session that moves is answered anew.
    about_start = models.DateTimeField()
    received_at = models.DateTimeField()
    #: Which of several counts: DTSTAMP, or the arrival if that claims to be later.
    said_at = models.DateTimeField()
    #: SEQUENCE and DTSTAMP of a reply by mail: the same one counts once.
    sequence = models.IntegerField(null=True, blank=True)
    stamped_at = models.DateTimeField(null=True, blank=True)
    is_verified = models.BooleanField()
    settled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="reply_by_mail_once",
                fields=["attendance", "sequence", "stamped_at"],
                condition=Q(way="mail"),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["attendance", "said_at"], name="reply_latest"),
            models.Index(
                fields=["received_at"], name="reply_waiting", condition=Q(settled_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"reply {self.id} ({self.answer})"


class IncomingMail(models.Model):
    """That a mail came in and what became of it. Nothing of what it says is kept."""

    received_at = models.DateTimeField(db_index=True)
    #: A code of `notifications.domain.replies.Fate`.
    fate = models.CharField(max_length=20)
    reply = models.ForeignKey(
        Reply, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )

    def __str__(self) -> str:
        return f"incoming mail {self.pk} ({self.fate})"


class MailEvent(models.Model):
    """One report of the mail service. `key` makes it count once, however often it is told."""

    key = models.CharField(max_length=64, unique=True)
    received_at = models.DateTimeField(db_index=True)
    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="events", null=True, blank=True
    )
    kind = models.CharField(max_length=20)

    def __str__(self) -> str:
        return f"mail event {self.pk} ({self.kind})"


class Unreachable(models.Model):
    """An address that sent a message back, as a keyed hash: nothing more is sent to it meanwhile.

    Ends when the practitioner says so, or when a code that was sent there is entered.
    """

    address_hash = models.BinaryField(max_length=32, unique=True)
    since = models.DateTimeField()
    #: The message that came back; the practitioner finds it in the ledger.
    delivery = models.ForeignKey(
        Delivery, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )

    def __str__(self) -> str:
        return f"unreachable {self.pk}"


class Feed(models.Model):
    """A calendar that a program subscribes to: one person's own, or the practitioner's.

    Whoever has its address reads it; the database holds only the address's hash.
    """

    class Shows(models.TextChoices):
        """What stands on a practitioner's events. A client's always show their own title."""

        BUSY = "busy", _("Only that you are busy")
        CODE = "code", _("The code of the appointment")
        INITIALS = "initials", _("Initials of the people")
        NAMES = "names", _("Names of the people")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.CASCADE, related_name="feeds", null=True, blank=True
    )
    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="feeds", null=True, blank=True
    )
    token_hash = models.BinaryField(max_length=32, unique=True)
    shows = models.CharField(max_length=8, choices=Shows, default=Shows.BUSY)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="feed_one_owner",
                condition=Q(participant__isnull=False, practitioner__isnull=True)
                | Q(participant__isnull=True, practitioner__isnull=False),
            ),
            models.UniqueConstraint(
                name="feed_one_of_practitioner",
                fields=["practitioner"],
                condition=Q(revoked_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="feed_one_of_participant",
                fields=["participant"],
                condition=Q(revoked_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"feed {self.id}"


class WordingEdition(models.Model):
    """A message in the practice's own words: one row for each version, none is ever changed.

    What is sent now stands on `Practice.wordings`. Without words: ours were brought back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slot = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    #: A key of the fixed list of subjects; empty: the message's own.
    subject = models.CharField(max_length=20, blank=True)
    words = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField()
    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )

    class Meta:
        ordering: ClassVar = ["slot", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="wording_version", fields=["slot", "version"])
        ]

    def __str__(self) -> str:
        return f"wording {self.slot} ({self.version})"
