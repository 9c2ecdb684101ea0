"""A certificate authority for operators and labs: it keeps CAs, gives out certificates, renews them and takes them back.

`Office` is the folder with its register and keys; `founding` makes the CAs, `enrolling` gives out certificates, `renewing`, `revoking`
and `crossing` do what their names say, `server` answers over HTTP (OCSP, CRLs, EST, signing for a CSMS), `est_client` asks such a
server. What a certificate must look like is known in `pilotwire.pki`.
"""

from pilotwire.ca.office import Office
from pilotwire.ca.records import AuthorityRecord, Issued, Status
from pilotwire.ca.safe import Secrets

__all__ = ["AuthorityRecord", "Issued", "Office", "Secrets", "Status"]
