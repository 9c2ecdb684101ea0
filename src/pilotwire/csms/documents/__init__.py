"""Papers people read: PDF documents made of headings, text, tables and pictures."""

from pilotwire.csms.documents.pdf import Align, Document

__all__ = ["Align", "Document"]
