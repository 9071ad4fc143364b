"""Every column of every model that could hold words, and why it may hold them as they are.

A new one without an entry fails the test: say here what it holds, or seal it.
"""

from collections.abc import Mapping

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from config.sealed import COLUMNS

#: One key of ours, or several: nothing that a person has typed.
CODES = """
    notifications.delivery.key notifications.delivery.kind notifications.delivery.subject_type
    notifications.delivery.claimed_by notifications.delivery.method notifications.delivery.reason
    intake.answersheet.form intake.answersheet.modules intake.answersheet.skipped
    intake.answersheet.closed
    intake.answersheet.profile_answered intake.answer.question intake.consenttext.document
    intake.consentedition.document intake.signature.document intake.signature.time_zone
    intake.intakesettings.modules intake.intakesettings.retention_days
    booking.appointment.wall_start booking.appointment.wall_zone booking.cohort.slug
    booking.participant.time_zone booking.privatelink.purpose booking.request.time_zone
    booking.request.country booking.request.region booking.request.article_slug
    booking.request.wanted_starts booking.request.idempotency_key booking.decision.candidates
    booking.decision.failure booking.series.wall_start booking.series.wall_zone
    booking.waitlistentry.weekdays booking.waitlistentry.parts
    practice.practice.batch_minutes practice.practice.batch_weekdays practice.practitioner.slug
    practice.practitioner.time_zone practice.service.slug practice.service.reminder_minutes
    practice.service.modalities practice.weeklyhours.modalities practice.hoursoverride.modalities
    practice.article.slug practice.change.kind practice.change.subject_type practice.change.actor
    practice.change.snapshot auth.permission.name auth.permission.codename auth.group.name
    contenttypes.contenttype.app_label contenttypes.contenttype.model sessions.session.session_key
    account.emailconfirmation.key intake.textcheck.key notifications.attempt.reason
    notifications.incomingmail.fate notifications.mailevent.key notifications.mailevent.kind
    notifications.round.name notifications.wordingedition.slot
    notifications.wordingedition.subject
"""
#: From which nobody gets back what was hashed.
HASHES = """
    intake.consenttext.text_hash booking.participant.passcode_hash
    booking.donotcontact.address_hash booking.request.body_hash booking.request.network_hash
    practice.user.password practice.apitoken.token_hash intake.newpasscode.word_hash
    intake.textcheck.text_hash notifications.feed.token_hash notifications.pace.domain_hash
    notifications.pace.first_asked
    notifications.unreachable.address_hash notifications.delivery.sent_to_hash
"""
#: What the practice says of itself; much of it stands on its pages.
OF_THE_PRACTICE = """
    intake.consenttext.text intake.consentedition.title intake.consentedition.summary
    intake.consentedition.text intake.consentedition.agree intake.consentedition.decline
    intake.intakesettings.alert_name intake.intakesettings.alert_email
    intake.intakesettings.second_name intake.intakesettings.second_email
    intake.intakesettings.resources booking.cohort.title booking.cohort.description
    practice.user.first_name practice.user.last_name practice.user.email practice.practice.name
    practice.practice.office_name practice.practice.email practice.practice.phone
    practice.practice.reply_promise practice.practice.locations practice.practice.wordings
    practice.practitioner.display_name practice.practitioner.initials
    practice.practitioner.credentials practice.practitioner.email practice.practitioner.phone
    practice.practitioner.video_url practice.practitioner.address practice.service.name
    practice.service.description practice.service.price_text practice.timeoff.label
    practice.article.title practice.article.summary practice.article.body practice.apitoken.name
    account.emailaddress.email notifications.wordingedition.words notifications.invite.organizer
"""
#: Whom a message goes to and how it may look: planning messages needs it (`design.md` 3.8).
FOR_MESSAGES = """
    booking.participant.label booking.participant.email booking.participant.chosen_name
    booking.participant.pronouns booking.participant.phone booking.participant.event_title
    booking.seat.name booking.privatelink.address
"""
#: Signed, packed and coded; the test opens it and looks inside.
PACKED = "sessions.session.session_data"
#: The second factors' secrets inside are sealed; a passkey's public key is public.
PARTLY_SEALED = "mfa.authenticator.data"

MAY_BE_READ: Mapping[str, str] = {
    column: reason
    for reason, columns in {
        "codes": CODES,
        "hashes": HASHES,
        "of the practice": OF_THE_PRACTICE,
        "for messages": FOR_MESSAGES,
        "packed": PACKED,
        "partly sealed": PARTLY_SEALED,
    }.items()
    for column in columns.split()
}
SEALED = frozenset(f"{c.model._meta.label_lower}.{c.column}" for c in COLUMNS)


def could_hold_words() -> dict[str, models.Field[object, object]]:
    """Every column of words, of JSON or of bytes; not a choice of a few words of ours."""
    return {
        f"{model._meta.label_lower}.{field.name}": field
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if _holds_words(field) and not field.choices
    }


def _holds_words(field: models.Field[object, object]) -> bool:
    kinds = (models.CharField, models.TextField, models.JSONField, models.BinaryField, ArrayField)
    return isinstance(field, kinds)
