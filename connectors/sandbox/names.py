"""Word pools that the sandbox's people and companies are made of. Invented combinations; no real person."""

from __future__ import annotations

LATIN_FIRST = (
    "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan "
    "Joseph Jessica Thomas Sarah Charles Karen Daniel Nancy Matthew Margaret Anthony Catherine Mark "
    "Sandra Steven Andrea Andrew Rebecca Joshua Laura Kenneth Helen Nicholas Amy Alexander Anna Benjamin "
    "Emma Samuel Nicole Gregory Samantha Jürgen Chloé François Zoë Søren Inés Müge Łukasz"
).split()
LATIN_ROOTS = (
    "Ash Black Brad Carl Clay Cros Dal East Fair Gold Green Hart Hol Hunt Kings Lang Lock Mar Mill Nor "
    "Oak Pem Rad Rose Sand Shel Stan Sut Thorn Wal West Whit Win Wood Wy Har Bram Cole Dun El"
).split()
LATIN_ENDS = (
    "ley ton ford well by worth wood field more land ham den brook stone man son er dale shaw gate combe "
    "bury wick side mond"
).split()
LATIN_LAST = (
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Martinez Wilson Anderson Taylor Moore Jackson "
    "Martin Thompson White Clark Lewis Walker O'Brien MacDonald Müller Schröder Lefèvre Núñez"
).split()

NICKNAMES = {
    "James": "Jim", "Robert": "Bob", "Patricia": "Pat", "Jennifer": "Jen", "Michael": "Mike",
    "David": "Dave", "Elizabeth": "Liz", "William": "Bill", "Richard": "Rick", "Susan": "Sue",
    "Joseph": "Joe", "Thomas": "Tom", "Daniel": "Dan", "Matthew": "Matt", "Margaret": "Maggie",
    "Anthony": "Tony", "Catherine": "Kate", "Steven": "Steve", "Andrew": "Andy", "Rebecca": "Becky",
    "Joshua": "Josh", "Kenneth": "Ken", "Nicholas": "Nick", "Alexander": "Alex", "Benjamin": "Ben",
    "Samuel": "Sam", "Gregory": "Greg", "Samantha": "Sam",
}  # fmt: skip

# (Latin spelling, another Latin spelling, Persian script)
PERSIAN_FIRST = (
    ("Mohammad", "Mohamad", "محمد"), ("Ali", "Aly", "علی"), ("Hossein", "Hosein", "حسین"),
    ("Reza", "Reza", "رضا"), ("Mehdi", "Mahdi", "مهدی"), ("Fatemeh", "Fateme", "فاطمه"),
    ("Zahra", "Zahraa", "زهرا"), ("Maryam", "Mariam", "مریم"), ("Sara", "Sarah", "سارا"),
    ("Nazanin", "Nazanine", "نازنین"), ("Amir", "Ameer", "امیر"), ("Saeed", "Saeid", "سعید"),
    ("Hamid", "Hameed", "حمید"), ("Leila", "Leyla", "لیلا"), ("Mina", "Meena", "مینا"),
    ("Parisa", "Parissa", "پریسا"), ("Shirin", "Shireen", "شیرین"), ("Kourosh", "Koroush", "کوروش"),
    ("Dariush", "Daryoush", "داریوش"), ("Bahar", "Bahaar", "بهار"), ("Farhad", "Farhaad", "فرهاد"),
    ("Niloufar", "Niloofar", "نیلوفر"), ("Behnam", "Behnaam", "بهنام"), ("Kaveh", "Kave", "کاوه"),
    ("Golnaz", "Golnaaz", "گلناز"), ("Omid", "Omeed", "امید"), ("Elham", "Elhaam", "الهام"),
    ("Amirhossein", "Amir Hossein", "امیرحسین"), ("Yasaman", "Yasamin", "یاسمن"),
    ("Arash", "Aarash", "آرش"),
)  # fmt: skip
PERSIAN_ROOTS = (
    ("Ahmad", "احمد"), ("Hossein", "حسین"), ("Karim", "کریم"), ("Rahim", "رحیم"), ("Rostam", "رستم"),
    ("Jafar", "جعفر"), ("Sadegh", "صادق"), ("Mousa", "موسا"), ("Akbar", "اکبر"), ("Nader", "نادر"),
    ("Bagher", "باقر"), ("Ghasem", "قاسم"), ("Shah", "شاه"), ("Taher", "طاهر"), ("Mohsen", "محسن"),
    ("Kazem", "کاظم"), ("Yazdan", "یزدان"), ("Behrouz", "بهروز"), ("Abbas", "عباس"), ("Soltan", "سلطان"),
    ("Hashem", "هاشم"), ("Farrokh", "فرخ"), ("Iran", "ایران"), ("Jamal", "جمال"),
)  # fmt: skip
PERSIAN_ENDS = (
    ("i", "ی"), ("zadeh", "‌زاده"), ("pour", "‌پور"), ("nejad", "‌نژاد"), ("nia", "‌نیا"),
    ("far", "‌فر"), ("ian", "یان"), ("mand", "‌مند"), ("khani", "‌خانی"), ("abadi", "‌آبادی"),
)  # fmt: skip

INDONESIAN_FIRST = (
    "Budi Siti Agus Dewi Eko Sri Joko Rina Andi Wati Hendra Putri Bambang Ayu Rudi Indah Wahyu Lestari "
    "Dian Fitri Yusuf Nur Slamet Ratna Teguh Maya Gunawan Kartika Ahmad Muhammad Made Ketut Nyoman Wayan "
    "Komang Raden Tri Dwi Bayu Citra"
).split()
INDONESIAN_LAST = (
    "Santoso Wijaya Setiawan Kusuma Hidayat Saputra Nugroho Pratama Wibowo Susanto Halim Siregar Nasution "
    "Simanjuntak Hutapea Lubis Harahap Tanjung Sihombing Situmorang Rahman Permana Suryadi Hartono "
    "Kurniawan Firmansyah Ramadhan Maulana Hakim Irawan Anggraini Rahmawati Wulandari Puspitasari Utami "
    "Astuti Safitri Handayani Wardhani Mulyani Purnama Adiningrat Sastrowardoyo Prawiranegara "
    "Kartohadikusumo Wirjosandjojo"
).split()
INDONESIAN_MIDDLE = (
    "Adi Bagus Cahya Dharma Eka Gita Intan Jaya Kencana Mega Nirmala Panji Surya Tirta".split()
)
INDONESIAN_SINGLE = (
    "Suharto Sukarno Suparman Sutrisno Mulyono Sumarni Ngatinah Paijo Tukiman Wagiman Suyatno Kasmirah "
    "Poniman Ngadimin Sulastri Juminten Wakidi Sarinah Kromodongso Darsono"
).split()

# country: (cities, other names of some cities)
CITIES = {
    "Indonesia": ("Jakarta Bandung Surabaya Yogyakarta Medan Semarang Makassar Denpasar".split(),
                  {"Jakarta": "Jakarta Selatan", "Yogyakarta": "Jogja", "Denpasar": "Bali"}),
    "Iran": ("Tehran Isfahan Shiraz Tabriz Mashhad Karaj Rasht Yazd".split(),
             {"Tehran": "تهران", "Isfahan": "Esfahan", "Shiraz": "شیراز", "Mashhad": "مشهد"}),
    "United States": ("Boston Chicago Denver Seattle Austin Portland".split(), {"Boston": "Boston, MA"}),
    "United Kingdom": ("London Leeds Bristol Manchester Edinburgh".split(), {"London": "Greater London"}),
    "Germany": ("Berlin Hamburg München Köln Leipzig".split(), {"München": "Munich", "Köln": "Cologne"}),
}  # fmt: skip

JOBS = (
    ("Sales Manager", "Head of Sales"), ("Purchasing Manager", "Procurement Manager"),
    ("Chief Executive Officer", "CEO"), ("Office Manager", "Office Administrator"),
    ("Software Engineer", "Senior Software Engineer"), ("Accountant", "Finance Officer"),
    ("Marketing Manager", "Marketing Lead"), ("Owner", "Founder"), ("IT Manager", "Head of IT"),
    ("Customer Service", "Customer Success Manager"), ("Operations Director", "Director of Operations"),
    ("Warehouse Supervisor", "Warehouse Manager"), ("Consultant", "Senior Consultant"),
    ("Product Manager", "Product Owner"), ("Designer", "UX Designer"),
)  # fmt: skip

COMPANY_FIRST = (
    "Nusantara Borneo Merapi Garuda Alborz Damavand Caspian Persepolis Northwind Bluewater Redwood "
    "Silverline Harbor Summit Cedar Falcon Atlas Orion Beacon Granite Maple Lotus Saffron Sunda Mahakam "
    "Zagros Karun Arvand Riverbend Highland Lakeside Evergreen Sterling Juniper Copper Amber Coral Cobalt "
    "Willow Meridian"
).split()
COMPANY_SECOND = (
    "Digital Logistics Foods Textiles Systems Trading Software Retail Consulting Media Health Motors "
    "Energy Travel Education Furniture Ceramics Pharma Telecom Finance Construction Packaging Farms "
    "Shipping Design Robotics Coffee Paper Glass Tools"
).split()
SUFFIXES = {
    "Indonesia": ("PT {}", "{}", "CV {}", "PT. {} Tbk"), "Iran": ("{} Co.", "{}", "{} Group", "{} Company"),
    "United States": ("{} Inc.", "{}", "{}, Inc", "{} LLC"),
    "United Kingdom": ("{} Ltd", "{}", "{} Limited", "{} Ltd."),
    "Germany": ("{} GmbH", "{}", "{} AG", "{} GmbH"),
}  # fmt: skip

INDUSTRIES = (
    "COMPUTER_SOFTWARE RETAIL BANKING CONSTRUCTION EDUCATION_MANAGEMENT FOOD_BEVERAGES "
    "HOSPITAL_HEALTH_CARE HOSPITALITY LOGISTICS_AND_SUPPLY_CHAIN TELECOMMUNICATIONS TEXTILES AUTOMOTIVE "
    "OIL_ENERGY MARKETING_AND_ADVERTISING FURNITURE PHARMACEUTICALS"
).split()
TAGS = ("vip", "partner", "wholesale", "trial", "newsletter")
