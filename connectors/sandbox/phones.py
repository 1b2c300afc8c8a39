"""Phone numbers as people type them: one number, many forms."""

from __future__ import annotations

import random

PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
# country: (country code, trunk prefix, mobile starts, digits after them, area codes, digits after them)
PLANS: dict[str, tuple[str, str, tuple[str, ...], int, tuple[str, ...], int]] = {
    "Indonesia": ("62", "0", ("811", "812", "813", "821", "852", "857", "878"), 7, ("21", "22", "31"), 8),
    "Iran": ("98", "0", ("912", "913", "917", "919", "935", "936"), 7, ("21", "31", "71"), 8),
    "United States": ("1", "", ("617", "312", "303", "206", "512"), 7, ("617", "312", "206"), 7),
    "United Kingdom": ("44", "0", ("7400", "7711", "7811", "7912"), 6, ("20", "113", "117"), 8),
    "Germany": ("49", "0", ("151", "160", "171"), 8, ("30", "40", "89"), 8),
}
_BY_CODE = {plan[0]: plan for plan in PLANS.values()}


def phone_number(country: str, dice: random.Random, mobile: bool) -> str:
    """A number as ``code area subscriber``, from which `written` makes what people type."""
    code, _, mobiles, mobile_digits, areas, area_digits = PLANS[country]
    area = dice.choice(mobiles if mobile else areas)
    digits = mobile_digits if mobile else area_digits
    if country == "United Kingdom" and area != "20" and not mobile:
        digits = 7
    # A subscriber number starts with 2-9, as the numbering plans ask; the rest is free.
    subscriber = str(dice.randrange(2 * 10 ** (digits - 1), 10**digits))
    return f"{code} {area} {subscriber}"


def written(number: str, dice: random.Random) -> str:
    """One of the ways in which people write the number."""
    code, area, subscriber = number.split() if number.count(" ") == 2 else ("", "", "")
    if not code:
        return number
    trunk = _BY_CODE[code][1]
    half = len(subscriber) // 2
    head, tail = subscriber[:half], subscriber[half:]
    way = dice.random()
    if way < 0.4:
        return f"+{code}{area}{subscriber}"
    if way < 0.6:
        return f"+{code} {area}-{head}-{tail}"
    if way < 0.75:
        return f"{trunk}{area} {head} {tail}"
    if way < 0.87:
        return f"({trunk}{area}) {head}-{tail}"
    if code == "98":
        return f"{trunk}{area}{subscriber}".translate(PERSIAN_DIGITS)
    if code in ("44", "49") and way < 0.94:
        return f"00{code} {area} {head} {tail}"
    return f"{trunk}{area}{subscriber}"
