"""Stills and clips that an office has, as if their node had brought them."""

from typing import Any

from keng_hub.media import rows
from keng_hub.media.files import Files
from support.media_hub import announced
from support.office import Office


async def keep(office: Office, number: int, data: bytes, **more: Any) -> int:
    """A stored file of the `number`th alarm of the office; its row."""
    body = announced(data, occurrence=f"{number:016x}", **{"device": "cam-ngo"} | more)
    await office.happen("ngo-3", body.model_dump(mode="json"))
    row = await office.database.read(rows.find, "ngo-3", body.occurrence, body.sha256)
    assert row is not None
    files = Files(office.config.media_folder)
    name = files.fresh_name("2026-11")
    files.append(name, 0, data)
    whole = files.finish(name, ".mp4" if body.media == "clip" else ".jpg")
    await office.database.write(rows.store, row.id, whole, office.clock())
    return row.id
