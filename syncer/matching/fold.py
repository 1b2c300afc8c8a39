"""Folding: what is compared is folded, what is stored and written is never touched.

Three forms of a name, from exact to forgiving: the folded text (case, marks, letter variants), its `sound`
(the spellings of one Latin name), and its `skeleton` of consonants (a name in a script without vowels, and in
Latin).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

# Arabic and Persian letters that people type for one another, and what carries no sound.
_LETTERS = str.maketrans(
    {"ي": "ی", "ى": "ی", "ئ": "ی", "ك": "ک", "ة": "ه", "ۀ": "ه", "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا"}
    | {"ؤ": "و", "ـ": "", "\u200c": "", "\u200d": "", "\u200e": "", "\u200f": "", "’": "", "'": "", "`": ""}
    | {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)  # fmt: skip
_PLAIN = str.maketrans({chr(c): " " for c in range(128) if not chr(c).isalnum()} | {"'": "", "`": ""})
TITLES = frozenset(
    "mr mrs ms miss mx dr prof professor sir madam herr frau dipl ing ir drs dra hj haji hajj bapak "
    "ibu bpk pak bu sr sra señor señora senor senora don dona mme mlle m phd mba msc bsc md esq se st "
    "sh skom spd mpd seyed sayyid "
    "eng engr lic shri smt آقای خانم دکتر مهندس استاد حاج سید السيد الدكتور د".split()
)
_GENERATIONS = {"jr": "2", "junior": "2", "ii": "2", "sr": "1", "senior": "1", "iii": "3", "iv": "4"}
LEGAL = frozenset(
    "inc incorporated ltd limited llc llp lp plc gmbh ag kg ohg ug mbh se co corp corporation company "
    "group holding holdings pt cv ud tbk persero sa sas sarl sl bv nv ab as oy aps spa srl sro pty "
    "pvt the and شرکت گروه".split()
)


@lru_cache(maxsize=262_144)
def fold(text: str) -> str:
    """Lower case, no marks, one form of each letter and digit, words divided by single spaces."""
    if text.isascii():
        return " ".join(text.lower().translate(_PLAIN).split())
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS))
    kept = []
    for char in folded:
        category = unicodedata.category(char)
        if category == "Nd":
            kept.append(str(unicodedata.digit(char)))
        elif category[0] == "L":
            kept.append(char)
        elif category[0] != "M":
            kept.append(" ")
    return " ".join("".join(kept).translate(_LETTERS).split())


_NO_DIGIT = re.compile("[^0-9]")


def digits(text: str) -> str:
    """The decimal digits of any script, as Latin ones."""
    if text.isascii():
        return _NO_DIGIT.sub("", text)
    return "".join(str(unicodedata.digit(c)) for c in text if unicodedata.category(c) == "Nd")


_ARTICLE = re.compile(r"\b([ae]l)-(?=\w)", re.IGNORECASE)


def name_words(text: str) -> list[str]:
    """The folded words of a name; "Al-Khatib" is one."""
    return fold(_ARTICLE.sub(r"\1", text) if "-" in text else text).split()


def with_article(words: list[str]) -> list[str]:
    """The same where "Al Khatib" is two words."""
    if len(words) > 1 and words[0] in ("al", "el"):
        return [words[0] + words[1], *words[2:]]
    return words


def without_middle(words: list[str]) -> list[str]:
    """Without single letters, unless nothing else is left: "Marta G." is Marta, "H. Denny" is Denny."""
    return [w for w in words if len(w) > 1] or words[:1]


def without_titles(words: list[str]) -> list[str]:
    """Without titles, unless nothing else is left."""
    return [w for w in words if w not in TITLES] or words


def generation(words: list[str], least: int = 1) -> tuple[list[str], str]:
    """The words without a closing "Jr." or the like, and which generation it names; so many words are
    left."""
    if len(words) > least and words[-1] in _GENERATIONS:
        return words[:-1], _GENERATIONS[words[-1]]
    return words, ""


# Cities that go by two names; the first is compared.
_CITIES = {
    other: first
    for first, *others in (
        names.split()
        for names in (
            "munchen munich muenchen|koln cologne koeln|wien vienna|roma rome|milano milan|"
            "firenze florence|"
            "sevilla seville|lisboa lisbon|praha prague|warszawa warsaw|moskva moscow|torino turin|"
            "napoli naples|"
            "venezia venice|bruxelles brussels brussel|kobenhavn copenhagen|goteborg gothenburg|"
            "geneve geneva genf|"
            "zurich zuerich|athina athens|beograd belgrade|bucuresti bucharest|nurnberg nuremberg nuernberg|"
            "hannover hanover|jogja yogyakarta|makkah mecca|alqahirah cairo|dimashq damascus|esfahan isfahan|"
            "mumbai bombay|kolkata calcutta|chennai madras|bengaluru bangalore|beijing peking|kyiv kiev|"
            "krakow cracow|antwerpen antwerp|gent ghent|dusseldorf duesseldorf"
        ).split("|")
    )
    for other in others
}


def fold_city(text: str) -> str:
    """A city's folded name; of two names one."""
    folded = fold(text)
    return _CITIES.get(folded, folded)


@lru_cache(maxsize=65_536)
def fold_company(text: str) -> str:
    """A company's name without its legal form, unless nothing else is left."""
    words = fold(text.replace(".", "")).split()
    return " ".join([w for w in words if w not in LEGAL] or words)


def is_abjad(text: str) -> bool:
    """Whether a folded text is in a script that leaves vowels out (Arabic, Persian, Hebrew)."""
    return any("\u0590" <= c <= "\u077f" or "\ufb1d" <= c <= "\ufefc" for c in text)


@lru_cache(maxsize=262_144)
def latin(folded: str) -> str:
    """A folded text in Latin letters, without spaces."""
    if not folded.isascii():
        folded = anyascii(folded).lower()
    return "".join(c for c in folded if c.isalnum())


# The consonants of Persian and Arabic as their names are written in Latin; h, v and y come and go.
_ABJAD = str.maketrans(
    dict(zip("بپتثجچخدذرزژسشصضطظغفقکگلمن", "bptsjcxdzrzjs$sztzkfkkglmn", strict=True))
    | dict.fromkeys("اآحعوهیءئؤ ")
)
_FIRST_ABJAD = dict.fromkeys("اآعأإ", "a") | {"ح": "h", "ه": "h", "و": "v", "ی": "y"}
_SOUNDS = (
    (re.compile("sch|sh|sz"), "s"), (re.compile("tsch|tch|tj|cz|ch"), "c"), (re.compile("dj|dzh"), "j"),
    (re.compile("ph"), "f"), (re.compile("kh|ck|q|gh(?!t)"), "k"), (re.compile("th"), "t"),
    (re.compile("ae|ai|ay|ei|ey|ie|ij|ee|y|j(?=[aeou])"), "i"), (re.compile("ou|oo|oe|ue|eu|w$"), "u"),
    (re.compile("w"), "v"), (re.compile("x"), "ks"), (re.compile("z"), "s"), (re.compile("c(?=[aour]|$)"),
    "k"),
    (re.compile("(?<=[a-z])h(?![aeiou])"), ""), (re.compile("e$"), ""), (re.compile(r"(.)\1+"), r"\1"),
)  # fmt: skip
_BONES = (
    (re.compile(r"([a-z])\1+"), r"\1"), (re.compile("kh|x"), "x"), (re.compile("gh|q|ck"), "k"),
    (re.compile("sch|sh"), "$"), (re.compile("th"), "t"), (re.compile("dh"), "z"), (re.compile("ph"), "f"),
    (re.compile("zh"), "j"), (re.compile("ch"), "c"), (re.compile("[aeiou]"), ""),
)  # fmt: skip
_WEAK = re.compile("[yhv0-9]")


@lru_cache(maxsize=262_144)
def sound(folded: str) -> str:
    """One text for the Latin spellings of one name: Sergey and Sergei, Djoko and Joko, Müller and Mueller."""
    text = latin(folded)
    for pattern, by in _SOUNDS:
        text = pattern.sub(by, text)
    return text


@lru_cache(maxsize=262_144)
def skeleton(folded: str) -> str:
    """Consonants, and whether it begins with a vowel: مسعود and Masoud, Mohammad and Muhammed. Short ones are
    shared by different names."""
    if is_abjad(folded):
        first = _FIRST_ABJAD.get(folded[0], "")
        return first + folded.translate(_ABJAD)
    text = latin(folded)
    first = "a" if text[:1] in tuple("aeiou") else ""
    for pattern, by in _BONES:
        text = pattern.sub(by, text)
    text = (first + text).replace("w", "v")
    return text[:1] + _WEAK.sub("", text[1:])
