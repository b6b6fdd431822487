"""One office for all forms; each row begins with everything as it was."""

import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from support.forms.post import Postman
from support.forms.village import Furnished, furnished


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postman_of_all(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Postman]:
    """The office and who brings forms to it."""
    folder = tmp_path_factory.mktemp("forms")
    file = shutil.copy(sqlite_template, folder / "keng.db")
    async with furnished(f"sqlite:///{file}", folder) as office:
        postman = Postman(office)
        await postman.open()
        yield postman
        await postman.close()


@pytest.fixture
def postman(postman_of_all: Postman) -> Postman:
    """The same, with everything as it was."""
    postman_of_all.furnished.restore()
    return postman_of_all


@pytest.fixture
def village(postman: Postman) -> Furnished:
    """The office of the postman."""
    return postman.furnished
