"""What can go wrong at the hub, and whether it is worth trying again."""


class HubError(Exception):
    """An error with a text for people; `permanent` means that the same try will fail again."""

    permanent = True


class ConfigError(HubError):
    """The configuration cannot be used; `problems` lists every reason, each with its place and its cure."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class NotReady(HubError):
    """Something the hub stands on is missing; the text says which command makes it."""


class Unavailable(HubError):
    """Something the hub needs does not answer now and may answer later."""

    permanent = False
