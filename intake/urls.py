"""Addresses of intake. Neutral: none says what the practice does or what is asked."""

from django.urls import URLPattern, URLResolver, include, path

from intake.views import (
    copy,
    feedback,
    parting,
    passcodes,
    passcodes_forgotten,
    readers,
    sections,
    signed,
    underage,
    you,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("you/<uuid:participant_id>/", you.you, name="you"),
    path("you/<uuid:participant_id>/part/<slug:slug>/", sections.section, name="you-section"),
    path("you/<uuid:participant_id>/take-back/", sections.take_back, name="you-take-back"),
    path("you/<uuid:participant_id>/copies/", signed.signed, name="you-signed"),
    path(
        "you/<uuid:participant_id>/copies/<uuid:signature_id>/",
        signed.receipt,
        name="you-receipt",
    ),
    path(
        "you/<uuid:participant_id>/copies/<uuid:signature_id>/file/",
        signed.receipt_file,
        name="you-receipt-file",
    ),
    path("you/<uuid:participant_id>/support/", sections.support, name="you-support"),
    path("you/<uuid:participant_id>/seen/", sections.seen, name="you-answers-seen"),
    path("you/<uuid:participant_id>/read/", readers.readers, name="you-readers"),
    path("you/<uuid:participant_id>/after/", feedback.after, name="you-after"),
    path("you/<uuid:participant_id>/copy/", copy.copy, name="you-copy"),
    path("you/<uuid:participant_id>/copy/file/", copy.download, name="you-copy-file"),
    path("you/<uuid:participant_id>/copy/delete/", copy.delete, name="you-copy-delete"),
    path("you/<uuid:participant_id>/others/", you.others, name="you-others"),
    path("you/<uuid:participant_id>/passcode/", passcodes.enter, name="passcode"),
    path(
        "you/<uuid:participant_id>/passcode/forgotten/",
        passcodes_forgotten.forgotten,
        name="passcode-forgotten",
    ),
    path("you/<uuid:participant_id>/passcode/ask/", passcodes_forgotten.ask, name="passcode-ask"),
    path("you/<uuid:participant_id>/passcode/new/", passcodes.choose, name="you-passcode"),
    path("you/<uuid:participant_id>/end/", parting.end, name="you-end"),
    path("you/<uuid:participant_id>/stop/", underage.stop, name="you-stop"),
    path("you/<uuid:participant_id>/stopped/", underage.stopped, name="you-stopped"),
    path("you/<uuid:participant_id>/stopped/delete/", underage.erase, name="you-erase"),
    path("desk/", include("intake.desk_urls")),
]
