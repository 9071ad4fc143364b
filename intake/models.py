"""Tables of intake: each person's answers and signatures."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from booking.models import Participant


class AnswerSheet(models.Model):
    """One person's questionnaire, pinned to the form version it was begun with."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    participant = models.OneToOneField(
        Participant, on_delete=models.CASCADE, related_name="answer_sheet"
    )
    form = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    #: Questions answered into the profile: a column's default alone is nobody's answer.
    profile_answered = ArrayField(models.CharField(max_length=40), default=list)
    begun_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    #: They pressed finish and everything was there; empty again once something is missing.
    finished_at = models.DateTimeField(null=True, blank=True)

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
