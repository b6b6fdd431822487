"""`keng-hub`: the commands of the hub."""

import argparse
import asyncio
import getpass
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from keng_hub import accounts, installation, logs, migrations, nodes, second_factors
from keng_hub import config as configuration
from keng_hub.audit import chain
from keng_hub.audit.outcomes import AuditOutcome
from keng_hub.clock import now_ms
from keng_hub.config import Config
from keng_hub.database import Database
from keng_hub.errors import ConfigError, HubError, NotReady
from keng_hub.installation import Installation

STATUS_FAILED = 1
STATUS_CONFIG = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit status: 0 done, 1 not done, 2 wrong arguments or configuration."""
    options = _parser().parse_args(arguments)
    try:
        config = configuration.load(options.config)
        logs.set_up(config.log)
        status: int = options.command(config, options)
    except ConfigError as error:
        print("Cấu hình có lỗi (the configuration has errors):", *error.problems, sep="\n  ", file=sys.stderr)
        return STATUS_CONFIG
    except HubError as error:
        print(error, file=sys.stderr)
        return STATUS_FAILED
    except KeyboardInterrupt:
        return 0
    return status


def init(config: Config, _: argparse.Namespace) -> int:
    """Make everything the hub stands on."""
    installation.report(Installation(config).prepare(datetime.now(UTC)), print)
    return 0


def run(config: Config, _: argparse.Namespace) -> int:
    """Be the hub until SIGTERM or Ctrl-C."""
    from keng_hub.app import serve

    asyncio.run(serve(config))
    return 0


def examine(config: Config, _: argparse.Namespace) -> int:
    """Ask every part whether it works."""
    from keng_hub.doctor import examine

    findings = asyncio.run(examine(config))
    for finding in findings:
        print(finding)
    return 0 if all(finding.ok for finding in findings) else STATUS_FAILED


def add_node(config: Config, options: argparse.Namespace) -> int:
    """Give a node its identity."""
    database = _prepared(config)
    try:
        files = nodes.add(
            Installation(config),
            database,
            options.id,
            options.name,
            options.place,
            options.out or Path(options.id),
            datetime.now(UTC),
            replace=options.replace,
        )
        _note(database, f"node add {options.id}")
    finally:
        database.close()
    there = nodes.ON_THE_NODE
    print(f"Nút {options.id}: chép sang {there} của nút (carry to {there} on the node):", *files, sep="\n  ")
    if options.replace:
        print("Chứng thư cũ đã bị thu hồi (the old certificate is taken back).", _after_revoking(config))
    return 0


def revoke_node(config: Config, options: argparse.Namespace) -> int:
    """Take a node's certificate back."""
    database = _prepared(config)
    try:
        nodes.revoke(Installation(config), database, options.id, datetime.now(UTC))
        _note(database, f"node revoke {options.id}")
    finally:
        database.close()
    print(f"Đã thu hồi chứng thư của nút {options.id} (its certificate is taken back).", _after_revoking(config))
    return 0


def verify_audit(config: Config, options: argparse.Namespace) -> int:
    """Follow the audit log from its first row."""
    database = _prepared(config)
    try:
        verdict = database.read_now(chain.verify, options.head)
    finally:
        database.close()
    print(f"{verdict.rows} dòng (rows), {verdict.first}-{verdict.last}, {verdict.head}")
    if verdict.broken is not None:
        print(f"Dòng {verdict.broken} không khớp với dòng trước (does not follow from the one before)", file=sys.stderr)
    if not verdict.passed:
        print("Không thấy mã đã ghi trước đây (the hash noted earlier is not in it)", file=sys.stderr)
    return 0 if verdict.broken is None and verdict.passed else STATUS_FAILED


def _note(database: Database, act: str) -> None:
    """In the audit log, by the login name of this machine."""
    entry = chain.Entry(name=getpass.getuser(), act=f"keng-hub {act}", outcome=AuditOutcome.DONE)
    database.write_now(chain.write, entry, now_ms())


def _after_revoking(config: Config) -> str:
    if config.broker.start:
        return "Trung tâm đang chạy sẽ tự khởi động lại bộ chuyển tin (a running hub restarts its broker by itself)."
    return "Hãy khởi động lại bộ chuyển tin: sudo systemctl restart mosquitto (now restart the broker)."


def add_account(config: Config, options: argparse.Namespace) -> int:
    """Make an account."""
    database = _prepared(config)
    try:
        password = database.write_now(
            accounts.create, options.username, options.name, options.role, now_ms(), options.place
        )
        _note(database, f"account add {options.username} {options.role}")
    finally:
        database.close()
    print(
        f"{options.username} / {password}", "mật khẩu dùng một lần (one-time password; it is shown only now)", sep="  "
    )
    return 0


def test_channel(config: Config, options: argparse.Namespace) -> int:
    """Ask a channel's provider whether it works, and keep the answer."""
    from keng_hub.channels.command import test

    database = _prepared(config)
    try:
        ok, text = asyncio.run(test(config, database, options.name))
    finally:
        database.close()
    print(f"{options.name}: {'chạy tốt (works)' if ok else 'có lỗi (does not work)'}: {text}")
    return 0 if ok else STATUS_FAILED


def authorise_zalo(config: Config, _: argparse.Namespace) -> int:
    """Get the first tokens of the Official Account."""
    from keng_hub.channels.zalo.oa_authorise import authorise

    settings, database = _zalo_oa(config)
    try:
        asyncio.run(authorise(settings, database, input, print, now_ms))
    finally:
        database.close()
    return 0


def check_zalo(config: Config, _: argparse.Namespace) -> int:
    """Look again at the webhook's calls that were refused."""
    from keng_hub.channels.zalo.oa_examine import examine as examine_events

    settings, database = _zalo_oa(config)
    try:
        print(*database.read_now(examine_events, settings), sep="\n")
    finally:
        database.close()
    return 0


def _zalo_oa(config: Config) -> tuple[Any, Database]:
    if "zalo_oa" not in config.channels:
        raise NotReady("chưa có [channels.zalo_oa] trong hub.toml (it is not set up)")
    return config.channels["zalo_oa"], _prepared(config)


def forget_second(config: Config, options: argparse.Namespace) -> int:
    """Switch off the second factor of an account whose telephone is lost."""
    database = _prepared(config)
    try:
        if not database.write_now(second_factors.forget, options.username):
            raise HubError(f"không có tài khoản {options.username!r} (no such account)")
        _note(database, f"account second-factor-off {options.username}")
    finally:
        database.close()
    print(f"{options.username}: đặt lại bước hai khi đăng nhập (sets up the second step at the next login)")
    return 0


def _prepared(config: Config) -> Database:
    """The database, with the places of the file in it; NotReady before `init`."""
    database = Database(config.database_url)
    if not config.data.is_dir() or database.read_now(migrations.current) != migrations.head():
        database.close()
        raise NotReady("chưa khởi tạo, hoặc vừa nâng cấp: hãy chạy keng-hub init (not initialised: run keng-hub init)")
    database.write_now(installation.apply_lists, config, now_ms())
    return database


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, default=Path("/etc/keng/hub.toml"), metavar="FILE", help="hub.toml")
    parser = argparse.ArgumentParser("keng-hub", description="Trung tâm Kẻng của xã (the hub of a commune).")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, text in (
        ("init", init, "tạo mọi thứ cần có; chạy lại được (make everything it needs; may be repeated)"),
        ("run", run, "chạy trung tâm (be the hub)"),
        ("doctor", examine, "hỏi từng bộ phận xem có chạy không (ask every part whether it works)"),
    ):
        commands.add_parser(name, parents=[common], help=text).set_defaults(command=command)

    node_parser = commands.add_parser("node", help="các nút (the nodes)").add_subparsers(
        required=True, metavar="add|revoke"
    )
    node = node_parser.add_parser("add", parents=[common], help="cấp chứng thư cho một nút (issue a certificate)")
    node.add_argument("id", metavar="ID", help="ví dụ (for example) ngo-3")
    node.add_argument("--name", help="tên gọi (what people call it)")
    node.add_argument("--place", metavar="PLACE", help="mã nơi trong hub.toml (a place of hub.toml)")
    node.add_argument("--out", type=Path, metavar="FOLDER", help="thư mục ghi tệp, mặc định ./ID (where to write)")
    node.add_argument("--replace", action="store_true", help="máy mới cho nút đã có (another machine, same node)")
    node.set_defaults(command=add_node)
    gone = node_parser.add_parser("revoke", parents=[common], help="thu hồi chứng thư (take its certificate back)")
    gone.add_argument("id", metavar="ID", help="ví dụ (for example) ngo-3")
    gone.set_defaults(command=revoke_node)

    account_parser = commands.add_parser("account", help="tài khoản (accounts)")
    account_parsers = account_parser.add_subparsers(required=True, metavar="add|second-factor-off")
    lost = account_parsers.add_parser("second-factor-off", parents=[common], help="mất điện thoại (telephone lost)")
    lost.add_argument("username")
    lost.set_defaults(command=forget_second)
    account = account_parsers.add_parser("add", parents=[common])
    account.add_argument("username")
    account.add_argument("--name", required=True, help="họ tên (full name)")
    account.add_argument("--role", required=True, choices=accounts.ROLES)
    account.add_argument("--place", metavar="PLACE", help="chỉ thấy nơi này trở xuống (sees this place and below)")
    account.set_defaults(command=add_account)

    channel_parser = commands.add_parser("channel", help="các kênh gửi tin (the channels)")
    channel_parsers = channel_parser.add_subparsers(required=True, metavar="test|zalo-oa")
    channel = channel_parsers.add_parser("test", parents=[common])
    channel.add_argument("name", metavar="NAME", help="ví dụ (for example) email")
    channel.set_defaults(command=test_channel)
    zalo = channel_parsers.add_parser("zalo-oa", help="Zalo Official Account").add_subparsers(
        required=True, metavar="authorise|check"
    )
    leave = zalo.add_parser("authorise", parents=[common], help="OA cho phép trung tâm gửi tin (lets the hub speak)")
    leave.set_defaults(command=authorise_zalo)
    again = zalo.add_parser("check", parents=[common], help="xem lại sự kiện bị từ chối (look at refused events again)")
    again.set_defaults(command=check_zalo)

    audit_parser = commands.add_parser("audit", help="nhật ký thao tác (the audit log)")
    audit = audit_parser.add_subparsers(required=True, metavar="verify").add_parser("verify", parents=[common])
    audit.add_argument("--head", metavar="HASH", help="mã đã ghi lần trước (the hash noted last time)")
    audit.set_defaults(command=verify_audit)
    return parser


if __name__ == "__main__":
    sys.exit(main())
