"""The authority over HTTP: OCSP, CRLs and certificates of CAs for everybody, EST and signing for those who may."""

from pilotwire.ca.server.routes import create_app

__all__ = ["create_app"]
