"""Where stations upload files to: HTTP, FTP and SFTP, each request with a secret of its own that is good for one file."""

from pilotwire.csms.uploads.receiver import Receiver

__all__ = ["Receiver"]
