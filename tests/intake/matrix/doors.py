"""Every address of the site, and whose it is. A new one without an entry fails the test."""

from collections.abc import Iterator, Mapping
from enum import Enum
from uuid import UUID, uuid4

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from intake.models import Alert, Review, Signature
from notifications.models import Delivery, Reply
from practice.models import TimeOff
from tests.booking.factories import seat_of
from tests.intake.matrix.world import World


class Whose(Enum):
    """Who may come in."""

    #: Everybody; nothing of anybody is on it.
    ALL = "all"
    #: The one person whose device came in by their link.
    PERSON = "person"
    #: The practitioner whose it is. Without an id in the address: every practitioner, for
    #: themselves.
    DESK = "desk"
    #: The practice's own pages: every practitioner.
    PRACTICE = "practice"
    #: allauth's: an account, for itself.
    ACCOUNT = "account"
    #: The API: a person of the request, over their link.
    API_PERSON = "api person"
    #: The API: the practitioner.
    API_DESK = "api desk"
    #: The API: a person of the request or its practitioner.
    API_KNOWN = "api known"
    #: The mailbox of development, which production does not have.
    DEVELOPMENT = "development"


_NAMES: Mapping[Whose, str] = {
    Whose.ALL: """
        home articles article request request-article request-session request-time
        request-details request-younger request-sent request-address link-again link-done open
        undo-address address-undone
        leave-device health-live health-ready api-schema api-docs api-not-found api-services
        api-slots api-cohorts messages:feed messages:webhook
        health-messages health-metrics
    """,
    Whose.PERSON: """
        join decline-invitation answer-times when own-zone wait stop-waiting leave-place ask-move
        cancel-appointment leave-appointment date move-date keep-date cancel-date ask-about-date
        running-late withdraw correct-address prove-address correct-invitation you you-section
        you-take-back you-signed you-receipt you-support you-answers-seen you-readers you-copy
        you-copy-file you-copy-delete you-others passcode you-passcode you-stop you-stopped you-end
        you-erase you-after you-receipt-file passcode-ask passcode-forgotten messages:answer
        messages:choices messages:own-feed messages:remaining
    """,
    Whose.DESK: """
        desk:waiting desk:request desk:confirm desk:propose desk:decline desk:ask-again desk:undo
        desk:excuse desk:waitlist desk:calendar desk:agenda desk:ill desk:ill-done
        desk:appointment desk:move desk:cancel desk:ended desk:add desk:running-late desk:keep
        desk:repeat desk:move-following desk:series desk:pause desk:renew desk:skip desk:groups
        desk:group-new desk:group desk:group-edit desk:group-session desk:call-off desk:give-seat
        desk:refuse-seat desk:book desk:hours desk:hours-week desk:hours-days desk:hours-day
        desk:time-off desk:time-off-one desk:energy desk:time-zone desk:services desk:service-new
        desk:service
        desk-attention desk-readiness desk-nudge desk-reading desk-answers desk-marks desk-review
        desk-flags desk-acknowledge desk-contact desk-decide desk-register desk-register-one
        desk-ask-again messages:list messages:try-again desk:answer-for desk:end-suggestion
        desk-attendance desk-parting desk-passcode desk-reading-file messages:answers
        messages:answers-of messages:came-back messages:desk-feed messages:settle
        messages:elsewhere messages:hand-over messages:own
        messages:write-again messages:of-request messages:again messages:of-appointment
        messages:missed desk-feedback desk-feedback-list
    """,
    Whose.PRACTICE: """
        desk:defaults
        desk-intake-settings desk-support desk-documents desk-document desk-privacy desk-check
        desk-checks messages:every messages:wordings messages:wording messages:as-sent
        messages:promise
    """,
    Whose.ACCOUNT: """
        account_login account_logout account_inactive account_signup account_reauthenticate
        account_email account_email_verification_sent account_change_password
        account_set_password account_reset_password account_confirm_login_code
        account_confirm_email account_reset_password_from_key_done
        account_reset_password_from_key account_reset_password_done mfa_index mfa_authenticate
        mfa_reauthenticate mfa_activate_totp mfa_deactivate_totp mfa_view_recovery_codes
        mfa_generate_recovery_codes mfa_download_recovery_codes mfa_list_webauthn
        mfa_add_webauthn mfa_reauthenticate_webauthn mfa_remove_webauthn mfa_edit_webauthn
        mfa_login_webauthn
    """,
    Whose.API_PERSON: """
        api-request-withdraw api-request-ballot api-request-times api-request-answer
        api-request-appointments api-request-seat api-request-stop api-request-waitlist
        api-appointment-ask-move api-appointment-late-wish
    """,
    Whose.API_DESK: """
        api-request-confirm api-request-decline api-request-propose api-request-ask-again
        api-requests api-request-undo api-request-outcome api-request-excuse api-request-answer-for
        api-request-end-suggestion api-calls api-appointments-cancel-day api-appointment-add-person
        api-appointments api-appointment-reschedule
        api-appointment-no-show api-appointment-fulfil api-late-wishes api-late-wish-settle
        api-series-preview api-series-start api-series-move-following api-series
        api-series-renewal api-series-pause api-cohorts-own api-cohort api-cohort-call-off
        api-cohort-sessions api-seat-give api-seat-refuse api-waitlist api-availability
        api-availability-week api-availability-days api-availability-time-off
        api-availability-time-zone
        api-availability-time-off-one api-availability-energy api-availability-services
        api-availability-service
    """,
    Whose.API_KNOWN: "api-request api-appointment-cancel api-appointment-running-late",
    Whose.DEVELOPMENT: "dev:index dev:mailbox dev:message dev:source dev:html dev:part",
}
DOORS: Mapping[str, Whose] = {
    name: whose for whose, names in _NAMES.items() for name in names.split()
}


def addresses() -> dict[str, frozenset[str]]:
    """Every address of the site by name, with the names of what stands in it."""
    return dict(_walk(get_resolver(), "", frozenset()))


def _walk(
    resolver: URLResolver, space: str, above: frozenset[str]
) -> Iterator[tuple[str, frozenset[str]]]:
    for pattern in resolver.url_patterns:
        parameters = above | frozenset(pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLPattern):
            yield space + (pattern.name or f"without a name: {pattern.pattern}"), parameters
        else:
            below = f"{pattern.namespace}:" if pattern.namespace else space
            yield from _walk(pattern, below, parameters)


def doors(*whose: Whose) -> Iterator[str]:
    """The names of the addresses of somebody."""
    return (name for name, owner in DOORS.items() if owner in whose)


class Addresses:
    """Addresses with what is really there, and the same with ids that nothing has."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._parameters = addresses()
        time_off = TimeOff.objects.get(practitioner=world.practitioner)
        self._there: dict[str, object] = {
            "request_id": world.couple.pk,
            "appointment_id": world.appointment.pk,
            "series_id": world.series.pk,
            "wish_id": world.wish.pk,
            "review_id": Review.objects.get().pk,
            "alert_id": Alert.objects.get().pk,
            "delivery_id": Delivery.objects.earliest("due_at").pk,
            "cohort_id": seat_of(world.people["gus"].request).cohort_id,
            "seat_id": seat_of(world.people["gus"].request).pk,
            "service_id": world.office.service("couple").pk,
            "time_off_id": time_off.pk,
            "day": world.now.date(),
            "slug": "hopes",
            "key": "cn_scope",
            "document": "cn_scope",
            "version": 1,
            "token": "nonsense",
            "uidb36": "1",
            "provider": "nobody",
            "what": "report",
            "reply_id": Reply.objects.get().pk,
            "pk": 1,
        }

    def has_id(self, name: str) -> bool:
        """Whether the address is that of one thing."""
        return any(p.endswith("_id") for p in self._parameters[name])

    def there(self, name: str, owner: str = "cleo") -> str:
        """The address of what there is, of one person where it is a person's."""
        return self._address(name, {**self._there, **self._of(owner)})

    def nowhere(self, name: str) -> str:
        """The same for ids that nothing has."""
        ids: dict[str, object] = {
            p: 987654 if p == "time_off_id" else uuid4()
            for p in self._parameters[name]
            if p.endswith("_id")
        }
        return self._address(name, {**self._there, **ids})

    def _of(self, owner: str) -> dict[str, UUID]:
        person = self._world.people[owner]
        by_state = ("appointment__state", "appointment__starts_at")  # what is booked comes first
        attendance = person.attendances.order_by(*by_state).first()
        signature = Signature.objects.filter(participant=person).earliest("document")
        others = person.request.participants.exclude(pk=person.pk)
        other = others.order_by("position").last() or person
        return {
            "participant_id": person.pk,
            "other_id": other.pk,
            "signature_id": signature.pk,
            "request_id": person.request_id,
            "appointment_id": attendance.appointment_id
            if attendance
            else self._world.appointment.pk,
        }

    def _address(self, name: str, known: Mapping[str, object]) -> str:
        if name == "api-not-found":
            return "/api/v1/nowhere/"
        return reverse(name, kwargs={p: known[p] for p in self._parameters[name]})
