"""What the practitioner of the soak does: decisions, series, groups and availability."""

from datetime import timedelta

from django.db.models import Q

from booking.models import Appointment, Cohort, LateWish, Participant, Request
from booking.operations import (
    appointments,
    availability,
    calls,
    cancellations,
    decisions,
    groups,
    late,
    participants,
    places,
    series,
    together,
)
from booking.queries.series import preview
from booking.queries.together import outcome
from practice.domain.hours import Span, WeeklySpan
from practice.models import TimeOff
from practice.operations.services import ServiceSettings
from tests.booking import factories as make
from tests.booking.races.soak_players import Deed, Nothing, Player

# --- Decisions and appointments ----------------------------------------------------------------


def confirm(player: Player) -> None:
    decisions.confirm(
        request_id=player.request("ready").pk, practitioner_id=player.lead.pk, now=player.now
    )


def confirm_what_suits(player: Player) -> None:
    request = player.one(
        Request.objects.filter(practitioner=player.lead, find_together=True, state="ready")
    )
    found = outcome(request, now=player.now).works
    if not found:
        raise Nothing
    decisions.confirm(
        request_id=request.pk,
        practitioner_id=player.lead.pk,
        starts_at=found[0].starts_at,
        now=player.now,
    )


def propose(player: Player) -> None:
    request = player.request("ready", "gathering")
    decisions.propose(
        request_id=request.pk,
        practitioner_id=player.lead.pk,
        starts=player.starts(3, request.relationship_type),
        now=player.now,
    )


def decline(player: Player) -> None:
    decisions.decline(
        request_id=player.request().pk, practitioner_id=player.lead.pk, now=player.now
    )


def undo(player: Player) -> None:
    request = player.one(
        Request.objects.filter(
            decisions__done_at__isnull=True, decisions__undone_at__isnull=True
        ).filter(decisions__isnull=False)
    )
    decisions.undo(request_id=request.pk, practitioner_id=request.practitioner_id, now=player.now)


def ask_again(player: Player) -> None:
    request = player.one(Request.objects.filter(practitioner=player.lead, find_together=True))
    together.ask_again(request_id=request.pk, practitioner_id=player.lead.pk, now=player.now)


def excuse(player: Player) -> None:
    person = player.person(request__practitioner=player.lead, is_requester=False)
    participants.excuse(participant_id=person.pk, practitioner_id=player.lead.pk, now=player.now)


def reschedule(player: Player) -> None:
    appointment = player.booked()
    appointments.reschedule(
        appointment_id=appointment.pk,
        practitioner_id=player.lead.pk,
        starts_at=player.start(),
        now=player.now,
    )


def cancel_kindly(player: Player) -> None:
    cancellations.cancel_by_practitioner(
        appointment_id=player.booked().pk,
        practitioner_id=player.lead.pk,
        offer_new_times=player.yes(0.5),
        offer_to_waitlist=player.yes(0.5),
        now=player.now,
    )


def cancel_day(player: Player) -> None:
    day = player.today(player.chance.randint(0, 10))
    cancellations.cancel_day(practitioner_id=player.lead.pk, day=day, now=player.now)


def fulfil(player: Player) -> None:
    # Now and then while it still runs: that is refused.
    appointment = player.booked(
        **{"starts_at__lte" if player.yes(0.1) else "ends_at__lte": player.now}
    )
    appointments.fulfil(
        appointment_id=appointment.pk, practitioner_id=player.lead.pk, now=player.now
    )


def mark_no_show(player: Player) -> None:
    over = Appointment.objects.filter(
        practitioner=player.lead, state__in=("booked", "fulfilled"), starts_at__lte=player.now
    )
    appointments.mark_no_show(
        appointment_id=player.one(over).pk, practitioner_id=player.lead.pk, now=player.now
    )


def add_attendee(player: Player) -> None:
    maybe = Q(request__participants__attends="sometimes")
    appointment = player.one(
        Appointment.objects.filter(maybe, practitioner=player.lead, state="booked")
    )
    found = Participant.objects.filter(request=appointment.request_id, attends="sometimes")
    appointments.add_attendee(
        appointment_id=appointment.pk,
        participant_id=player.one_of(found, sorted(found.values_list("pk", flat=True))).pk,
        practitioner_id=player.lead.pk,
        now=player.now,
    )


def settle_late(player: Player) -> None:
    open_ones = LateWish.objects.filter(settled_at__isnull=True)
    wish = player.one_of(open_ones, sorted(open_ones.values_list("pk", flat=True)))
    late.settle_late(
        wish_id=wish.pk, practitioner_id=player.lead.pk, outcome="kept", now=player.now
    )


def take_call(player: Player) -> None:
    calls.book_for_caller(
        practitioner_id=player.lead.pk,
        service_id=player.office.services["individual-50"].pk,
        starts_at=player.start(),
        people=[calls.Caller("Robin", email=make.address("caller"))],
        modality="video",
        country="US",
        region="NY",
        time_zone="America/New_York",
        forms_on_paper=player.yes(0.5),
        now=player.now,
    )


# --- Series ------------------------------------------------------------------------------------


def start_series(player: Player) -> None:
    appointment = player.booked(series__isnull=True, request__isnull=False)
    plan = preview(appointment, every_weeks=1, count=4, now=player.now)
    series.start_series(
        appointment_id=appointment.pk,
        practitioner_id=player.lead.pk,
        every_weeks=1,
        starts=[turn.starts_at for turn in plan if turn.is_open],
        now=player.now,
    )


def renew(player: Player) -> None:
    series.renew(
        series_id=player.a_series().pk,
        practitioner_id=player.lead.pk,
        starts=[player.start()],
        now=player.now,
    )


def move_following(player: Player) -> None:
    appointment = player.booked(series__isnull=False)
    series.move_following(
        appointment_id=appointment.pk,
        practitioner_id=player.lead.pk,
        starts_at=player.start(),
        now=player.now,
    )


def pause(player: Player) -> None:
    first = player.today(player.chance.randint(0, 14))
    series.pause(
        series_id=player.a_series().pk,
        practitioner_id=player.lead.pk,
        first=first,
        until=first + timedelta(days=7),
        now=player.now,
    )


# --- Groups ------------------------------------------------------------------------------------


def publish(player: Player) -> None:
    if Cohort.objects.filter(state="open").count() > 3:
        raise Nothing
    make.published(
        player.office,
        now=player.now,
        starts=player.starts(3, "group"),
        seats=3,
        decide_date=player.today(1),
    )


def edit_group(player: Player) -> None:
    cohort = player.one(Cohort.objects.filter(practitioner=player.lead))
    groups.edit(
        cohort_id=cohort.pk,
        practitioner_id=player.lead.pk,
        title=cohort.title,
        description="",
        seats=player.chance.randint(2, 4),
        minimum=2,
        decide_date=cohort.decide_date,
        state=player.chance.choice(("open", "open", "closed")),
        now=player.now,
    )


def add_session(player: Player) -> None:
    cohort = player.one(Cohort.objects.filter(practitioner=player.lead))
    groups.add_session(
        cohort_id=cohort.pk,
        practitioner_id=player.lead.pk,
        starts_at=player.start(),
        now=player.now,
    )


def call_off(player: Player) -> None:
    cohort = player.one(Cohort.objects.filter(practitioner=player.lead, state="open"))
    groups.call_off(cohort_id=cohort.pk, practitioner_id=player.lead.pk, now=player.now)


def give_seat(player: Player) -> None:
    places.give_seat(
        seat_id=player.seat("asked", "waiting").pk,
        practitioner_id=player.lead.pk,
        without_call=True,
        now=player.now,
    )


def refuse_seat(player: Player) -> None:
    places.refuse_seat(
        seat_id=player.seat("asked", "waiting").pk, practitioner_id=player.lead.pk, now=player.now
    )


# --- Availability ------------------------------------------------------------------------------


def set_week(player: Player) -> None:
    opens = player.chance.choice((8 * 60, 9 * 60, 10 * 60))
    spans = [
        WeeklySpan(weekday, *span)
        for weekday in range(player.chance.randint(4, 6))
        for span in ((opens, 13 * 60), (14 * 60, 19 * 60))
    ]
    availability.set_week(practitioner_id=player.lead.pk, spans=spans, now=player.now)


def set_day(player: Player) -> None:
    day = player.today(player.chance.randint(0, 14))
    availability.set_days(
        practitioner_id=player.lead.pk,
        first=day,
        last=day,
        spans=[Span(12 * 60, 20 * 60)] if player.yes(0.7) else [],
        now=player.now,
    )


def clear_days(player: Player) -> None:
    first = player.today()
    availability.clear_days(
        practitioner_id=player.lead.pk,
        first=first,
        last=first + timedelta(days=14),
        now=player.now,
    )


def take_time_off(player: Player) -> None:
    starts = player.now + timedelta(hours=player.chance.randint(1, 300))
    availability.set_time_off(
        practitioner_id=player.lead.pk,
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
        label="",
        now=player.now,
    )


def give_time_off_back(player: Player) -> None:
    ids = sorted(TimeOff.objects.filter(practitioner=player.lead).values_list("pk", flat=True))
    availability.remove_time_off(
        practitioner_id=player.lead.pk,
        time_off_id=player.one_of(TimeOff.objects.all(), ids).pk,
        now=player.now,
    )


def set_energy(player: Player) -> None:
    availability.set_energy(
        practitioner_id=player.lead.pk,
        at_most={"couple": 4} if player.yes(0.5) else {},
        not_after=[("group", "non_monogamous")] if player.yes(0.5) else [],
        now=player.now,
    )


def set_service(player: Player) -> None:
    service = player.office.services["individual-50"]
    availability.set_service(
        practitioner_id=player.lead.pk,
        service_id=service.pk,
        settings=ServiceSettings(
            name=service.name,
            relationship_type=service.relationship_type,
            duration_minutes=50,
            buffer_after_minutes=player.chance.choice((10, 20)),
            day_cap=player.chance.choice((None, 6)),
        ),
        now=player.now,
    )


#: What is done, and how often beside the others.
DEEDS: dict[Deed, int] = {
    confirm: 20,
    confirm_what_suits: 6,
    propose: 6,
    decline: 2,
    undo: 1,
    ask_again: 2,
    excuse: 1,
    reschedule: 5,
    cancel_kindly: 3,
    cancel_day: 1,
    fulfil: 2,
    mark_no_show: 2,
    add_attendee: 4,
    settle_late: 6,
    take_call: 3,
    start_series: 3,
    renew: 1,
    move_following: 2,
    pause: 1,
    publish: 4,
    edit_group: 2,
    add_session: 1,
    call_off: 1,
    give_seat: 8,
    refuse_seat: 1,
    set_week: 1,
    set_day: 1,
    clear_days: 2,
    take_time_off: 1,
    give_time_off_back: 2,
    set_energy: 1,
    set_service: 1,
}
