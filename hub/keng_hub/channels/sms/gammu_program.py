"""Drives one modem by python-gammu, as a program of its own: one JSON object a line in, one out.

The library waits in C where no thread can be ended, and stands under the GPL: so it runs in a process that can be
killed, by whichever Python has it, and nothing of the hub is imported here. Called with device, connection and model.
"""

import importlib
import importlib.util
import json
import os
import sys
import termios
import time
from datetime import datetime, timedelta, timezone
from typing import Any

gammu: Any = importlib.import_module("gammu") if importlib.util.find_spec("gammu") else None  # has no types

DIRECT: list[dict[str, Any]] = []
"""What the modem handed over without keeping it, as many do with reports."""
KEPT_MS = 24 * 3_600_000
"""So long a message waits for its missing parts."""


def main() -> None:
    """Open the modem, say so, then answer until the input ends."""
    if gammu is None:
        sys.exit("no gammu")
    machine = gammu.StateMachine()
    device, connection, model = sys.argv[1:4]
    if connection.startswith("at"):
        ask_for_reports(device)
    machine.SetConfig(0, {"Device": device, "Connection": connection, "Model": model})
    opened = attempt(machine.Init)
    say(opened)
    if "error" in opened:
        return
    machine.SetIncomingCallback(keep_direct)
    attempt(machine.SetIncomingSMS)  # refused by many modems; it has the library listen all the same
    for line in sys.stdin:
        wish = json.loads(line)
        say(attempt(lambda wish=wish: WISHES[wish["do"]](machine, wish)))


def ask_for_reports(device: str) -> None:
    """Have the modem keep messages and hand over reports (AT+CNMI, 3GPP TS 27.005, 3.4.1): the library does not."""
    try:
        port = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return  # what is wrong with the device is said by the library
    try:
        os.write(port, b"AT+CNMI=2,1,0,1,0\r")
        time.sleep(0.5)
        termios.tcflush(port, termios.TCIOFLUSH)
    except (OSError, termios.error):
        pass
    finally:
        os.close(port)


def attempt(work: Any) -> dict[str, Any]:
    """What came of it, or the library's name for what went wrong."""
    try:
        return {"done": work()}
    except gammu.GSMError as error:
        return {"error": type(error).__name__}  # ERR_TIMEOUT, ERR_NOSIM, …


def keep_direct(_: Any, kind: str, what: dict[str, Any]) -> None:
    """Keep a message that came whole; of one that lies in the modem only the place is told."""
    if kind == "SMS" and "Text" in what:
        DIRECT.append(what)


def say(answer: dict[str, Any]) -> None:
    """One line."""
    print(json.dumps(answer), flush=True)


def send(machine: Any, wish: dict[str, Any]) -> int:
    """Send each part and ask for a report on it."""
    entries = [{"ID": "ConcatenatedTextLong", "Buffer": wish["text"]}]
    reference = -1
    for part in gammu.EncodeSMS({"Class": -1, "Unicode": wish["unicode"], "Entries": entries}):
        part |= {"SMSC": {"Location": 1}, "Number": wish["number"], "Type": "Status_Report"}
        reference = machine.SendSMS(part)
    return reference


def collect(machine: Any, wish: dict[str, Any]) -> dict[str, list[Any]]:
    """Everything that lies there: whole messages, and reports."""
    while machine.ReadDevice(False):
        pass
    parts = [*_parts(machine), *DIRECT]
    DIRECT.clear()
    reports = [_report(part) for part in parts if part["Type"] == "Status_Report"]
    texts = [[part] for part in parts if part["Type"] == "Deliver"]
    linked: list[list[dict[str, Any]]] = gammu.LinkSMS(texts) if texts else []
    messages = [_message(group) for group in linked if _is_whole(group, wish["now"])]
    return {"messages": messages, "reports": reports}


def delete(machine: Any, wish: dict[str, Any]) -> None:
    """Delete by place; what is gone already is gone."""
    for place in wish["places"]:
        try:
            machine.DeleteSMS(0, place)
        except (gammu.ERR_EMPTY, gammu.ERR_INVALIDLOCATION):
            continue


def look(machine: Any, wish: dict[str, Any]) -> dict[str, Any]:
    """Network and signal."""
    network, signal = machine.GetNetworkInfo(), machine.GetSignalQuality()
    return {"state": network["State"], "name": network.get("NetworkName", ""), "percent": signal["SignalPercent"]}


WISHES = {"send": send, "collect": collect, "delete": delete, "look": look}


def _parts(machine: Any) -> Any:
    where: dict[str, Any] = {"Start": True}
    while True:
        try:
            found = machine.GetNextSMS(Folder=0, **where)
        except gammu.ERR_EMPTY:
            return
        yield from found
        where = {"Location": found[-1]["Location"]}


def _is_whole(group: list[dict[str, Any]], now: int) -> bool:
    parts = group[0]["UDH"].get("AllParts", -1)
    return len(group) >= parts or now - _at(group[0]) > KEPT_MS


def _message(group: list[dict[str, Any]]) -> list[Any]:
    group.sort(key=lambda part: part["UDH"].get("PartNumber", 0))
    text = "".join(part["Text"] for part in group)
    return [group[0]["Number"], text, _at(group[0]), _places(group)]


def _report(part: dict[str, Any]) -> list[Any]:
    return [part["Number"], part.get("MessageReference", -1), part.get("DeliveryStatus", -1), _places([part])]


def _places(group: list[dict[str, Any]]) -> list[int]:
    return [part["Location"] for part in group if part["Location"] > 0]


def _at(part: dict[str, Any]) -> int:
    """The network's time; the library gives it without its zone, which is that of the country."""
    moment = part.get("DateTime")
    if not isinstance(moment, datetime):
        return 0
    vietnam = timezone(timedelta(hours=7))
    return int((moment if moment.tzinfo else moment.replace(tzinfo=vietnam)).timestamp() * 1000)


if __name__ == "__main__":
    main()
