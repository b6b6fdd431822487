"""For tests whose statements another test runs on both databases already."""

import pytest

ONE_DATABASE = pytest.mark.parametrize("village", ["sqlite"], indirect=True)
"""The village on SQLite alone."""
