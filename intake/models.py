"""Tables of intake: each person's answers and signatures, what they make urgent, its settings."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from booking.models import Appointment, Participant, Request
from intake.domain.flags import Level
from intake.domain.modules import DEFAULT_MODULES
from intake.domain.retention import default_days
from practice.models import Practitioner


def default_modules() -> list[str]:
    """What a practice asks before it has changed anything."""
    return sorted(DEFAULT_MODULES)


class AnswerSheet(models.Model):
    """One person's questionnaire, pinned to the form version it was begun with."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    participant = models.OneToOneField(
        Participant, on_delete=models.CASCADE, related_name="answer_sheet"
    )
    form = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    #: The modules that were on when it was begun; what is switched later changes other sheets.
    modules = ArrayField(models.CharField(max_length=20), default=list)
    #: Slugs of the sections that the person chose to skip as a whole.
    skipped = ArrayField(models.CharField(max_length=40), default=list)
    #: When the safety section was answered or set aside; it is not shown again after that.
    safety_at = models.DateTimeField(null=True, blank=True)
    #: They were not alone: to ask privately. They may still come back and answer.
    safety_set_aside = models.BooleanField(default=False)
    #: Questions answered into the profile: a column's default alone is nobody's answer.
    profile_answered = ArrayField(models.CharField(max_length=40), default=list)
    begun_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    #: They pressed finish and everything was there; empty again once something is missing.
    finished_at = models.DateTimeField(null=True, blank=True)
    #: They said that they are under 18: everything in it was deleted; empty again once they
    #: answer something after all.
    forgotten_at = models.DateTimeField(null=True, blank=True)
    #: Sealed questions whose answers went with it. They take no second answer: who holds the
    #: phone could otherwise give calm ones.
    closed = ArrayField(models.CharField(max_length=40), default=list)

    def __str__(self) -> str:
        return f"answer sheet {self.id}"


class Answer(models.Model):
    """One answer, sealed; the value inside is JSON."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sheet = models.ForeignKey(AnswerSheet, on_delete=models.CASCADE, related_name="answers")
    question = models.CharField(max_length=40)
    value_sealed = models.BinaryField()
    #: The person chose to show this answer to the others attending.
    is_shared = models.BooleanField(default=False)
    saved_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="answer_once", fields=["sheet", "question"]),
        ]

    def __str__(self) -> str:
        return f"answer to {self.question}"


class ConsentText(models.Model):
    """The exact text that people signed, once per wording: a hash alone proves nothing."""

    text_hash = models.BinaryField(max_length=32, primary_key=True)
    document = models.CharField(max_length=40)
    document_version = models.PositiveSmallIntegerField()
    text = models.TextField()

    def __str__(self) -> str:
        return f"text of {self.document}, version {self.document_version}"


class ConsentEdition(models.Model):
    """A document in the practice's own words. Every edit is a new version; none is ever changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    summary = models.CharField(max_length=300)
    text = models.TextField()
    agree = models.CharField(max_length=200)
    decline = models.CharField(max_length=200, blank=True)
    edited_at = models.DateTimeField()
    edited_by = models.ForeignKey(
        Practitioner, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="edition_once", fields=["document", "version"]),
        ]

    def __str__(self) -> str:
        return f"edition of {self.document}, version {self.version}"


class Signature(models.Model):
    """One person's signature under one exact text. Taken back, it stays as history."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="signatures"
    )
    document = models.CharField(max_length=40)
    document_version = models.PositiveSmallIntegerField()
    #: SHA-256 of the exact text shown.
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="+")
    #: False for a document that may be declined (recording, research).
    accepted = models.BooleanField(default=True)
    legal_name_sealed = models.BinaryField()
    signed_at = models.DateTimeField()
    time_zone = models.CharField(max_length=64)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="signature_once",
                fields=["participant", "document", "document_version"],
                condition=Q(withdrawn_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"signature of {self.document}"


class IntakeSettings(models.Model):
    """What the practice decides about its questionnaires; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    #: See `intake.domain.modules`.
    modules = ArrayField(models.CharField(max_length=20), default=default_modules)
    #: Who answers alerts, within how many hours, and who does when they do not.
    alert_name = models.CharField(max_length=120, blank=True)
    alert_email = models.EmailField(blank=True)
    alert_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    second_name = models.CharField(max_length=120, blank=True)
    second_email = models.EmailField(blank=True)
    #: The practice's own list of other ways to get support; null: `forms/support/resources.toml`.
    resources = models.JSONField(null=True, blank=True)
    #: Days by class, see `intake.domain.retention`.
    retention_days = models.JSONField(default=default_days)
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="one_intake_settings", condition=Q(id=1)),
        ]

    def __str__(self) -> str:
        return "settings of intake"


class Flag(models.Model):
    """What a person's answers made urgent, once per reason. Only the practitioner learns of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="flags")
    level = models.CharField(max_length=8, choices=[(v.value, v.value) for v in Level])
    #: A JSON list of `intake.domain.flags.Source`, sealed.
    sources_sealed = models.BinaryField()
    raised_at = models.DateTimeField()
    #: The practitioner has talked to this person alone, after it was raised.
    contacted_at = models.DateTimeField(null=True, blank=True)
    #: They said that they are under 18: the reasons are gone, and so is this with its review.
    emptied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["raised_at"]

    def __str__(self) -> str:
        return f"flag {self.id}"


class Review(models.Model):
    """A request is held until its practitioner has talked to somebody alone and decided.

    Outwardly it does not exist: a held request looks like one that waits for an answer.
    """

    class Decision(models.TextChoices):
        """What follows from the talk."""

        PROCEED = "proceed", _("Go on as asked")
        INDIVIDUAL_FIRST = "individual_first", _("One-to-one first")
        REFER = "refer", _("Refer to somebody else")
        DECLINE = "decline", _("Decline")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="reviews")
    opened_at = models.DateTimeField()
    contacted_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=20, choices=Decision, blank=True)
    #: Talked over with a supervisor or a colleague.
    supervised = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        Practitioner, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["opened_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_open_review", fields=["request"], condition=Q(closed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"review {self.id}"


class Alert(models.Model):
    """The practice is told, again and again, until somebody has seen it. Without any content.

    One for each flag that holds a request: what was said before, unseen perhaps, hides nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="alerts")
    #: Whose flag it is about. Null: acknowledged before this was noted.
    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, null=True, related_name="alerts"
    )
    level = models.CharField(
        max_length=8, choices=[(v.value, v.value) for v in (Level.ACUTE, Level.REVIEW)]
    )
    raised_at = models.DateTimeField()
    #: When the practice was last told again, once the first repeats were over.
    repeated_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        Practitioner, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["raised_at"]

    def __str__(self) -> str:
        return f"alert {self.id}"


class Separation(models.Model):
    """People of a request have parted: what they wrote for each other is closed for good."""

    request = models.OneToOneField(
        Request, primary_key=True, on_delete=models.CASCADE, related_name="separation"
    )
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"separation in request {self.request_id}"


class NewPasscode(models.Model):
    """Somebody has forgotten their passcode; at most one question and one word for each person.

    The word is told to them aloud, never sent: whoever reads their mail does not have it.
    """

    participant = models.OneToOneField(
        Participant, primary_key=True, on_delete=models.CASCADE, related_name="new_passcode"
    )
    asked_at = models.DateTimeField(null=True, blank=True)
    #: A slow hash of the word, from when the practitioner knew who it was; empty until then.
    word_hash = models.CharField(max_length=200, blank=True)
    word_until = models.DateTimeField(null=True, blank=True)
    given_by = models.ForeignKey(
        Practitioner, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    def __str__(self) -> str:
        return f"new passcode for participant {self.participant_id}"


class TextCheck(models.Model):
    """The practice has read one of the things that it answers for itself, and stands behind it."""

    #: See `intake.domain.checking`.
    key = models.CharField(max_length=80, primary_key=True)
    #: What was checked: a fingerprint of the text, so that a changed one is to be checked anew.
    text_hash = models.BinaryField(max_length=32)
    checked_at = models.DateTimeField()
    checked_by = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"check of {self.key}"


class Feedback(models.Model):
    """What one person said about one session, to their practitioner and to nobody else."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="feedback")
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="+")
    #: A JSON object of `intake.domain.feedback.Slider` to a number or a way to pass, sealed.
    sliders_sealed = models.BinaryField()
    #: What they told privately; null: nothing.
    words_sealed = models.BinaryField(null=True)
    saved_at = models.DateTimeField()
    #: The practitioner took it off the list of what is new.
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["saved_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="feedback_once", fields=["participant", "appointment"]),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["saved_at"], name="feedback_unseen", condition=Q(seen_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"feedback {self.id}"
