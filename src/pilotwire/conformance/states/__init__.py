"""The reusable states of the documents, as steps."""
