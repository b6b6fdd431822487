"""How long tests wait for what must come. It costs nothing while it comes; a slow machine is no fault."""

from typing import Final

PATIENCE_S: Final = 60.0
