"""What can be wrong with a camera."""


class SourceError(Exception):
    """A source that gives no pictures; the text says what to do. `permanent`: trying again soon is of no use."""

    def __init__(self, text: str, permanent: bool = False) -> None:
        super().__init__(text)
        self.permanent = permanent
