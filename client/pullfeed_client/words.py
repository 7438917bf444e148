"""Our own words for synthetic records: invented, and nobody's name or brand."""

from __future__ import annotations

# With letters beyond ASCII and of other scripts: these must come through unharmed.
FIRST_NAMES = (
    "Alda", "Boran", "Celin", "Dovan", "Elwin", "Fenja", "Garlo", "Hestia", "Ilmar", "Jorunn",
    "Kalea", "Lorin", "Mirel", "Nadim", "Ostra", "Pelle", "Quilla", "Rovan", "Søla", "Tiraz",
    "Ulmé", "Vesna", "Wyland", "Ximo", "Ylva", "Zorán", "نورين", "سالم", "ほしみ", "Ælin",
)  # fmt: skip
LAST_NAMES = (
    "Amberfield", "Brookmoor", "Cloudwell", "Dunmarsh", "Eastgrove", "Fernhollow", "Greystone-Lake",
    "Hillcrest", "Ironwood", "Junebridge", "Kettleby", "Lakefound", "Mossbank", "Northmere",
    "O'Harrow", "Pinewater", "Quietlane", "Riverford", "Stonebræk", "Thornbury", "Underhill",
    "Valleyrün", "Windmere", "Yarrowdale", "الوادي", "山野",
)  # fmt: skip
MATERIALS = (
    "Linen", "Oak", "Copper", "Cotton", "Glass", "Wool", "Clay", "Cork", "Brass", "Bamboo",
    "Slate", "Felt", "Silk", "Birch",
)  # fmt: skip
THINGS = (
    "lamp", "basket", "kettle", "scarf", "chair", "notebook", "vase", "cushion", "tray", "clock",
    "apron", "mirror", "candle", "blanket", "bowl 🥣",
)  # fmt: skip
BRANDS = ("Sampleworks", "Exemplar & Co", "Placeholdr", "Testwood", "Musterhaus")
CATEGORIES = ("Home", "Kitchen", "Garden", "Gifts", "Winter", "Été")
TAGS = ("new", "sale", "handmade", "gift", "last pieces")
CITIES = ("Sampleton", "Exampleburg", "Testford", "Mockhaven")
COUPONS = ("WELCOME10", "SPRING", "THANKS5")
LANGUAGES = ("en", "ar", "en-US", "ar-SA", "de", "fr-CA")
