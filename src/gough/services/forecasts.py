"""What a bulk operation would mean for those who use the machines."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.service_state import ServiceState
from gough.persistence.models import Machine
from gough.services.bulk import Forecast


def in_service(session: Session, found: Sequence[Forecast]) -> frozenset[str]:
    """The ids of the machines that would begin and are in service now."""
    begins = {each.machine_id for each in found if not each.refusal}
    serving = session.scalars(select(Machine.id).where(Machine.service == ServiceState.IN_SERVICE.value))
    return frozenset(begins.intersection(serving))
