"""Short and pet names: which given names can be those of one person."""

from __future__ import annotations

from functools import cache, lru_cache

from rapidfuzz.distance import OSA

from syncer.matching.fold import sound

# Beside the list of the `nicknames` package, which knows English names: a formal name, then its short forms.
_OTHERS = """
francisco paco pancho curro kiko|jose pepe|manuel manolo manu|dolores lola|ignacio nacho
guadalupe lupe lupita|enrique quique|jesus chus chucho|concepcion concha conchita|rosario charo
antonio toni tonio|alejandro alex ale|fernando fer nando|rafael rafa|joao joaozinho|antonia toni
giuseppe beppe pino|giovanni gianni|francesco franco checco|luigi gigi|salvatore toto
johannes hans hannes jo jan johan|johanna hanna jo|katharina kathi kati katja|sebastian basti|maximilian max
elisabeth lisa elli|wolfgang wolf|friedrich fritz|heinrich heinz heiner|josef sepp jupp
margarete grete gretel|matthias matze|andreas andi|christian chris|michael michi|stefan steffen|susanne susi
ursula uschi ulla|barbara babsi basia|gertrud trude|alexander alex aleksandr sasha sascha|alexandra sasha
dmitry dima mitya|dmitri dima|ekaterina yekaterina katya|ivan vanya|elena yelena lena|mikhail misha
maria masha mari marita|nikolai nikolay kolya|olga olya|sergey sergei serge seryozha|tatiana tanya
svetlana sveta|vladimir vova volodya|yury yuri yura|natalia natalya natasha|anastasia nastya
konstantin kostya|francois fran|jean-pierre jp|philippe phil|frederic fred|benoit ben|dominique dom
malgorzata gosia|katarzyna kasia|agnieszka aga|krzysztof krzys|tomasz tomek|pawel pawelek
muhammad moh mohd muh m mohamad moe mo|abdul abd|mohammad mamad mohd moe mo|ahmad achmad|putri puput
bambang bam bams|robert bob bobby rob robby bert|theodore ted theo teddy|alfred alf fred alfie
albert al bert bertie|stanley stan|roger rodge|catherine kate cathy cat katie kitty kit
charlotte charlie lottie lotte|christine chrissie chris tina|christina chrissie chris tina
felicity fliss flick|georgia georgie|georgina georgie gina|gillian gill jill|isabel izzy bella isa chabela
isabella izzy bella isa|lillian lily|lilian lily|madeleine maddie maddy|marjorie marge margie|natalie nat
olivia liv livvy|rosemary rosie rose romy|sabrina bri|eleanor ellie nell nelly nora|alastair al ali
alistair al ali|archibald archie|arabella bella|clementine clem|duncan dunc|eugenie genie
henrietta etta hettie|hubert bert|imogen immy|jemima mima|leopold leo|lucille lucy|marcella marcy
marguerite daisy margot|millicent millie|montague monty|nigel nige|octavia tavy|penelope penny nell
philippa pippa pip|prudence pru|rosalind ros roz|rupert rupe|tabitha tabby|thaddeus thad|verena vreni
wilhelmina mina willa billie|winston win|yvonne vonnie|zacharias zach|jonathan jon jonny|oscar ozzy
christopher chris kit topher|john jack johnny jackie|mary molly polly may|sarah sally sadie
ann nancy nan annie|anne nancy nan annie|edward ted ned eddie ed|james jim jimmy jamie
elizabeth liz beth betty libby lizzie bess elsie|bernd bernie|bernhard bernd bernie|friedhelm fried
joachim achim jochen jo|karl kalle|karlheinz kalle|manfred manni|siegfried siggi sigi|ulrich uli
ulrike uli ulli|wilhelm willi willy|brigitte gitte biggi|birgit biggi|cornelia conny nele
franziska franzi ziska|friederike rike frieda|hannelore hanne lore|lieselotte lilo lotte|stefanie steffi
stephanie steffi|waltraud traudl traudel|gabriele gabi|gerhard gerd|guenter guenni|helmut helle
hubertus hubert|ludwig lutz|dietrich dieter|eberhard ebi|norbert nobby|tobias tobi|veronika vroni
theresia resi|magdalena lena magda leni|annemarie annemie|angelika geli|adelheid heidi|nikolaus klaus niko
jakob jockel|benedikt bene|florian flo|lukas luki|christiane chrissi|martina tina|bettina tina betty
eduardo edu lalo|guillermo memo guille willy|roberto beto|sergio checo|vicente chente|alejandra ale sandra
consuelo chelo|cristina cris tina|encarnacion encarna|josefa pepa|josefina pepa fina|mercedes merche meche
montserrat montse|teresa tere|gabriel gabi gabo|graciela chela|hector tito|humberto beto|alberto beto tito
norberto beto|gilberto beto|luis lucho|mariano nano|miguel mike migue|pilar pili|santiago santi chago
soledad sole|victoria vicky toya|yolanda yoli|eugenia queta kena|rosa rosita|daniel dani|daniela dani
fernanda fer nanda|leonardo leo nardo|lorenzo renzo enzo|vincenzo enzo|domenico mimmo|raffaele lello
alessandro ale sandro|alessandra ale sandra|federico fede chicco|margherita rita|caterina cate|filippo pippo
bartolomeo meo|cornelis cor kees|hendrik henk|jacobus koos jaap|wilhelmus wim willem|gerardus gerard
pieter piet|adrianus ad arjan|antonius ton toon|theodorus theo dorus|alireza ali|amirhossein amir
mohammadreza reza mohammad|hamidreza hamid|gholamreza reza|fatemeh fati|zahra zari|masoumeh masi|khaled khal
ibrahim ibra|youssef joe jo|yusuf joe jo|kurniawan iwan wawan|setiawan iwan wawan|gunawan iwan wawan
hermawan iwan wawan|widodo dodo|susilowati susi|sulastri lastri|yuliana yuli|fitriani fitri
nurhayati nur yati|nurul nur|kristianto kris|mehmet memo|huseyin huso|suleyman sulo|stanislaw stas staszek
wojciech wojtek|jerzy jurek|aleksandra ola|joanna asia|zbigniew zbyszek|grzegorz grzes|jan janek|jozef jozek
kristina tina
"""


@lru_cache(maxsize=65_536)
def known_as(name: str) -> frozenset[str]:
    """The formal names that a folded given name may stand for, itself included; empty where nothing is
    known."""
    found = _formal().get(name, frozenset())
    return found | {name} if found or name in _formal_names() else frozenset()


@lru_cache(maxsize=65_536)
def _sounding(name: str) -> frozenset[str]:
    """The same in one spelling: Kate stands for Catherine as for Katherine."""
    return frozenset(map(sound, known_as(name)))


def alike(a: str, b: str) -> bool:
    """Whether two folded given names can be those of one person: Bob and Robert, Bill and Will."""
    return not _sounding(a).isdisjoint(_sounding(b))


def nearly_alike(a: str, b: str) -> bool:
    """The same, a slip of the fingers apart: Bill and Wiliam."""
    return any(
        OSA.distance(form, other, score_cutoff=1) <= 1
        for one, other in ((a, b), (b, a))
        if len(other) > 3
        for form in _forms(one)
    )


@lru_cache(maxsize=65_536)
def _forms(name: str) -> tuple[str, ...]:
    """The longer forms of a name, and the shorter ones."""
    formal = known_as(name)
    return tuple(sorted({*formal, *_shorts().get(name, ())} - {name}))


@cache
def _shorts() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for short, formals in _formal().items():
        for formal in formals:
            found.setdefault(formal, []).append(short)
    return found


@cache
def _formal() -> dict[str, frozenset[str]]:
    from nicknames import NickNamer

    found = NickNamer().canonical_lookup
    for line in _OTHERS.replace("\n", "|").split("|"):
        formal, *shorts = line.split() or [""]
        for short in shorts:
            found.setdefault(short, set()).add(formal)
    return {name: frozenset(formals) for name, formals in found.items()}


@cache
def _formal_names() -> frozenset[str]:
    return frozenset(formal for formals in _formal().values() for formal in formals)
