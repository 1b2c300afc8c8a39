"""Word pools of many cultures that the generator makes people from. Invented combinations; no real person.

A name is a list of its spellings: the first is usual, the others are further Latin spellings; what stands
after a bar is its native script.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Spelling:
    """One name: Latin spellings, and the native one or ""."""

    latin: tuple[str, ...]
    native: str = ""


@dataclass(frozen=True)
class Culture:
    """Where people come from. `ends`: surnames are composed of a root and one of these."""

    country: str
    code: str
    first: tuple[Spelling, ...]
    last: tuple[Spelling, ...]
    ends: tuple[Spelling, ...]
    cities: tuple[Spelling, ...]
    mobile: tuple[str, ...]
    share: int


def _pool(text: str) -> tuple[Spelling, ...]:
    found = []
    for word in text.split():
        latin, _, native = word.partition("|")
        found.append(Spelling(tuple(s.replace("_", " ") for s in latin.split("/")), native.replace("_", " ")))
    return tuple(found)


ENGLISH = Culture(
    "United Kingdom", "+44",
    _pool("James John Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel Matthew "
          "Anthony Mark Donald Steven Paul Andrew Joshua Kenneth Kevin Brian George Edward Ronald Timothy "
          "Jason Jeffrey Ryan Jacob Nicholas Gary Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin "
          "Samuel Gregory Alexander Patrick Frank Raymond Jack Dennis Jerry Mary Patricia Jennifer Linda "
          "Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Margaret Sandra Ashley Kimberly Emily "
          "Donna "
          "Michelle Carol Amanda Dorothy Melissa Deborah Stephanie Rebecca Sharon Laura Cynthia Kathleen Amy "
          "Angela Shirley Anna Brenda Pamela Emma Nicole Helen Samantha Katherine Christine Rachel Carolyn "
          "Janet Catherine Maria Heather Diane Olivia Julie Joyce Victoria Kelly Christina Joan Evelyn "
          "Theodore"),
    _pool("Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker "
          "White Roberts Green Hall Wood Jackson Clarke Ash Black Brad Carl Clay East Fair Gold Hart Hunt "
          "Kings Lang Lock Mill Nor Oak Pem Rose Sand Shel Stan Sut Thorn Wal West Whit Win Har Bram Cole "
          "Dun "
          "El Hal "
          "Mar"),
    _pool("ley ton ford well by worth wood field more land ham den brook stone man son er dale shaw gate "
          "combe "
          "bury wick side mond"),
    _pool("London Leeds Bristol Manchester Edinburgh Cardiff Liverpool Sheffield"), ("7400", "7700",
    "7911"), 30,
)  # fmt: skip

AMERICAN = Culture(
    "United States", "+1", ENGLISH.first, ENGLISH.last, ENGLISH.ends,
    _pool("Boston Chicago Denver Seattle Austin Portland Houston Phoenix"), ("617", "312", "303", "206"), 20,
)  # fmt: skip

GERMAN = Culture(
    "Germany", "+49",
    _pool("Jürgen/Juergen/Jurgen Hans Peter Klaus Wolfgang Thomas Andreas Stefan/Stephan Michael Christian "
          "Matthias/Mathias Frank Uwe Günther/Guenther/Gunther Jörg/Joerg/Jorg Björn/Bjorn/Bjoern Sebastian "
          "Florian Lukas/Lucas Philipp/Philip Katharina/Katarina Anna Ursula Sabine Monika Petra Birgit "
          "Claudia "
          "Susanne Andrea Karin Heike Julia Franziska Käthe/Kaethe/Kathe Jana Lena Johanna Elisabeth"),
    _pool("Müller/Mueller/Muller Schmidt/Schmitt Schneider Fischer Weber Meyer/Meier/Maier Wagner Becker "
          "Schulz Hoffmann/Hofmann Schäfer/Schaefer/Schafer Koch Bauer Richter Klein Wolf "
          "Schröder/Schroeder/Schroder Neumann Schwarz Zimmermann Braun Krüger/Krueger/Kruger Hartmann Lange "
          "Groß/Gross Grün/Gruen/Grun "
          "Stein Berg Linden Rosen Eichen Winter Sommer Stein Kirch Feld"),
    _pool("mann bach berg feld meier hoff stein thal hausen"),
    _pool("Berlin Hamburg München/Munich Köln/Cologne Leipzig Frankfurt Stuttgart"), ("151", "160", "171"),
    12,
)  # fmt: skip

LATIN = Culture(
    "Spain", "+34",
    _pool("José/Jose María/Maria Juan Carlos Luis Francisco Javier Antonio Manuel Miguel Ángel/Angel Pedro "
          "Pablo Jesús/Jesus Fernando Sergio Alejandro Andrés/Andres Raúl/Raul Iván/Ivan Inés/Ines "
          "Lucía/Lucia Carmen Ana Isabel Pilar Dolores Cristina Marta Elena Beatriz/Beatris Sofía/Sofia "
          "Nuria "
          "Rocío/Rocio "
          "José_Luis/Jose_Luis María_José/Maria_Jose Juan_Carlos João/Joao Gonçalo/Goncalo Thiago/Tiago"),
    _pool("García/Garcia Fernández/Fernandez González/Gonzalez Rodríguez/Rodriguez López/Lopez "
          "Martínez/Martinez Sánchez/Sanchez Pérez/Perez Gómez/Gomez Martín/Martin Jiménez/Jimenez Ruiz "
          "Hernández/Hernandez Díaz/Diaz Moreno Muñoz/Munoz Álvarez/Alvarez Romero Alonso "
          "Gutiérrez/Gutierrez "
          "Navarro Torres Domínguez/Dominguez Vázquez/Vazquez Ramos Gil Ramírez/Ramirez Serrano Blanco "
          "Molina "
          "Núñez/Nunez Silva Souza/Sousa Ferreira "
          "García_López/Garcia_Lopez Ruiz_Gómez/Ruiz_Gomez De_la_Cruz/Delacruz Peña/Pena"),
    (), _pool("Madrid Barcelona Sevilla/Seville Valencia Bilbao Málaga/Malaga"), ("612", "655", "690"), 10,
)  # fmt: skip

NORDIC = Culture(
    "Poland", "+48",
    _pool("Łukasz/Lukasz Paweł/Pawel Michał/Michal Małgorzata/Malgorzata Agnieszka Søren/Soren Åsa/Asa "
          "Jørgen/Jorgen Chloé/Chloe François/Francois Zoë/Zoe Hélène/Helene Renée/Renee Müge/Muge "
          "Gökhan/Gokhan Çağla/Cagla Ömer/Omer Ayşe/Ayse Şule/Sule İbrahim/Ibrahim Jiří/Jiri Tomáš/Tomas "
          "Zoltán/Zoltan György/Gyorgy "
          "Ştefan/Stefan"),
    _pool("Kowalski Nowak Wiśniewski/Wisniewski Wójcik/Wojcik Kamiński/Kaminski Lewandowski "
          "Zieliński/Zielinski Sørensen/Sorensen Jørgensen/Jorgensen Ångström/Angstrom Lefèvre/Lefevre "
          "Gagné/Gagne Yılmaz/Yilmaz Şahin/Sahin Öztürk/Ozturk Çelik/Celik Dvořák/Dvorak Novák/Novak "
          "Szabó/Szabo Popescu Żak/Zak O'Brien/OBrien D'Angelo/DAngelo Saint-Martin/St_Martin "
          "MacDonald/McDonald Van_der_Berg/Vanderberg Beaumont "
          "Deschamps"),
    (), _pool("Warszawa/Warsaw Kraków/Krakow Gdańsk/Gdansk Wrocław/Wroclaw"), ("501", "602", "790"), 8,
)  # fmt: skip

INDONESIAN = Culture(
    "Indonesia", "+62",
    _pool("Budi Siti/Sitti Agus Dewi/Dewy Eko Sri Joko/Djoko Rina Andi Wati Hendra Putri Bambang Ayu "
          "Rudi/Rudy Indah Wahyu Lestari Dian Fitri/Fitry Yusuf/Jusuf Nur/Noor Slamet Ratna Teguh Maya "
          "Gunawan Kartika Ahmad/Achmad Muhammad/Mohammad/Moh./M. Made/I_Made Ketut Nyoman Wayan Komang "
          "Raden "
          "Tri Dwi Bayu Citra "
          "Dwi_Putri Sri_Wahyuni"),
    _pool("Santoso Wijaya/Widjaja Setiawan Kusuma/Koesoema Hidayat Saputra Nugroho Pratama Wibowo "
          "Susanto/Soesanto Halim Siregar Nasution Simanjuntak Hutapea Lubis Harahap Tanjung Sihombing "
          "Situmorang Rahman/Rachman Permana Suryadi/Soerjadi Hartono Kurniawan Firmansyah Ramadhan/Ramadan "
          "Maulana Hakim Irawan Anggraini Rahmawati "
          "Wulandari Puspitasari Utami Astuti Safitri Handayani Adi_Nugroho Eka_Putra"),
    (), _pool("Jakarta/Jakarta_Selatan Bandung Surabaya Yogyakarta/Jogja Medan Semarang Makassar "
              "Denpasar/Bali"),
    ("812", "813", "857", "878"), 15,
)  # fmt: skip
SINGLE = _pool("Suharto/Soeharto Sukarno/Soekarno Suparman Sutrisno/Soetrisno Mulyono/Moeljono Sumarni "
               "Ngatinah Paijo Tukiman Wagiman Suyatno Kasmirah Poniman Ngadimin Sulastri Juminten Wakidi "
               "Sarinah Darsono Mujiono/Moedjiono "
               "Supriyadi Sugeng Widodo Partini Rusmini Kusnadi Ruslan Sumiati Warsito Parjo")  # fmt: skip

PERSIAN = Culture(
    "Iran", "+98",
    _pool("Mohammad/Mohamad/Mohammed|محمد Ali/Aly|علی Hossein/Hosein/Hussein|حسین Reza|رضا Mehdi/Mahdi|مهدی "
          "Fatemeh/Fateme/Fatima|فاطمه Zahra/Zahraa|زهرا Maryam/Mariam|مریم Sara/Sarah|سارا Nazanin|نازنین "
          "Amir/Ameer|امیر Saeed/Saeid/Said|سعید Hamid/Hameed|حمید Leila/Leyla|لیلا Mina|مینا Parisa|پریسا "
          "Shirin/Shireen|شیرین Kourosh/Koroush/Kurosh|کوروش Dariush/Daryoush/Darius|داریوش Bahar|بهار "
          "Farhad|فرهاد Niloufar/Niloofar|نیلوفر Behnam|بهنام Kaveh/Kave|کاوه Golnaz|گلناز Omid/Omeed|امید "
          "Elham|الهام Amirhossein/Amir_Hossein|امیرحسین Yasaman/Yasamin|یاسمن Arash|آرش "
          "Masoud/Masood/Massoud|مسعود Ehsan|احسان Mojtaba|مجتبی Mostafa|مصطفی "
          "Narges/Nargess|نرگس Samira|سمیرا Pouya/Puya|پویا Navid/Naveed|نوید Roya|رویا Zohreh/Zohre|زهره"),
    _pool("Ahmad|احمد Hossein/Hosein|حسین Karim|کریم Rahim|رحیم Rostam|رستم Jafar|جعفر Sadegh/Sadeq|صادق "
          "Mousa/Musa|موسا Akbar|اکبر Nader|نادر Bagher/Baqer|باقر Ghasem/Qasem|قاسم Shah|شاه Taher|طاهر "
          "Mohsen|محسن Kazem|کاظم Yazdan|یزدان Behrouz/Behrooz|بهروز Abbas|عباس Soltan|سلطان Hashem|هاشم "
          "Farrokh|فرخ Jamal|جمال Mirza|میرزا "
          "Nouri/Noori|نوری"),
    _pool("i|ی zadeh/zade|‌زاده pour/poor|‌پور nejad|‌نژاد nia/niya|‌نیا far|‌فر ian|یان mand|‌مند "
          "khani|‌خانی abadi|‌آبادی"),
    _pool("Tehran/Teheran|تهران Isfahan/Esfahan|اصفهان Shiraz|شیراز Tabriz|تبریز Mashhad/Mashad|مشهد "
          "Karaj|کرج Rasht|رشت Yazd|یزد"),
    ("912", "913", "935", "921"), 18,
)  # fmt: skip

ARABIC = Culture(
    "United Arab Emirates", "+971",
    _pool("Ahmed/Ahmad|أحمد Mohamed/Muhammad/Mohammed|محمد Khalid/Khaled|خالد Omar/Umar|عمر "
          "Youssef/Yousef/Yusuf|يوسف Abdullah/Abdallah|عبدالله Hassan/Hasan|حسن Ibrahim/Ebrahim|إبراهيم "
          "Tariq/Tarek/Tareq|طارق Layla/Leila|ليلى Noor/Nour|نور Aisha/Ayesha/Aysha|عائشة Fatima/Fatma|فاطمة "
          "Huda/Hoda|هدى Mariam/Maryam|مريم Salma|سلمى Rania|رانيا Samir/Sameer|سمير Mahmoud/Mahmud|محمود "
          "Mustafa/Moustafa|مصطفى Karim/Kareem|كريم Rashid/Rasheed|راشد Sultan|سلطان "
          "Zaid/Zayd|زيد Amal|أمل"),
    _pool("Al-Hashimi/Alhashimi/Al_Hashemi|الهاشمي Al-Maktoum/Almaktoum|المكتوم Haddad|حداد "
          "Khoury/Khouri|خوري Mansour/Mansoor|منصور Nasser/Naser|ناصر Saleh/Salih|صالح Hamdan|حمدان "
          "Al-Farsi/Alfarsi|الفارسي Najjar|نجار Shaheen/Shahin|شاهين Darwish|درويش "
          "Al-Sayed/Elsayed/Alsayed|السيد Bishara|بشارة Qasim/Kassem|قاسم Sabbagh|صباغ Tawfiq/Tawfik|توفيق "
          "Zidan/Zaydan|زيدان Aziz|عزيز"),
    (), _pool("Dubai|دبي Sharjah|الشارقة Ajman|عجمان"), ("50", "52", "55"), 10,
)  # fmt: skip

RUSSIAN = Culture(
    "Kazakhstan", "+7",
    _pool("Sergey/Sergei|Сергей Alexander/Aleksandr|Александр Dmitry/Dmitri/Dmitriy|Дмитрий "
          "Elena/Yelena|Елена Olga|Ольга Natalia/Natalya|Наталья Ivan|Иван Tatiana/Tatyana|Татьяна "
          "Yury/Yuri|Юрий Mikhail/Michail|Михаил Anna|Анна "
          "Nikolai/Nikolay|Николай Svetlana|Светлана Vladimir|Владимир Ekaterina/Yekaterina|Екатерина"),
    _pool("Ivanov|Иванов Petrov|Петров Smirnov|Смирнов Kuznetsov|Кузнецов Sokolov|Соколов Popov|Попов "
          "Lebedev|Лебедев Volkov|Волков Morozov|Морозов Vasiliev/Vasilyev|Васильев Zaitsev/Zaytsev|Зайцев "
          "Pavlov|Павлов "
          "Orlov|Орлов"),
    (), _pool("Almaty|Алматы Astana|Астана"), ("701", "705", "777"), 5,
)  # fmt: skip

CULTURES = (ENGLISH, AMERICAN, GERMAN, LATIN, NORDIC, INDONESIAN, PERSIAN, ARABIC, RUSSIAN)

COMPANY_FIRST = (
    "Nusantara Borneo Merapi Garuda Alborz Damavand Caspian Persepolis Northwind Bluewater Redwood "
    "Silverline "
    "Harbor Summit Cedar Falcon Atlas Orion Beacon Granite Maple Lotus Saffron Sunda Zagros Karun Riverbend "
    "Highland Lakeside Evergreen Sterling Juniper Copper Amber Coral Cobalt Willow Meridian Aurora Quantum "
    "Delta Vertex Polar Nova Terra "
).split()
COMPANY_SECOND = (
    "Digital Logistics Foods Textiles Systems Trading Software Retail Consulting Media Health Motors Energy "
    "Travel Education Furniture Ceramics Pharma Telecom Finance Construction Packaging Farms Shipping Design "
    "Robotics Coffee Paper Glass Tools "
).split()
LEGAL = ("{}", "{} Ltd", "{} Ltd.", "{} Limited", "{}, Inc.", "{} Inc", "{} GmbH", "{} LLC", "PT {}", "PT. "
         "{} Tbk",
         "{} Co.", "{} Group", "{} Corp")  # fmt: skip
TITLES = ("Dr.", "Mr.", "Mrs.", "Ms", "Prof.", "Ir.", "Hj.", "Bapak", "Ibu", "Mr", "دکتر", "مهندس")
MAILERS = (
    "gmail.com",
    "gmail.com",
    "gmail.com",
    "yahoo.com",
    "outlook.com",
    "hotmail.com",
    "icloud.com",
    "mail.com",
)
TOWNS = ("burg", "ford", "ville", "grad", "abad", "pura", "stad", "haven")
ROLES = ("info", "sales", "support", "office", "admin", "contact", "accounts", "hello")
NICKNAMES = {
    "James": "Jim", "Robert": "Bob", "Patricia": "Pat", "Jennifer": "Jen", "Michael": "Mike", "David": "Dave",
    "Elizabeth": "Liz", "William": "Bill", "Richard": "Rick", "Susan": "Sue", "Joseph": "Joe", "Thomas":
    "Tom",
    "Daniel": "Dan", "Matthew": "Matt", "Margaret": "Peggy", "Anthony": "Tony", "Catherine": "Kate",
    "Katherine": "Kathy", "Steven": "Steve", "Andrew": "Andy", "Rebecca": "Becky", "Joshua": "Josh",
    "Kenneth": "Ken", "Nicholas": "Nick", "Alexander": "Alex", "Benjamin": "Ben", "Samuel": "Sam",
    "Gregory": "Greg", "Samantha": "Sam", "Christopher": "Chris", "Timothy": "Tim", "Edward": "Ted",
    "Charles": "Chuck", "Deborah": "Debbie", "Kimberly": "Kim", "Victoria": "Vicky", "Theodore": "Ted",
    "Jonathan": "Jon", "Stephanie": "Steph", "Pamela": "Pam", "Francisco": "Paco", "José": "Pepe",
    "Johanna": "Hanna", "Sebastian": "Basti", "Katharina": "Kathi", "Manuel": "Manolo", "Dolores": "Lola",
    "Sergey": "Serge", "Dmitry": "Dima", "Ekaterina": "Katya", "Ivan": "Vanya", "Elena": "Lena",
}  # fmt: skip
