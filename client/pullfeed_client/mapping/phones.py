"""Phone numbers as E.164, through the phonenumbers library."""

from __future__ import annotations

import functools
import importlib
import re
from typing import Any

from pullfeed_client import errors
from pullfeed_client.mapping.steps import Step, Unfit

_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")
# Letters would be spelt out and extensions cut off: both change what was written.
_WRITTEN = re.compile(r"\+?[0-9\s().\-/\u00a0\u2010-\u2015]+\Z")
_DIGITS = re.compile(r"[0-9]+")
_REMEMBERED = 16_384


def step(region: str) -> Step:
    """Reads numbers as dialled in a region, for example "US". Raises Unfit: BAD_PHONE.

    What is E.164 already stays. Else the number must be possible (its length fits),
    and every digit must be accounted for: before it only a prefix may stand.
    Raises Environment without the library, ValueError for an unknown region.
    """
    home = _Home(region)

    @functools.lru_cache(_REMEMBERED)
    def e164(text: str) -> str | None:
        if _E164.match(text):
            return text
        made = home.e164(text) if _WRITTEN.match(text) else None
        return made if made and _E164.match(made) else None

    def checked(text: str) -> str:
        number = e164(text)
        if number is None:
            raise Unfit("BAD_PHONE")
        return number

    return checked


class _Home:
    """The region that numbers without a country code belong to."""

    def __init__(self, region: str) -> None:
        self._library = _library()
        self._region = region
        self._code: int = self._library.country_code_for_region(region)
        if not self._code:
            raise ValueError(region)
        metadata = self._library.PhoneMetadata.metadata_for_region(region)
        abroad = metadata.preferred_international_prefix or metadata.international_prefix or ""
        self._abroad = abroad if abroad.isdigit() else "00"
        self._before: dict[int, frozenset[str]] = {}
        self._plain = _Plain(metadata, str(self._code))

    def e164(self, text: str) -> str | None:
        """The number with its country code; None where it is not possible or not whole."""
        written = "".join(_DIGITS.findall(text))
        plain = None if "+" in text else self._plain.national(written)
        if plain is not None:
            return f"+{self._code}{plain}"
        library = self._library
        try:
            number = library.parse(text, self._region)
        except library.NumberParseException:
            return None
        national: str = library.national_significant_number(number)
        # The library alone makes +15005550100 of "1 (11) 500 555 0100".
        before = written.removesuffix(national)
        is_whole = written.endswith(national) and self._is_prefix(before, number.country_code)
        possible = library.is_possible_number_with_reason(number)
        # Not the numbers that are only dialled within one town.
        if not is_whole or possible != library.ValidationResult.IS_POSSIBLE:
            return None
        return f"+{number.country_code}{national}"

    def _is_prefix(self, digits: str, code: int) -> bool:
        is_home = code == self._code
        return digits in self._prefixes(code) or (is_home and self._plain.is_trunk(digits))

    def _prefixes(self, code: int) -> frozenset[str]:
        """What may stand before a national number of a country."""
        if code not in self._before:
            trunk = self._trunk(code)
            # +49 (0) 30 …: the trunk prefix is often written behind the code.
            ways = {str(code), f"{code}{trunk}"} if trunk != str(code) else {str(code)}
            ways |= {self._abroad + way for way in ways}
            self._before[code] = frozenset(ways | ({"", trunk} if code == self._code else set()))
        return self._before[code]

    def _trunk(self, code: int) -> str:
        region = self._library.region_code_for_country_code(code)
        metadata = self._library.PhoneMetadata.metadata_for_region_or_calling_code(code, region)
        return (metadata.national_prefix or "") if metadata else ""


class _Plain:
    """The numbers that can be read only one way: a hundredth of what parsing costs.

    A test holds it against the library, region by region.
    """

    def __init__(self, metadata: Any, code: str) -> None:
        self._general = re.compile(metadata.general_desc.national_number_pattern or "$-")
        self._lengths = frozenset(metadata.general_desc.possible_length)
        # With one of these at its beginning a number may be one from abroad.
        self._foreign = re.compile(f"{code}|{metadata.international_prefix or code}")
        self._trunk = re.compile(metadata.national_prefix_for_parsing or "$-")
        self._is_rewritten = metadata.national_prefix_transform_rule is not None

    def is_trunk(self, digits: str) -> bool:
        """Are these the digits one dials before a number of another town."""
        found = self._trunk.fullmatch(digits)
        return found is not None and not self._is_rewritten and not found.lastindex

    def national(self, digits: str) -> str | None:
        """The national number in the digits; None where only the library can tell."""
        trunk = self._trunk.match(digits)
        if self._foreign.match(digits) or (trunk and (self._is_rewritten or trunk.lastindex)):
            return None
        rest = digits[trunk.end() :] if trunk else digits
        is_known = len(rest) in self._lengths and self._general.fullmatch(rest)
        return rest if is_known and not rest.startswith("0") else None


def _library() -> Any:
    try:
        return importlib.import_module("phonenumbers")
    except ImportError as error:
        raise errors.Environment(
            "Phone numbers need the package phonenumbers: pip install 'pullfeed[load]'."
        ) from error
