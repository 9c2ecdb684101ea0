"""Does the proxy let the station through (HTTP CONNECT), and does somebody behind it speak what the URL promises?"""

from __future__ import annotations

from pilotwire.doctor.findings import Layer, Rule
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.http import HttpAnswer, NotHttp
from pilotwire.doctor.probes.lines import LineFault, ProxyPlace, Wire, ask_proxy, dial, reach, shown, wire_host
from pilotwire.doctor.probes.speech import judge_speech, what_speaks
from pilotwire.doctor.rules import network as rules
from pilotwire.errors import ConfigError


class Proxy:
    """Asks the proxy for a tunnel, if there is a proxy."""

    question = "Does the proxy let the station through?"
    layer = Layer.PROXY

    async def look(self, patient: Patient) -> None:
        """Ask."""
        if not patient.proxy:
            return
        target = shown(wire_host(patient.place.host), patient.place.port)
        try:
            proxy = ProxyPlace.of(patient.proxy)
            wire = await dial((patient.addresses or (proxy.host,))[0], proxy.port, patient.timeout)
        except (ConfigError, LineFault) as error:
            patient.chart.find(rules.PROXY_SILENT, f"The proxy cannot be used: {error.what}")
            return
        if await _asked(patient, wire, proxy, target):
            await _judge_speech(patient, target)


async def _asked(patient: Patient, wire: Wire, proxy: ProxyPlace, target: str) -> bool:
    where, chart = shown(proxy.host, proxy.port), patient.chart
    try:
        answer = await ask_proxy(wire, proxy, target, patient.timeout)
    except NotHttp as error:
        what = f"What listens at {where} is no HTTP proxy."
        chart.find(rules.PROXY_IS_NONE, what, f"It said: {error.seen.decode('latin-1')!r}")
        return False
    except LineFault as fault:
        chart.find(rules.PROXY_SILENT, f"The proxy {where} does not answer to CONNECT: {fault.what}.")
        return False
    finally:
        wire.close()
    chart.note(Layer.PROXY, "proxy", f"{where} answers {answer.line}")
    if answer.status == 200:
        return True
    rule, what = _judged(answer, where, target, bool(proxy.authorization))
    chart.find(rule, what, answer.line, *((f"It said: {answer.words}",) if answer.words else ()))
    return False


def _judged(answer: HttpAnswer, where: str, target: str, with_credentials: bool) -> tuple[Rule, str]:
    if answer.status == 407:
        how = "refuses the user and password given" if with_credentials else "wants a user and a password"
        return rules.PROXY_CREDENTIALS, f"The proxy {where} {how}."
    if answer.status == 403:
        return rules.PROXY_FORBIDS, f"The proxy {where} forbids the way to {target}."
    if answer.status >= 500 and answer.status != 501:
        return rules.PROXY_CANNOT_REACH, f"The proxy {where} does not get to {target} ({answer.line})."
    return rules.PROXY_IS_NONE, f"{where} makes no tunnel to {target} ({answer.line})."


async def _judge_speech(patient: Patient, target: str) -> None:
    try:
        speech = await what_speaks(lambda: reach(patient), patient.place, patient.timeout)
    except LineFault as fault:
        patient.chart.find(
            rules.PROXY_SILENT, f"The proxy lets the station through to {target} only once: {fault.what}."
        )
        return
    patient.chart.note(Layer.PROXY, "spoken behind the proxy", speech.tongue.value)
    judge_speech(patient, speech)
