"""A late date of a series lies past the horizon of its service; its people can still move it."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from booking.domain.refusals import SlotTaken
from booking.models import Appointment, Participant
from booking.operations import moves, series
from booking.queries import series as series_queries
from tests.booking import factories as make
from tests.booking.browsing import TIME, come_in, press, text
from tests.booking.factories import NEW_YORK, NOW, Office

HORIZON_DAYS = 60


def last_date(office: Office, *, now: datetime = NOW) -> tuple[Appointment, Participant]:
    """The last of twelve weekly dates, 84 days after the first, and whose it is."""
    service = office.service("individual")
    assert service.horizon_days == HORIZON_DAYS
    first = make.booked(office, now=now, times=make.open_starts(office, service, now=now)[3:4])
    wall = first.starts_at.astimezone(NEW_YORK)
    run = series.start_series(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=1,
        starts=[wall + timedelta(weeks=week) for week in range(1, 12)],
        now=now,
    )
    assert first.request is not None
    last = series_queries.dates(run.pk)[-1]
    assert last.starts_at > now + timedelta(days=HORIZON_DAYS + 14)
    return last, make.requester_of(first.request)


def wall_later(appointment: Appointment, **later: int) -> datetime:
    return appointment.starts_at.astimezone(NEW_YORK) + timedelta(**later)


@pytest.mark.django_db
def test_its_client_moves_it_to_a_day_near_it(office: Office) -> None:
    last, alex = last_date(office)
    wanted = wall_later(last, days=1)

    moves.ask_move(appointment_id=last.pk, participant_id=alex.pk, starts=[wanted], now=NOW)

    assert Appointment.objects.get(pk=last.pk).starts_at == wanted


@pytest.mark.django_db
def test_what_is_taken_there_is_answered_with_what_is_free_around_it(office: Office) -> None:
    last, alex = last_date(office)
    midnight = wall_later(last).replace(hour=0) + timedelta(days=1)

    with pytest.raises(SlotTaken) as refused:
        moves.ask_move(appointment_id=last.pk, participant_id=alex.pk, starts=[midnight], now=NOW)

    assert len(refused.value.alternatives) == 3
    assert all(abs(t - midnight) < timedelta(days=2) for t in refused.value.alternatives)


@pytest.mark.django_db
def test_two_weeks_past_it_is_as_far_as_it_goes(office: Office) -> None:
    last, alex = last_date(office)

    with pytest.raises(SlotTaken):
        moves.ask_move(
            appointment_id=last.pk,
            participant_id=alex.pk,
            starts=[wall_later(last, weeks=3)],
            now=NOW,
        )
    moves.ask_move(
        appointment_id=last.pk, participant_id=alex.pk, starts=[wall_later(last, weeks=2)], now=NOW
    )

    assert Appointment.objects.get(pk=last.pk).starts_at == wall_later(last, weeks=2)


@pytest.mark.django_db
def test_for_a_new_request_the_horizon_is_what_it_was(office: Office) -> None:
    last, _alex = last_date(office)

    with pytest.raises(SlotTaken):
        make.submitted(office, times=[wall_later(last, days=1)])


@pytest.mark.django_db(transaction=True)
def test_the_page_opens_in_its_own_week_and_moves_it(office: Office) -> None:
    last, alex = last_date(office, now=timezone.now())
    client = come_in(alex)
    address = f"/you/{alex.pk}/dates/{last.pk}/move/"
    monday = wall_later(last).date() - timedelta(days=wall_later(last).weekday())

    offered = TIME.findall(text(client, address))
    wanted = offered[-1]
    after = press(client, address, {"times": wanted})

    days = {datetime.fromisoformat(value).astimezone(NEW_YORK).date() for value in offered}
    assert monday <= min(days)
    assert max(days) < monday + timedelta(days=7)
    assert "Done: your appointment has its new time." in after
    assert Appointment.objects.get(pk=last.pk).starts_at == datetime.fromisoformat(wanted)
