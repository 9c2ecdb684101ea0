"""How the shell does the core's jobs: one worker for each kind of job, in a module of its street."""

from __future__ import annotations

from pilotwire.station.core import file_transfer, publish_firmware
from pilotwire.station.core import firmware as firmware_jobs
from pilotwire.station.core import logs as log_jobs
from pilotwire.station.core.certificate_files import DropKey, WriteCertificates
from pilotwire.station.core.certificate_signing import MakeRequest
from pilotwire.station.core.jobs import Job
from pilotwire.station.core.payment_jobs import AuthorizePayment, IncreasePayment, ReleasePayment, SettlePayment
from pilotwire.station.core.time_sources import AskTime
from pilotwire.station.jobs import certificates, clock, firmware, logs, payment, publish
from pilotwire.station.jobs.running import Jobs, Tell, Tools, Worker

WORKERS: dict[type[Job], Worker] = {
    file_transfer.FetchFile: firmware.fetch,
    file_transfer.DiscardFile: firmware.discard,
    firmware_jobs.CheckSigner: firmware.check_signer,
    firmware_jobs.VerifyImage: firmware.verify,
    firmware_jobs.InstallImage: firmware.install,
    log_jobs.SendLog: logs.send,
    publish_firmware.OfferFiles: publish.offer,
    AskTime: clock.ask,
    MakeRequest: certificates.make_request,
    DropKey: certificates.drop_key,
    AuthorizePayment: payment.authorize,
    IncreasePayment: payment.increase,
    ReleasePayment: payment.release,
    SettlePayment: payment.settle,
    WriteCertificates: certificates.write_certificates,
}
"""Who does what. A new kind of job is one line here."""

__all__ = ["WORKERS", "Jobs", "Tell", "Tools", "Worker"]
