"""Addresses of intake on the practitioner's desk, under /desk/."""

from django.urls import URLPattern, path

from booking.views.desk import names
from intake.views import (
    desk,
    desk_board,
    desk_checks,
    desk_documents,
    desk_feedback,
    desk_parting,
    desk_reading,
    desk_register,
    desk_review,
    desk_settings,
    passcodes_forgotten,
)

urlpatterns: list[URLPattern] = [
    path("attention/", desk_review.attention_list, name="desk-attention"),
    path("readiness/", desk_board.readiness, name="desk-readiness"),
    path("requests/<uuid:request_id>/nudge/", desk_board.send_nudge, name="desk-nudge"),
    path("requests/<uuid:request_id>/reading/", desk_reading.reading, name="desk-reading"),
    path(
        "requests/<uuid:request_id>/reading/file/",
        desk_reading.reading_file,
        name="desk-reading-file",
    ),
    path("requests/<uuid:request_id>/parting/", desk_parting.separation, name="desk-parting"),
    path(
        "requests/<uuid:request_id>/dates/<uuid:participant_id>/",
        desk_parting.attendance,
        name="desk-attendance",
    ),
    path(
        "requests/<uuid:request_id>/passcode/<uuid:participant_id>/",
        passcodes_forgotten.let_in,
        name="desk-passcode",
    ),
    path("after/", desk_feedback.everybody, name="desk-feedback-list"),
    path(
        "requests/<uuid:request_id>/after/<uuid:participant_id>/",
        desk_feedback.of_person,
        name="desk-feedback",
    ),
    path("requests/<uuid:request_id>/answers/", desk.answers, name="desk-answers"),
    path("requests/<uuid:request_id>/marks/", desk_review.marks, name="desk-marks"),
    path("requests/<uuid:request_id>/review/", desk_review.review, name="desk-review"),
    path(
        "requests/<uuid:request_id>/review/<uuid:participant_id>/",
        desk_review.flags,
        name="desk-flags",
    ),
    path("alerts/<uuid:alert_id>/acknowledge/", desk_review.acknowledge, name="desk-acknowledge"),
    path("reviews/<uuid:review_id>/contact/", desk_review.contact, name="desk-contact"),
    path("reviews/<uuid:review_id>/decide/", desk_review.decide, name="desk-decide"),
    path("settings/intake/", desk_settings.intake, name="desk-intake-settings"),
    path("settings/support/", desk_settings.support, name="desk-support"),
    path("settings/checks/", desk_checks.checks, name="desk-checks"),
    path("settings/checks/note/", desk_checks.note, name="desk-check"),
    path("settings/agreements/", desk_documents.documents, name="desk-documents"),
    path("settings/agreements/<slug:key>/", desk_documents.edit, name="desk-document"),
    path("register/ask-again/", desk_documents.ask_again, name="desk-ask-again"),
    path("register/", desk_register.register, name="desk-register"),
    path(
        "register/<slug:document>/<int:version>/", desk_register.edition, name="desk-register-one"
    ),
    path("privacy/", names.privacy, name="desk-privacy"),
]
