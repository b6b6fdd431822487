"""Write the next revision after a change of `tables`: `python -m keng_hub.migrations.new 0002 "what changed"`.

Until the first release the one revision is made anew instead: delete its file and make 0001 "first tables" again.
"""

import sys
import tempfile

from alembic import command
from sqlalchemy.engine import Connection

from keng_hub import migrations
from keng_hub.database import Database


def main() -> None:
    """Compare an up-to-date database with the tables, and write what is missing."""
    number, message = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/keng.db")
        if migrations.revisions():
            migrations.upgrade(database)
        database.write_now(_revision, number, message)
        database.close()


def _revision(connection: Connection, number: str, message: str) -> None:
    config = migrations.config({"connection": connection})
    command.revision(config, message, autogenerate=True, rev_id=number)


if __name__ == "__main__":
    main()
