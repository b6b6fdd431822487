"""The configuration files of the chain village: houses with a detector, two buttons and two sounders each; meters."""

WINDOW_S = 2

HUB = """\
data = "data"
[village]
name = "Thôn Mẫu"
[web]
port = {web}
[broker]
port = {broker}
bind = "127.0.0.1"
names = ["127.0.0.1"]
[[places]]
id = "thon-mau"
kind = "village"
name = "thôn Mẫu"
[[places]]
id = "ngo-3"
kind = "alley"
name = "ngõ 3"
parent = "thon-mau"
[[recipients]]
id = "truc-ban"
name = "Trực ban xã"
ladder = [{{ channel = "page" }}]
"""
PREMISES = """\
[[places]]
id = "so-{n}"
kind = "premises"
name = "số {n}"
parent = "ngo-3"
"""
PARTNER = """\
[channels.webhook]
secret_file = "webhook.secret"
hosts = ["127.0.0.1"]
private_hosts = ["127.0.0.1"]
[[recipients]]
id = "doi-tac"
name = "Hệ thống đối tác"
ladder = [{{ channel = "webhook", address = "{url}" }}]
"""
NODE_CONFIG = """\
[node]
id = "ngo-3"
name = "Trạm ngõ 3"
place = "ngo-3"
data = "{folder}/data"
heartbeat_s = 10
[outbox]
readings_wait_s = 1
[uplink]
host = "127.0.0.1"
port = {port}
ca_file = "{folder}/ca.crt"
certificate_file = "{folder}/node.crt"
key_file = "{folder}/node.key"
[[devices]]
type = "bridge_board"
id = "bo-ngo-3"
name = "Bo ngõ 3"
port = "{folder}/board"
simulated = true
"""
HOUSE_POINTS = {"khoi": "smoke", "nut": "button", "tat": "button", "chuong": "sounder", "coi": "sounder"}
HOUSE = """\
[devices.points.khoi_{n}]
id = "khoi-{n}"
name = "Đầu báo khói số {n}"
kind = "smoke_detector"
zone = "so-{n}"
place = "so-{n}"
[devices.points.nut_{n}]
id = "nut-{n}"
name = "Nút báo cháy số {n}"
kind = "manual_call_point"
zone = "so-{n}"
place = "so-{n}"
[devices.points.tat_{n}]
id = "tat-{n}"
name = "Nút tắt báo nhầm số {n}"
kind = "manual_call_point"
role = "cancel"
zone = "so-{n}"
place = "so-{n}"
"""
SOUNDERS = f"""\
[[zones]]
id = "so-{{n}}"
name = "số {{n}}"
house = ["chuong-{{n}}"]
neighbours = ["coi-{{n}}"]
cancel_window_s = {WINDOW_S}
[[outputs]]
type = "bridge"
id = "chuong-{{n}}"
board = "bo-ngo-3"
point = "chuong_{{n}}"
[[outputs]]
type = "bridge"
id = "coi-{{n}}"
board = "bo-ngo-3"
point = "coi_{{n}}"
"""
METERS = """\
[[devices]]
type = "modbus"
id = "cong-to-bom"
name = "Công tơ trạm bơm"
meter = "sub_meter"
port = "{folder}/modbus"
profile = "eastron_sdm630"
every_s = 2
[[devices]]
type = "iec62056_21"
id = "cong-to-nha"
name = "Công tơ nhà văn hóa"
port = "{folder}/iec"
every_s = 3
"""


def hub(houses: int) -> str:
    """The text of hub.toml, as `HubFolder` fills it."""
    return HUB + "".join(PREMISES.format(n=n) for n in range(1, houses + 1))


def node(folder: str, port: int, houses: int, *, meters: bool) -> str:
    """The text of edge.toml for the node whose files are in `folder`."""
    numbers = range(1, houses + 1)
    text = NODE_CONFIG.format(folder=folder, port=port)
    text += "".join(HOUSE.format(n=n) for n in numbers) + "".join(SOUNDERS.format(n=n) for n in numbers)
    return text + (METERS.format(folder=folder) if meters else "")


def points(houses: int) -> str:
    """The points of the board, as it takes them."""
    return ",".join(f"{name}_{n}:{kind}" for n in range(1, houses + 1) for name, kind in HOUSE_POINTS.items())
