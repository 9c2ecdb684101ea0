"""Whether the prices of a station are believed: with a contract they are the operator's, and signed."""

from __future__ import annotations

from pilotwire.iso15118.evcc.iso20.talk import Talk
from pilotwire.iso15118.iso20.common_messages import ScheduleExchangeRes
from pilotwire.iso15118.signature import verify
from pilotwire.iso15118.signed_parts import signed_parts


def believed(s: Talk, response: ScheduleExchangeRes) -> bool:
    """Without a contract the station's word is taken, and with one where nothing claims to be signed.

    What is signed must be so by the contract's operator: with the key of the sub-CA above the contract.
    """
    contract, signed = s.contract, signed_parts(response)
    if contract is None:
        return True
    if not signed.parts and signed.signature is None:
        s.remark("The prices are not signed by the contract's operator; they are the station's.")
        return True
    if len(contract.chain) < 2:
        s.remark("The prices cannot be checked: the contract has no sub-CA with it.")
        return False
    verdict = verify(response, contract.chain[1].public_key(), s.options.suites)
    if not verdict.good:
        s.find(f"The prices are not believed: {verdict.what}")
    return verdict.good
