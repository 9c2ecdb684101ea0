"""EXI for ISO 15118: typed structures to bytes and back, from declarations alone."""

from __future__ import annotations

from pilotwire.iso15118.exi.errors import DecodeError, EncodeError, ExiError, TreeError
from pilotwire.iso15118.exi.schemas import SchemaSet
from pilotwire.iso15118.exi.tree import Tree, from_tree, to_tree

__all__ = ["DecodeError", "EncodeError", "ExiError", "SchemaSet", "Tree", "TreeError", "from_tree", "to_tree"]
