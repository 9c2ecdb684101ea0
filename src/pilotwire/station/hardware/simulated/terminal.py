"""A payment terminal without cards, and the payment service provider behind it: what happens is chosen by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256

from pilotwire.station.hardware.ports import (
    HardwareError,
    HardwareEvent,
    PaymentCardPresented,
    PaymentRefused,
    PaymentReservation,
    PaymentSettlement,
    PaymentTerminalChanged,
    SettledAs,
)

RECEIPTS = "https://receipts.example/"
_REMEDY = "Set the terminal otherwise: payment/terminal of the control port."


@dataclass(slots=True)
class SimulatedTerminal:
    """See the module: plain values only, so that it is saved with the station. `built_in`: the station has one.

    `reserved` are the amounts kept, by reference, as text; `settlements` how payments were settled. `declines`: no card is accepted;
    `increases`: amounts that are kept are made higher; `settles_as`: how settlements go from now on. Without a connection nothing does.
    """

    built_in: bool = False
    connected: bool = True
    declines: bool = False
    increases: bool = True
    settles_as: SettledAs = SettledAs.SETTLED
    problem: str = ""
    count: int = 0
    reserved: dict[str, str] = field(default_factory=dict)
    settlements: dict[str, tuple[str, str]] = field(default_factory=dict)

    def present(self, card: str, evse_id: int | None = None) -> list[HardwareEvent]:
        """Hold a payment card to it, for an EVSE or for the station."""
        self._check_built_in()
        if not card.strip():
            raise HardwareError("A payment card without anything to know it by cannot be read.", "Give the card.")
        return [PaymentCardPresented(evse_id, card)]

    def tell(self, *, connected: bool, problem: str = "") -> list[HardwareEvent]:
        """It reaches its payment service provider from now on, or does not; `problem` is what is wrong with it."""
        self._check_built_in()
        self.connected, self.problem = connected, problem
        return [PaymentTerminalChanged(connected, problem)]

    def survey(self) -> list[HardwareEvent]:
        """What is so now, if it is not as usual; see `HardwareDriver.survey`."""
        usual = self.connected and not self.problem
        return [] if usual or not self.built_in else [PaymentTerminalChanged(self.connected, self.problem)]

    def _check_built_in(self) -> None:
        if not self.built_in:
            raise HardwareError("This station has no payment terminal.", "Use a layout that has one, like ac-22-pay.")

    async def authorize(self, card: str, amount: Decimal, currency: str) -> PaymentReservation:
        """Keep an amount; see `PaymentTerminal.authorize`."""
        self._check()
        if self.declines:
            raise PaymentRefused("The card was declined.", _REMEDY)
        self.count += 1
        psp_ref = f"PSP-{self.count:06}"
        self.reserved[psp_ref] = str(amount)
        return PaymentReservation(psp_ref, _details(card, self.count))

    async def increase(self, psp_ref: str, amount: Decimal) -> None:
        """Keep more; see `PaymentTerminal.increase`."""
        self._check()
        if not self.increases or psp_ref not in self.reserved:
            raise PaymentRefused("The amount cannot be made higher.", _REMEDY)
        self.reserved[psp_ref] = str(amount)

    async def release(self, psp_ref: str) -> None:
        """Keep nothing; see `PaymentTerminal.release`."""
        self._check()
        self.reserved.pop(psp_ref, None)

    async def settle(
        self, psp_ref: str, amount: Decimal, currency: str, merchant: Mapping[str, str]
    ) -> PaymentSettlement:
        """Take an amount, once; see `PaymentTerminal.settle`."""
        if not self.connected:
            return PaymentSettlement(SettledAs.FAILED, "The payment service provider cannot be reached.")
        if psp_ref not in self.settlements:
            if self.settles_as is not SettledAs.SETTLED:
                return PaymentSettlement(self.settles_as, f"The simulated provider says {self.settles_as}.")
            self.settlements[psp_ref] = (str(amount), currency)
            self.reserved.pop(psp_ref, None)
        return PaymentSettlement(SettledAs.SETTLED, None, f"R-{psp_ref}", f"{RECEIPTS}R-{psp_ref}")

    def _check(self) -> None:
        if not self.connected:
            raise PaymentRefused("The payment service provider cannot be reached.", _REMEDY)


def _details(card: str, number: int) -> dict[str, str]:
    """What the terminal reads from a card; whoever wants a brand writes it before the number: `Visa:4111111111111111`."""
    brand, _, digits = card.rpartition(":")
    return {
        "SessionRef": f"S-{number}",
        "MerchantRef": f"M-{number}",
        "PaymentBrand": brand or "Visa",
        "ReadingMethod": "Contactless",
        "PaymentRecognition": "Debit",
        "CardBin": digits[:6],
        "CardLast4Digits": digits[-4:],
        "HashedCardNr": sha256(digits.encode("utf-8", "surrogateescape")).hexdigest()[:32],
    }
