"""A short code for an appointment, for screens and subjects that must name nobody."""

from uuid import UUID


def reference(appointment_id: UUID) -> str:
    """For example `A-4F2C9`: enough to find it on the desk, nothing to anybody else."""
    return f"A-{appointment_id.hex[:5].upper()}"
