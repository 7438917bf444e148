"""Phone numbers: every digit is accounted for, or the number is refused."""

from __future__ import annotations

import importlib
import random
from typing import Any

import phonenumbers
import pytest

from pullfeed_client import errors
from pullfeed_client.mapping import phones
from pullfeed_client.mapping.steps import Unfit


@pytest.mark.parametrize(
    ("region", "written", "expected"),
    [
        ("US", "+15550100123", "+15550100123"),
        ("US", "(555) 010-0123", "+15550100123"),
        ("US", "555.010.0123", "+15550100123"),
        ("US", "1 555 010 0123", "+15550100123"),
        ("US", "011 44 20 7946 0123", "+442079460123"),
        ("DE", "030 1234567", "+49301234567"),
        ("DE", "+49 (0) 30 1234567", "+49301234567"),
        ("DE", "0049 30 1234567", "+49301234567"),
        ("GB", "020 7946 0123", "+442079460123"),
        ("IT", "06 1234 5678", "+390612345678"),
        ("FR", "+1 (555) 010-0123", "+15550100123"),
    ],
)
def test_a_number_as_it_is_dialled_becomes_e164(region: str, written: str, expected: str) -> None:
    assert phones.step(region)(written) == expected


@pytest.mark.parametrize(
    ("region", "written"),
    [
        ("US", "1 (11) 500 555-0132"),
        ("US", "555-0100"),
        ("US", "1-555-FLOWERS"),
        ("US", "555-010-0123 x12"),
        ("US", "555-010-0123 / 555-010-0124"),
        ("DE", "12"),
        ("DE", "unknown"),
        ("DE", "+"),
        ("DE", "+999 123 456 789"),
    ],
)
def test_what_cannot_be_read_whole_is_refused(region: str, written: str) -> None:
    with pytest.raises(Unfit, match="BAD_PHONE"):
        phones.step(region)(written)


def test_an_unknown_region_is_refused() -> None:
    with pytest.raises(ValueError, match="Europe"):
        phones.step("Europe")


def test_without_its_library_the_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(errors.Environment, match=r"pip install 'pullfeed\[load\]'"):
        phones.step("US")


def test_the_short_way_says_what_the_library_says_in_every_region() -> None:
    draw = random.Random(3)
    taken = 0
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        home, library_only = phones._Home(region), phones._Home(region)
        library_only._plain = _Never()  # type: ignore[assignment]  # only what is asked of it
        for digits in _numbers(region, draw):
            taken += home._plain.national(digits) is not None
            assert home.e164(digits) == library_only.e164(digits), (region, digits)
    assert taken > 1_000


class _Never:
    """No number can be read the short way; trunk prefixes are the library's own."""

    def national(self, digits: str) -> str | None:
        del digits
        return None

    def is_trunk(self, digits: str) -> bool:
        return bool(digits)


def _numbers(region: str, draw: random.Random) -> list[str]:
    """Numbers with some digits changed, cut, grown, and with the region's prefixes."""
    example = phonenumbers.example_number(region)
    if example is None:
        return []
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    trunk = (metadata and metadata.national_prefix) or ""
    code = str(phonenumbers.country_code_for_region(region))
    found: list[str] = []
    for _ in range(4):
        digits = list(phonenumbers.national_significant_number(example))
        for place in draw.sample(range(len(digits)), draw.randint(0, len(digits) - 1)):
            digits[place] = str(draw.randint(0, 9))
        number = "".join(digits)
        found += [number, trunk + number, number[:-1], number + "1", code + number]
    return found
