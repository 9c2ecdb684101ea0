"""That somebody asked a station about a customer: who asked, when and for what; neither about whom nor what the answer was."""

from __future__ import annotations

from typing import Final

from pilotwire.csms.store.registers import Diary
from pilotwire.domain.customer_information import CustomerInformationStatus
from pilotwire.domain.kinds import Value


class CustomerInformationAsked(Value):
    """A request, by its id. `asked_by` is the API key's name, "" where none is needed. `status` None: there was no usable answer."""

    request_id: int
    report: bool
    clear: bool
    asked_by: str
    status: CustomerInformationStatus | None = None


ASKED: Final = Diary("customer-information-asked", CustomerInformationAsked)
