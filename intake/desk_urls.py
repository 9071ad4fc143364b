"""Addresses of intake on the practitioner's desk, under /desk/."""

from django.urls import URLPattern, path

from intake.views import (
    desk,
    desk_board,
    desk_documents,
    desk_frame,
    desk_reading,
    desk_register,
    desk_review,
    desk_settings,
)

urlpatterns: list[URLPattern] = [
    path("attention/", desk_review.attention_list, name="desk-attention"),
    path("readiness/", desk_board.readiness, name="desk-readiness"),
    path("requests/<uuid:request_id>/nudge/", desk_board.send_nudge, name="desk-nudge"),
    path("requests/<uuid:request_id>/reading/", desk_reading.reading, name="desk-reading"),
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
    path("settings/agreements/", desk_documents.documents, name="desk-documents"),
    path("settings/agreements/<slug:key>/", desk_documents.edit, name="desk-document"),
    path("register/ask-again/", desk_documents.ask_again, name="desk-ask-again"),
    path("register/", desk_register.register, name="desk-register"),
    path(
        "register/<slug:document>/<int:version>/", desk_register.edition, name="desk-register-one"
    ),
    path("privacy/", desk_frame.privacy, name="desk-privacy"),
]
