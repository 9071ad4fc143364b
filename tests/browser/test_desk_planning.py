"""The desk's pages for a time for everybody, series, groups and the waitlist, looked at."""

from datetime import UTC, datetime, timedelta

from booking.models import Appointment, Request, Series
from booking.operations import answers, cancellations, decisions, late, series
from booking.operations.sweep import sweep
from practice.models import Service, TimeOff
from tests.booking import factories
from tests.booking.factories import NEW_YORK, Office
from tests.browser.gallery import Gallery
from tests.browser.people import Desk, presses


def mornings(office: Office, service: Service, *, now: datetime, after: int) -> list[datetime]:
    """One open start at ten on each working day, from so many days ahead."""
    found = factories.open_starts(office, service, now=now, days=55)
    return [
        s
        for s in found
        if s.astimezone(NEW_YORK).strftime("%H:%M") == "10:00" and s > now + timedelta(days=after)
    ]


def test_a_time_for_everybody_and_suggestions(
    gallery: Gallery, desk: Desk, office: Office, now: datetime
) -> None:
    starts = factories.open_starts(office, office.service("couple"), now=now)
    agreeing, disagreeing, quiet = (factories.finding(office, now=now) for _ in range(3))
    for request, others in ((agreeing, starts[8:14]), (disagreeing, starts[14:16])):
        alex, sam = factories.people_of(request)
        factories.mark(alex, can=starts[6:12], now=now)
        factories.mark(sam, can=others[:2], could=others[2:], now=now)
    suggesting = _suggested(office, now=now)
    waiting = factories.waiting(office, now=now)
    cancelled = factories.booked(office, now=now)
    cancellations.cancel_by_practitioner(
        appointment_id=cancelled.pk,
        practitioner_id=office.practitioner.pk,
        offer_new_times=False,
        offer_to_waitlist=True,
        now=now,
    )
    factories.waiting(office, "couple", now=now)
    factories.verified(office, times=[], wait=True, now=now)

    gallery.looks_at(desk.page, "desk-planning-waiting", "/desk/")
    gallery.looks_at(desk.page, "desk-together-works", f"/desk/requests/{agreeing.pk}/")
    gallery.looks_at(desk.page, "desk-together-nearest", f"/desk/requests/{disagreeing.pk}/")
    gallery.looks_at(desk.page, "desk-together-quiet", f"/desk/requests/{quiet.pk}/")
    gallery.looks_at(desk.page, "desk-suggested", f"/desk/requests/{suggesting.pk}/")
    gallery.looks_at(desk.page, "desk-offered", f"/desk/requests/{waiting.pk}/")
    gallery.looks_at(desk.page, "desk-waitlist", "/desk/waitlist/")


def test_a_short_call_in_the_calendar_shows_whose_it_is(
    gallery: Gallery, desk: Desk, office: Office, now: datetime
) -> None:
    (start, *_rest) = mornings(office, office.service("individual"), now=now, after=2)
    appointment = factories.booked(office, now=now, times=[start])
    Appointment.objects.filter(pk=appointment.pk).update(ends_at=start + timedelta(minutes=20))

    year, week, _day = start.astimezone(NEW_YORK).isocalendar()
    desk.page.goto(f"/desk/calendar/?week={year}-W{week:02d}")
    entry = desk.page.locator(".entry.for-m20")
    outer, name = entry.bounding_box(), entry.locator(".entry-title").bounding_box()

    assert outer is not None
    assert name is not None
    assert name["width"] > 20
    assert name["y"] >= outer["y"]
    assert name["y"] + name["height"] <= outer["y"] + outer["height"]
    assert name["x"] + name["width"] <= outer["x"] + outer["width"]
    gallery.looks_at(desk.page, "desk-calendar-short")


def test_a_series(gallery: Gallery, desk: Desk, office: Office, now: datetime) -> None:
    first, *_rest = mornings(office, office.service("individual"), now=now, after=3)
    appointment = factories.booked(office, now=now, times=[first])
    away = (first + timedelta(weeks=2)).astimezone(NEW_YORK).replace(hour=0)
    TimeOff.objects.create(
        practitioner=office.practitioner, starts_at=away, ends_at=away + timedelta(days=1)
    )
    gallery.looks_at(desk.page, "desk-repeat", f"/desk/appointments/{appointment.pk}/repeat/")
    own = _repeated(office, appointment, now=now)
    second = Appointment.objects.filter(series=own).order_by("starts_at")[1]
    gallery.looks_at(desk.page, "desk-series", f"/desk/series/{own.pk}/")
    gallery.looks_at(desk.page, "desk-renew", f"/desk/series/{own.pk}/renew/")
    gallery.looks_at(desk.page, "desk-turn", f"/desk/appointments/{second.pk}/")
    gallery.looks_at(
        desk.page, "desk-move-following", f"/desk/appointments/{second.pk}/move-following/"
    )


def test_groups(gallery: Gallery, desk: Desk, office: Office, now: datetime) -> None:
    dates = mornings(office, office.service("individual"), now=now, after=10)
    tomorrow = (now + timedelta(days=1)).astimezone(NEW_YORK).date()
    cohort = factories.published(
        office, now=now, starts=dates[:8:2], decide_date=tomorrow, minimum=4
    )
    for name in ("Robin", "Ash"):
        factories.member(office, cohort, name=name, now=now)
    earlier = now - timedelta(days=5)
    factories.booked(office, "group", cohort=cohort.slug, seat_name="Bo", now=earlier)
    factories.ready(office, "group", cohort=cohort.slug, seat_name="Lou", now=now)
    factories.verified(office, "group", cohort=cohort.slug, seat_name="Kit", now=now)
    sweep(now=now)

    gallery.looks_at(desk.page, "desk-groups", "/desk/groups/")
    gallery.looks_at(desk.page, "desk-group", f"/desk/groups/{cohort.pk}/")
    gallery.looks_at(desk.page, "desk-group-edit", f"/desk/groups/{cohort.pk}/edit/")
    gallery.looks_at(desk.page, "desk-group-session", f"/desk/groups/{cohort.pk}/sessions/")
    applicant = Request.objects.get(seat__name="Lou")
    gallery.looks_at(desk.page, "desk-seat", f"/desk/requests/{applicant.pk}/")
    gallery.looks_at(desk.page, "desk-group-new", "/desk/groups/new/")
    desk.page.get_by_label("Its name").fill("Quiet evenings")
    desk.page.get_by_label("Kind of session").select_option(label="Session: Group 90 (90 min)")
    call = desk.page.get_by_label("The call before joining")
    call.select_option(label="Call: Group Call (30 min)")
    desk.page.get_by_label("First session").fill(f"{dates[1].astimezone(NEW_YORK):%Y-%m-%d}")
    desk.page.get_by_label("It begins at").fill("10:00")
    desk.page.get_by_label("Decide by").fill(f"{tomorrow:%Y-%m-%d}")
    presses(desk.page.get_by_role("button", name="Show its dates"))
    gallery.looks_at(desk.page, "desk-group-dates")
    presses(desk.page.get_by_role("button", name="Publish"))
    desk.page.get_by_text("Published. People can ask for a seat now.").wait_for()


def test_a_late_wish_and_running_late(
    gallery: Gallery, desk: Desk, office: Office, now: datetime
) -> None:
    start = now.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=90)
    start += timedelta(minutes=-start.minute % 5)
    appointment = factories.booked(office, now=now)
    Appointment.objects.filter(pk=appointment.pk).update(
        starts_at=start,
        ends_at=start + timedelta(minutes=50),
        blocked_from=start,
        blocked_until=start + timedelta(minutes=60),
    )
    person = appointment.attendances.get().participant
    late.ask_late(
        participant_id=person.pk,
        appointment_id=appointment.pk,
        words="My train does not run. Could we talk tomorrow instead?",
        now=now,
    )

    gallery.looks_at(desk.page, "desk-late", f"/desk/appointments/{appointment.pk}/")
    gallery.looks_at(desk.page, "desk-late-waiting", "/desk/")


def _suggested(office: Office, *, now: datetime) -> Request:
    request = factories.ready(office, "individual", now=now)
    starts = factories.open_starts(office, office.service("individual"), now=now)
    decisions.propose(
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        starts=starts[6:7],
        now=now,
    )
    offered = Appointment.objects.get(request=request, state="held")
    answers.answer_times(
        participant_id=factories.requester_of(request).pk,
        answers={offered.pk: False},
        suggestions=starts[20:42:10],
        now=now,
    )
    return request


def _repeated(office: Office, appointment: Appointment, *, now: datetime) -> Series:
    first = appointment.starts_at.astimezone(NEW_YORK)
    return series.start_series(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=1,
        starts=[first + timedelta(weeks=n) for n in (1, 3, 4, 5)],
        now=now,
    )
