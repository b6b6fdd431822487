"""How the answer of any gateway is understood: by a rule of the settings."""

from keng_hub.channels import documents
from keng_hub.channels.channel import ErrorClass, Outcome
from keng_hub.channels.provider import UNREADABLE, Answer, http_outcome


class Rule:
    """`http` takes every 2xx; `path=a|b` wants one of these values there; `text=OK` a body that begins so."""

    def __init__(self, success: str, id_path: str | None) -> None:
        self._path, _, wanted = success.partition("=")
        self._wanted, self._id_path = wanted.split("|"), id_path

    def outcome(self, answer: Answer) -> Outcome:
        """What the answer says; what a gateway refuses in words of its own will not get better by saying it again."""
        refused = http_outcome(answer)
        if refused is not None:
            return refused
        if answer.status in (401, 403):
            return Outcome.refused(ErrorClass.PERMISSION, str(answer.status))
        if not 200 <= answer.status < 300:
            return Outcome.refused(ErrorClass.PARAMS, str(answer.status))
        if self._path == "http":
            return Outcome.accepted(self._id(answer))
        said = self._said(answer)
        if said is None:
            return UNREADABLE
        return Outcome.accepted(self._id(answer)) if self._is_wanted(said) else Outcome.refused(ErrorClass.PARAMS, said)

    def _said(self, answer: Answer) -> str | None:
        if self._path == "text":
            return answer.body[:200].decode(errors="replace").strip() or None
        return documents.word(answer.document, self._path)

    def _is_wanted(self, said: str) -> bool:
        return said.startswith(tuple(self._wanted)) if self._path == "text" else said in self._wanted

    def _id(self, answer: Answer) -> str | None:
        return documents.word(answer.document, self._id_path) if self._id_path else None
