"""Requests and the people in them."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from booking.domain.states import OPEN_REQUEST_STATES, RequestState
from practice.models import Modality, Practitioner, RelationshipType, Service

#: Sorted, because the order stands in migrations and must not change from run to run.
_OPEN_REQUESTS = sorted(str(s) for s in OPEN_REQUEST_STATES)


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
    # Nothing looks for all requests of one of the few there are: an index would only cost.
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="requests", db_index=False
    )
    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.PROTECT, related_name="requests", db_index=False
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
    article_slug = models.SlugField(blank=True, db_index=False)
    topics_sealed = models.BinaryField(null=True)
    words_sealed = models.BinaryField(null=True)
    origin = models.CharField(max_length=12, choices=Origin, default=Origin.WEB)
    #: The people find a time together: everyone marks what suits, and nothing is held meanwhile.
    find_together = models.BooleanField(default=False)
    #: When everybody's own part was complete for the first time: the order of the waitlist.
    ready_at = models.DateTimeField(null=True, blank=True)
    #: The first choice, kept when nothing could be held for an unverified requester.
    wanted_starts = models.JSONField(default=list)
    #: What requesters are told; short until the address is verified, and fixed then.
    hold_ends_at = models.DateTimeField(null=True, blank=True)
    #: When the sweep found that nothing is held any more, and told the practitioner.
    hold_lapsed_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    #: Its people have parted: nothing more is booked for them together.
    parted_at = models.DateTimeField(null=True, blank=True)
    #: The practitioner pressed Confirm beforehand (a client who called): book once the gate opens.
    confirm_when_ready = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=0)
    idempotency_key = models.CharField(  # noqa: DJ001  any number may have none
        max_length=200, null=True, blank=True
    )
    body_hash = models.BinaryField(max_length=32, null=True)
    network_hash = models.BinaryField(max_length=32, null=True)

    class Meta:
        ordering: ClassVar = ["created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["idempotency_key"], name="request_once_a_key"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["practitioner", "created_at"],
                name="request_open",
                condition=Q(state__in=_OPEN_REQUESTS),
            ),
            models.Index(
                fields=["hold_ends_at"],
                name="request_unverified_hold",
                condition=Q(state=RequestState.RECEIVED),
            ),
        ]

    def __str__(self) -> str:
        return f"request {self.id} ({self.state})"


class Decision(models.Model):
    """What the practitioner decided about several people, waiting for the next batch.

    Undoable until it leaves and invisible outside: a delay tells nobody anything.
    """

    class Kind(models.TextChoices):
        """What will happen."""

        CONFIRM = "confirm", _("Confirm")
        PROPOSE = "propose", _("Propose other times")
        ASK_AGAIN = "again", _("Ask everyone for more times")
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
