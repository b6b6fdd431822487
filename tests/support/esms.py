"""eSMS as its documents describe it: codes, a RequestId that counts once, callbacks in any order."""

from itertools import count

from support.provider import Call, FakeProvider, Reply

API_KEY, SECRET_KEY = "KHOA-API", "KHOA-BI-MAT"
SEND = "/MainService.svc/json/SendMultipleMessage_V4_post_json/"
BALANCE = "/MainService.svc/json/GetBalance_json"


class FakeEsms(FakeProvider):
    """`sent` are the messages that would go out; `codes` refuse a telephone."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, dict[str, str]] = {}
        self.codes: dict[str, str] = {}
        self.balance = 500_000
        self._numbers = count(1)

    def usual(self, call: Call) -> Reply:
        """Do what the address says."""
        body = call.json
        if (body.get("ApiKey"), body.get("SecretKey")) != (API_KEY, SECRET_KEY):
            name = "CodeResponse" if call.path == BALANCE else "CodeResult"
            return Reply({name: "101", "ErrorMessage": "Authorize Failed"})
        if call.path == BALANCE:
            return Reply({"Balance": self.balance, "CodeResponse": "100", "UserID": 1})
        if call.path != SEND:
            return Reply("", status=404)
        return Reply(self._accept(body))

    def _accept(self, body: dict[str, str]) -> dict[str, str]:
        if code := self.codes.get(body["Phone"]):
            return {"CodeResult": code, "ErrorMessage": "no"}
        if body["RequestId"] in self.sent:
            return {"CodeResult": "124", "ErrorMessage": "Duplicate RequestId"}
        self.sent[body["RequestId"]] = body
        return {"CodeResult": "100", "CountRegenerate": "0", "SMSID": f"s{next(self._numbers)}"}
