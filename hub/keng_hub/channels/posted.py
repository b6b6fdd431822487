"""What an HTTP status says about a message where the answer has no words of its own."""

from keng_hub.channels.channel import ErrorClass, Outcome
from keng_hub.channels.provider import Answer, http_outcome


def posted(answer: Answer, provider_id: str | None = None) -> Outcome:
    """2xx is accepted, 5xx and 429 may go better later, other 4xx will not."""
    if 200 <= answer.status < 300:
        return Outcome.accepted(provider_id)
    if passing := http_outcome(answer):
        return passing
    code = str(answer.status)
    if answer.status in (401, 403):
        return Outcome.refused(ErrorClass.PERMISSION, code)
    if answer.status in (404, 410):
        return Outcome.refused(ErrorClass.UNREACHABLE, code)
    return Outcome.refused(ErrorClass.PARAMS, code)
