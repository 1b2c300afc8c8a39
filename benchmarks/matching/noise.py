"""How often something happens to a record, in several settings: to tune on, and to measure on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Noise:
    """How often something happens to a record (or, for the hard negatives, to a person)."""

    typo: float = 0.05
    nickname: float = 0.12
    spelling: float = 0.15
    native: float = 0.35
    letters: float = 0.3
    swapped: float = 0.03
    title: float = 0.04
    initial: float = 0.02
    no_first: float = 0.02
    no_last: float = 0.03
    no_name: float = 0.03
    no_email: float = 0.07
    no_phone: float = 0.2
    no_company: float = 0.2
    no_city: float = 0.15
    other_email: float = 0.09
    plus_tag: float = 0.05
    email_typo: float = 0.02
    other_phone: float = 0.05
    phone_typo: float = 0.02
    moved: float = 0.06
    married: float = 0.01
    twice: float = 0.01
    household: float = 0.08
    shared_email: float = 0.25
    switchboard: float = 0.25
    role: float = 0.02
    namesake: float = 0.04
    colleague: float = 0.04
    junior: float = 0.005
    rare: float = 0.0  # people with a rare family name, and small towns: few have a namesake by accident


TUNE = Noise()
MEASURE = Noise(
    typo=0.07,
    nickname=0.2,
    spelling=0.25,
    native=0.5,
    letters=0.5,
    swapped=0.04,
    title=0.08,
    initial=0.03,
    no_first=0.015,
    no_last=0.04,
    no_name=0.04,
    no_email=0.06,
    no_phone=0.15,
    no_company=0.3,
    no_city=0.2,
    other_email=0.12,
    plus_tag=0.04,
    email_typo=0.03,
    other_phone=0.07,
    phone_typo=0.03,
    moved=0.1,
    married=0.01,
    twice=0.0,
    household=0.1,
    shared_email=0.3,
    switchboard=0.35,
    role=0.03,
    namesake=0.05,
    colleague=0.06,
    junior=0.01,
)
MILD = Noise(
    typo=0.03,
    nickname=0.07,
    spelling=0.1,
    native=0.2,
    letters=0.2,
    no_email=0.08,
    no_phone=0.25,
    other_email=0.06,
    no_name=0.02,
    no_last=0.02,
    other_phone=0.04,
    household=0.05,
    namesake=0.03,
    twice=0.02,
)
# Names as varied as those of a real address book. Set up by what equal addresses and phones find (which is
# what others measured on such data), before the matcher saw it.
VARIED = Noise(
    typo=0.05,
    nickname=0.15,
    spelling=0.2,
    native=0.4,
    letters=0.4,
    swapped=0.03,
    title=0.06,
    initial=0.03,
    no_first=0.02,
    no_last=0.03,
    no_name=0.02,
    no_email=0.07,
    no_phone=0.17,
    no_company=0.25,
    no_city=0.15,
    other_email=0.1,
    plus_tag=0.03,
    email_typo=0.02,
    other_phone=0.08,
    phone_typo=0.02,
    moved=0.06,
    married=0.02,
    twice=0.015,
    household=0.1,
    shared_email=0.22,
    switchboard=0.26,
    role=0.02,
    namesake=0.025,
    colleague=0.03,
    junior=0.01,
    rare=0.6,
)
NOISES = {"tune": TUNE, "measure": MEASURE, "mild": MILD, "varied": VARIED}
