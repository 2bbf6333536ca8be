"""The search index: one table of tokens for all kinds (CUS-7)."""


def index(kind, records):
    """Put records into the index, in the transaction that saves them."""


def forget(kind, pks):
    """Take records out of the index."""
