"""How somebody comes to an appointment: the room, the number or the address."""

from dataclasses import dataclass

from booking.models import Appointment, Participant
from practice.models import Modality


@dataclass(frozen=True, slots=True)
class JoinBy:
    """How one person comes to their appointment. `detail`: a link, a number or an address."""

    kind: str  # video, we_call, you_call or place
    detail: str


def how_to_join(appointment: Appointment, participant: Participant) -> JoinBy:
    """The one rule for pages and messages: who knows the client's number calls it."""
    practitioner = appointment.practitioner
    if appointment.modality == Modality.VIDEO:
        return JoinBy("video", practitioner.video_url)
    if appointment.modality == Modality.IN_PERSON:
        return JoinBy("place", practitioner.address)
    if participant.phone:
        return JoinBy("we_call", participant.phone)
    return JoinBy("you_call", practitioner.phone)


def join_details(appointment: Appointment) -> str:
    """The practitioner's own side: the room, the number they can be called at, or the address."""
    practitioner = appointment.practitioner
    return {
        Modality.VIDEO: practitioner.video_url,
        Modality.PHONE: practitioner.phone,
        Modality.IN_PERSON: practitioner.address,
    }[Modality(appointment.modality)]
