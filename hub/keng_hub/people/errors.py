"""Why something about households cannot be done."""

from keng_hub.errors import HubError


class Refused(HubError):
    """It cannot be done; `code` says why, the pages have the words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
