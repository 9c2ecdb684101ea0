"""Keys and files of certificates: what the core asks for and cannot do itself."""

from __future__ import annotations

import asyncio

from pilotwire import pki
from pilotwire.errors import ConfigError
from pilotwire.station.client_context import delete_installers
from pilotwire.station.core.certificate_files import (
    AllButKey,
    CertificatesWritten,
    ChainFile,
    DropKey,
    WriteCertificates,
)
from pilotwire.station.core.certificate_signing import STATION_PURPOSE, MakeRequest, RequestMade
from pilotwire.station.core.jobs import Result
from pilotwire.station.files import Files
from pilotwire.station.jobs.running import Tell, Tools
from pilotwire.station.keys import FileKeys, KeyStore

_PROFILE = "SecurityCtrlr.SecurityProfile"


def keys_of(tools: Tools) -> KeyStore:
    """The key store of the station: its own files unless another was given."""
    return FileKeys(tools.files) if tools.keys is None else tools.keys


async def make_request(job: MakeRequest, tools: Tools, _tell: Tell) -> Result:
    """A key pair, which stays in its store, and a request signed with it. A token takes its time: it is done beside the loop.

    Raises `ConfigError` for the station's certificate at security profile 3 if the key could not be used for TLS: nobody is asked then.
    """
    for_tls = job.purpose == STATION_PURPOSE and tools.variable(_PROFILE) == "3"
    return await asyncio.to_thread(_made, job, keys_of(tools), tools.identity, for_tls)


def _made(job: MakeRequest, keys: KeyStore, identity: str, for_tls: bool) -> RequestMade:
    subject = pki.Subject(job.common_name or identity, job.organization, job.country, job.domain)
    key = keys.make_key(job.purpose, job.kind)
    try:
        if for_tls:
            keys.pem_for_tls(key)
        csr = pki.make_csr(subject, keys.public_key(key), lambda data: keys.sign(key, data))
    except Exception:
        keys.delete(key)
        raise
    return RequestMade(key, csr)


async def drop_key(job: DropKey, tools: Tools, _tell: Tell) -> Result:
    """Destroy a key."""
    await asyncio.to_thread(keys_of(tools).delete, job.key)
    return Result()


async def write_certificates(job: WriteCertificates, tools: Tools, _tell: Tell) -> Result:
    """Make the files as they should be; those that are so already are left alone. `AllButKey` if TLS needs a key that its store keeps.

    Raises `StoreError` if the disk will not.
    """
    for name, content in job.roots:
        _put(tools.files, name, content.encode("ascii"))
    if job.gone:
        delete_installers(tools.files, job.gone)
    missing: ConfigError | None = None
    for chain in job.chains:
        try:
            _put_chain(tools.files, chain, keys_of(tools))
        except ConfigError as error:
            if chain.name.startswith("tls/") and tools.variable(_PROFILE) == "3":
                missing = error
    return CertificatesWritten() if missing is None else AllButKey(str(missing))


def _put_chain(files: Files, chain: ChainFile, keys: KeyStore) -> None:
    """The key goes before the chain: who finds them not to belong together looks again."""
    key = b""
    try:
        key = keys.pem_for_tls(chain.key) if chain.key else b""
    finally:
        _put(files, f"{chain.name}-key.pem", key)
        _put(files, f"{chain.name}-chain.pem", chain.chain.encode("ascii"))


def _put(files: Files, name: str, content: bytes) -> None:
    if not content:
        files.delete(name)
    elif files.read(name) != content:
        files.write(name, content)
