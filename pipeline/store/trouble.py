"""What may go wrong with a store that is not this machine's own disk."""


class StorageUnavailable(OSError):
    """The store does not do what it is asked; the text says why, for whoever runs the server."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.strerror = message
