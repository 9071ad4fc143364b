"""Tables of telling people: what is due to whom, and the identity of each calendar invite."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

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
    #: An attempt ended without an answer: the mail server may or may not have taken it.
    maybe_sent = models.BooleanField(default=False)
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

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="delivery_one_recipient",
                condition=Q(participant__isnull=False, practitioner__isnull=True)
                | Q(participant__isnull=True, practitioner__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["try_at"], name="delivery_to_try", condition=Q(state="pending")),
            models.Index(fields=["due_at"], name="delivery_due", condition=Q(state="pending")),
            models.Index(
                fields=["lease_until"], name="delivery_leased", condition=Q(state="sending")
            ),
            models.Index(fields=["subject_type", "subject_id"], name="delivery_by_subject"),
            models.Index(
                fields=["settled_at"], name="delivery_failed", condition=Q(state="failed")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.state})"
