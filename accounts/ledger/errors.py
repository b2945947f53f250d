"""What the ledger refuses. Doors may catch these without being able to post."""


class PostingError(Exception):
    """The posting was refused and nothing was written."""


class NotEnough(PostingError):
    """A pot does not hold the amount."""


class KeyReused(PostingError):
    """The idempotency key was used before for something else."""


class AlreadyReversed(PostingError):
    """The voucher was reversed before; a voucher is reversed at most once."""


class NoPot(Exception):
    """The person has no account in this region, or the region has none at all."""


class ControlTotalsDiffer(Exception):
    """What stands in the ledger is not what was to be posted; the chunk is rolled back."""
