"""The mobility operator's side of Plug & Charge: contracts and their certificates, a provisioning service, and both over HTTP.

`Pool` keeps contracts beside a certificate authority (`pilotwire.ca`), which signs their certificates; `Provisioning` answers what vehicles
ask for through stations; `routes` and `opcp` serve that, the one as our CSMS asks it, the other as the Open Plug&Charge Protocol does.
"""

from pilotwire.mobility.pool import Pool
from pilotwire.mobility.provisioning import Answer, Provisioning, Question

__all__ = ["Answer", "Pool", "Provisioning", "Question"]
