"""A plan, a mute or a handover that cannot be taken as it stands."""

from keng_hub.errors import HubError


class Refused(HubError):
    """`code` says why; `web.duty.words` has the sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
