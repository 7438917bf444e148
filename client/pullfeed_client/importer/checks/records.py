"""Every record of a walk against the contract's field rules; ids are shown, never values."""

from __future__ import annotations

import functools
from typing import Final

from pullfeed_client.importer import contract, evidence
from pullfeed_client.importer.checks import registry

group = registry.Group("records", needs=registry.READABLE)

_SHOWN = 3
_WITHHOLD: Final = "A record that breaks a rule must not be returned: keep it back and say so."
CUSTOMER, ORDER, PRODUCT = contract.SCOPES

# Rule, what it says, how to mend it, where it applies; in the order of the contract.
RULES = (
    ("required-fields", "Every required field is there and not empty.", _WITHHOLD,
     (CUSTOMER, ORDER, PRODUCT)),
    ("field-types", "Values are texts, lists are lists; only item_count is a number.",
     "Print ids and amounts as text: a JSON number loses digits.", (CUSTOMER, ORDER, PRODUCT)),
    ("ids", "Ids have at most 255 bytes and no control characters.",
     "Use the shop's own id, not a name made of others.", (CUSTOMER, ORDER, PRODUCT)),
    ("emails", "An e-mail address is one.", _WITHHOLD, (CUSTOMER, ORDER)),
    ("phones", "A phone number is E.164: +, country code, up to 15 digits.",
     "Bring local numbers to E.164 with the shop's country; without one, keep the record back.",
     (CUSTOMER, ORDER)),
    ("languages", 'A language is a BCP 47 tag: "en", "en-US".',
     "Write en-US, not en_US or English.", (CUSTOMER, PRODUCT)),
    ("consent-words", 'consent is exactly "Yes" or "No".',
     'Write "Yes" and "No", not "YES", true or 1; never guess it.', (CUSTOMER,)),
    ("gender-words", 'gender is exactly "Male" or "Female".',
     "Write the word in full; keep back who is neither: never guess it.", (CUSTOMER,)),
    ("dates", "A date is RFC 3339 in UTC: 2024-12-01T10:30:00Z.",
     "Convert to UTC and print the Z; a date without a zone means another instant everywhere.",
     (CUSTOMER, ORDER, PRODUCT)),
    ("control-characters", "Texts have no control characters.",
     "Take them out where the text is entered.", (CUSTOMER, ORDER, PRODUCT)),
    ("record-size", "A record has at most 64 KiB of JSON.", _WITHHOLD,
     (CUSTOMER, ORDER, PRODUCT)),
    ("currencies", "A currency is an ISO 4217 code.", "Write SAR, not SR or ﷼.",
     (ORDER, PRODUCT)),
    ("amounts", "An amount is decimal text with at least the currency's minor digits.",
     'Write "12.50" for SAR, "12.500" for KWD, "12" for JPY, as text and never rounded.',
     (ORDER, PRODUCT)),
    ("quantities", "A quantity is decimal text, 0 or more, up to three fraction digits.",
     "Write pieces; a return is a refund, not a quantity below zero.", (ORDER, PRODUCT)),
    ("status-words", "A status is one of the contract's words.",
     "Map the platform's own words; keep them in platform_status.", (ORDER, PRODUCT)),
    ("urls", "An address begins with http:// or https:// and has no blanks.",
     "Print absolute addresses, percent-encoded.", (ORDER, PRODUCT)),
    ("countries", "A country is an ISO 3166-1 code of two letters.", "Write SA, not KSA.",
     (ORDER,)),
    ("order-buyer", "An order has one of customer_id, email and mobile.", _WITHHOLD, (ORDER,)),
    ("gtins", "A GTIN has 8 to 14 digits.", "Leave it out where there is none.", (PRODUCT,)),
)  # fmt: skip


def _judge(rule: str, case: evidence.Evidence) -> registry.Finding:
    broken = case.violations.get(rule, [])
    if broken:
        shown = "; ".join(f"{found.field or 'all'} of id {found.id}" for found in broken[:_SHOWN])
        return registry.wrong(broken[0].page, f"{len(broken)} in the walk: {shown}")
    walk = case.walk(case.terms.modes[-1])
    if not walk.keys:
        raise evidence.Unable("the feed has no records")
    return registry.right(walk.pages[0], f"{len(walk.keys)} records are so")


for _rule, _says, _mend, _scopes in RULES:
    group.check(_rule, says=_says, mend=_mend, scopes=_scopes)(functools.partial(_judge, _rule))
