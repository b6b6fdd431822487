"""Vietnamese text as it is searched for: without marks, `đ` as `d`, lower case, words apart by one space."""

import re
import unicodedata


def folded(text: str) -> str:
    """ "Chỉ số (kWh)" and "CHI SO kwh" give the same."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[a-z0-9/]+", letters))
