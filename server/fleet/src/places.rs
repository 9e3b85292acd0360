//! Where organizations are, and what companies, people and machines are called there. All made up.

use crate::{
    dice::Dice,
    saas::staff::{self, Staff},
};

/// Words of a language, for names.
pub(crate) struct Culture {
    stems: &'static [&'static str],
    trades: &'static [&'static str],
    /// `{s}` is the stem, `{t}` the trade.
    shapes: &'static [&'static str],
    /// As they stand in the names of machines: lower case, plain letters.
    pub(crate) people: &'static [&'static str],
    /// What a front desk's computer is called, where it is not called `pc-…`.
    pub(crate) desk: Option<&'static str>,
    staff: &'static Staff,
}

/// A place: IANA zone, region of the backup data, culture.
pub(crate) struct Place {
    pub(crate) zone: &'static str,
    pub(crate) region: &'static str,
    culture: &'static Culture,
}

const fn at(zone: &'static str, region: &'static str, culture: &'static Culture) -> Place {
    Place { zone, region, culture }
}

/// Places of each partner's clients, the usual ones first and more than once.
pub(crate) static PLACES: [&[Place]; 4] = [
    &[
        at("Europe/Berlin", "eu-central", &GERMAN),
        at("Europe/Berlin", "eu-central", &GERMAN),
        at("Europe/Berlin", "eu-central", &GERMAN),
        at("Europe/Vienna", "eu-central", &GERMAN),
        at("Europe/Zurich", "eu-central", &GERMAN),
        at("Europe/Paris", "eu-west", &FRENCH),
        at("Europe/Stockholm", "eu-north", &NORDIC),
        at("Europe/Lisbon", "eu-west", &IBERIAN),
        at("Europe/London", "eu-west", &ENGLISH),
        at("America/New_York", "us-east", &ENGLISH),
        at("America/Sao_Paulo", "sa-east", &IBERIAN),
        at("Asia/Tokyo", "ap-northeast", &JAPANESE),
        at("Pacific/Auckland", "ap-southeast", &ENGLISH),
    ],
    &[
        at("Europe/Warsaw", "eu-central", &POLISH),
        at("Europe/Warsaw", "eu-central", &POLISH),
        at("Europe/Warsaw", "eu-central", &POLISH),
        at("Europe/Vilnius", "eu-north", &POLISH),
        at("Europe/Prague", "eu-central", &GERMAN),
        at("Europe/Athens", "eu-south", &GREEK),
    ],
    &[
        at("America/New_York", "us-east", &ENGLISH),
        at("America/Chicago", "us-central", &ENGLISH),
        at("America/Denver", "us-west", &ENGLISH),
        at("America/Los_Angeles", "us-west", &ENGLISH),
        at("America/Phoenix", "us-west", &IBERIAN),
        at("America/St_Johns", "ca-east", &ENGLISH),
        at("America/Mexico_City", "us-central", &IBERIAN),
        at("Pacific/Honolulu", "us-west", &ENGLISH),
    ],
    &[
        at("Asia/Tokyo", "ap-northeast", &JAPANESE),
        at("Asia/Tokyo", "ap-northeast", &JAPANESE),
        at("Asia/Seoul", "ap-northeast", &KOREAN),
        at("Asia/Singapore", "ap-southeast", &ENGLISH),
        at("Asia/Kolkata", "ap-south", &ENGLISH),
        at("Australia/Sydney", "ap-southeast", &ENGLISH),
        at("Australia/Adelaide", "ap-southeast", &ENGLISH),
        at("Pacific/Auckland", "ap-southeast", &ENGLISH),
    ],
];

static GERMAN: Culture = Culture {
    stems: &[
        "Müller",
        "Schäfer",
        "Brandt",
        "Löwe",
        "Keßler",
        "Jäger",
        "Hölscher",
        "Böttcher",
        "Weiß",
        "Nordmann",
        "Grünwald",
        "Steinbach",
        "Ahrens",
        "Krüger",
        "Vogelsang",
        "Öhler",
        "Lindner",
        "Tausendfreund",
    ],
    trades: &[
        "Maschinenbau",
        "Logistik",
        "Steuerberatung",
        "Dental",
        "Bau",
        "Holzhandel",
        "Optik",
        "Architekten",
        "Pflegedienst",
        "Druckerei",
        "Kältetechnik",
    ],
    shapes: &["{s} {t} GmbH", "{t} {s}", "{s} & Söhne {t}", "{s} {t} KG"],
    people: &[
        "meyer", "schulz", "wagner", "becker", "hoffmann", "koch", "richter", "klein", "wolf", "neumann", "braun", "lange", "krause",
        "vogt", "sommer", "haas", "graf", "dietrich", "ziegler", "kuhn", "pohl", "horn", "busch", "voigt", "sauer", "arnold", "lorenz",
        "franke",
    ],
    desk: Some("empfang"),
    staff: &staff::GERMAN,
};

static FRENCH: Culture = Culture {
    stems: &[
        "Lefèvre",
        "Garnier",
        "Noël",
        "Chevalier",
        "Dupré",
        "Bélanger",
        "Fournier",
        "Le Goff",
        "Hervé",
        "Rousseau",
        "Crépin",
        "Vasseur",
    ],
    trades: &["Avocats", "Transports", "Pâtisserie", "Menuiserie", "Géomètres", "Cliniques", "Viticulture", "Imprimerie", "Conseil"],
    shapes: &["{t} {s}", "{s} {t} SARL", "{s} & Fils {t}"],
    people: &[
        "martin", "bernard", "dubois", "thomas", "robert", "petit", "durand", "leroy", "moreau", "simon", "laurent", "michel", "garcia",
        "david", "bertrand", "roux", "vincent", "morel", "girard", "andre", "mercier", "blanc",
    ],
    desk: Some("accueil"),
    staff: &staff::FRENCH,
};

static NORDIC: Culture = Culture {
    stems: &["Åkesson", "Sjöberg", "Nyström", "Ødegård", "Lindqvist", "Hæstad", "Björklund", "Söderström", "Kjær", "Ångström"],
    trades: &["Fastigheter", "Rederi", "Tandvård", "Bygg", "Skog", "Revision", "Elektronik", "Fisk"],
    shapes: &["{s} {t} AB", "{s}s {t}", "{t}gruppen {s}"],
    people: &[
        "andersson",
        "johansson",
        "karlsson",
        "nilsson",
        "eriksson",
        "larsson",
        "olsson",
        "persson",
        "svensson",
        "gustafsson",
        "hansen",
        "dahl",
        "berg",
        "holm",
        "strand",
        "lund",
        "ek",
        "norberg",
    ],
    desk: Some("reception"),
    staff: &staff::NORDIC,
};

static IBERIAN: Culture = Culture {
    stems: &[
        "São Bento",
        "Peña",
        "Conceição",
        "Núñez",
        "Gonçalves",
        "Ibáñez",
        "Açores",
        "Montañés",
        "Araújo",
        "Muñoz",
        "Simões",
        "Del Río",
    ],
    trades: &["Cerâmica", "Abogados", "Exportación", "Clínica", "Construções", "Café", "Seguros", "Farmacia", "Vinhos"],
    shapes: &["{t} {s}", "{s} {t} Lda.", "{t} {s} S.A."],
    people: &[
        "silva",
        "santos",
        "ferreira",
        "pereira",
        "oliveira",
        "costa",
        "rodrigues",
        "martins",
        "sousa",
        "lopes",
        "garcia",
        "fernandez",
        "gonzalez",
        "perez",
        "sanchez",
        "ramirez",
        "torres",
        "vargas",
        "castro",
        "mendes",
        "rocha",
    ],
    desk: Some("recepcao"),
    staff: &staff::IBERIAN,
};

static ENGLISH: Culture = Culture {
    stems: &[
        "Harbour",
        "Redwood",
        "Kestrel",
        "Bluestone",
        "Fairweather",
        "O’Malley",
        "Whitcombe",
        "Granite Bay",
        "Larkspur",
        "Thornbury",
        "Cedar Hill",
        "Brackenridge",
        "Summit",
        "Wairau",
        "Banksia",
        "Ironbark",
        "Juniper",
        "Lakeshore",
        "Holloway",
    ],
    trades: &[
        "Dental",
        "Legal",
        "Freight",
        "Roofing",
        "Veterinary",
        "Accounting",
        "Surveyors",
        "Brewing",
        "Family Practice",
        "Credit Union",
        "Joinery",
        "Orchards",
        "Engineering",
    ],
    shapes: &["{s} {t}", "{s} {t} Ltd", "{s} & Co {t}", "The {s} {t} Group"],
    people: &[
        "smith", "jones", "taylor", "brown", "wilson", "evans", "walker", "wright", "green", "hall", "wood", "clarke", "patel", "khan",
        "lewis", "young", "king", "baker", "carter", "mitchell", "nguyen", "tan", "lee", "singh", "cooper", "reid", "murray", "sharma",
        "rao",
    ],
    desk: Some("frontdesk"),
    staff: &staff::ENGLISH,
};

static POLISH: Culture = Culture {
    stems: &[
        "Łódź",
        "Gdańsk",
        "Wiśniewski",
        "Żurawski",
        "Śląsk",
        "Białystok",
        "Dąbrowski",
        "Jagiełło",
        "Święcicki",
        "Mazury",
        "Zieliński",
        "Kołodziej",
    ],
    trades: &["Transport", "Kancelaria", "Stolarnia", "Przychodnia", "Mleczarnia", "Budownictwo", "Apteka", "Drukarnia", "Energetyka"],
    shapes: &["{s} {t} Sp. z o.o.", "{t} {s}", "{t} {s} S.A."],
    people: &[
        "nowak",
        "kowalski",
        "wisniewski",
        "wojcik",
        "kowalczyk",
        "kaminski",
        "lewandowski",
        "zielinski",
        "szymanski",
        "wozniak",
        "dabrowski",
        "mazur",
        "krawczyk",
        "piotrowski",
        "grabowski",
        "pawlak",
        "michalski",
        "krol",
        "wieczorek",
        "jablonski",
    ],
    desk: Some("recepcja"),
    staff: &staff::POLISH,
};

static GREEK: Culture = Culture {
    stems: &["Αιγαίο", "Παπαδάκης", "Όλυμπος", "Θάλασσα", "Ιωαννίδης", "Ελαιών"],
    trades: &["Ναυτιλιακή", "Ξενοδοχεία", "Φαρμακείο", "Τεχνική", "Τρόφιμα"],
    shapes: &["{s} {t}", "{t} {s} Α.Ε."],
    people: &["papadakis", "nikolaou", "georgiou", "dimitriou", "ioannidis", "makris", "vlahos", "kostas", "pappas", "economou", "lambros"],
    desk: None,
    staff: &staff::GREEK,
};

static JAPANESE: Culture = Culture {
    stems: &["東京", "さくら", "富士", "青葉", "北海", "みなと", "松本", "大和", "若葉", "千代田", "瀬戸", "山吹"],
    trades: &["歯科", "会計事務所", "印刷", "物流", "製作所", "建設", "食品", "精機", "薬局"],
    shapes: &["{s}{t}", "株式会社{s}{t}", "{s}{t}グループ"],
    people: &[
        "sato",
        "suzuki",
        "takahashi",
        "tanaka",
        "watanabe",
        "ito",
        "yamamoto",
        "nakamura",
        "kobayashi",
        "kato",
        "yoshida",
        "yamada",
        "sasaki",
        "matsumoto",
        "inoue",
        "kimura",
        "hayashi",
        "shimizu",
        "mori",
        "abe",
    ],
    desk: Some("受付"),
    staff: &staff::JAPANESE,
};

static KOREAN: Culture = Culture {
    stems: &["한빛", "서울", "다온", "무궁화", "한강", "새벽", "은하", "동해"],
    trades: &["치과", "물류", "회계", "건설", "식품", "정밀", "약국"],
    shapes: &["{s} {t}", "주식회사 {s}{t}"],
    people: &["kim", "lee", "park", "choi", "jung", "kang", "cho", "yoon", "jang", "lim", "han", "oh", "seo", "shin", "kwon", "hwang"],
    desk: None,
    staff: &staff::KOREAN,
};

/// Stems and trades in Latin letters, where these don't follow from the word.
static ROMAN: &[(&str, &str)] = &[
    ("Αιγαίο", "aigaio"),
    ("Παπαδάκης", "papadakis"),
    ("Όλυμπος", "olympos"),
    ("Θάλασσα", "thalassa"),
    ("Ιωαννίδης", "ioannidis"),
    ("Ελαιών", "elaion"),
    ("Ναυτιλιακή", "naftiliaki"),
    ("Ξενοδοχεία", "hotels"),
    ("Φαρμακείο", "farmakeio"),
    ("Τεχνική", "techniki"),
    ("Τρόφιμα", "trofima"),
    ("東京", "tokyo"),
    ("さくら", "sakura"),
    ("富士", "fuji"),
    ("青葉", "aoba"),
    ("北海", "hokkai"),
    ("みなと", "minato"),
    ("松本", "matsumoto"),
    ("大和", "yamato"),
    ("若葉", "wakaba"),
    ("千代田", "chiyoda"),
    ("瀬戸", "seto"),
    ("山吹", "yamabuki"),
    ("歯科", "shika"),
    ("会計事務所", "kaikei"),
    ("印刷", "insatsu"),
    ("物流", "butsuryu"),
    ("製作所", "seisakusho"),
    ("建設", "kensetsu"),
    ("食品", "shokuhin"),
    ("精機", "seiki"),
    ("薬局", "yakkyoku"),
    ("한빛", "hanbit"),
    ("서울", "seoul"),
    ("다온", "daon"),
    ("무궁화", "mugunghwa"),
    ("한강", "hangang"),
    ("새벽", "saebyeok"),
    ("은하", "eunha"),
    ("동해", "donghae"),
    ("치과", "chigwa"),
    ("물류", "mullyu"),
    ("회계", "hoegye"),
    ("건설", "geonseol"),
    ("식품", "sikpum"),
    ("정밀", "jeongmil"),
    ("약국", "yakguk"),
];

/// Where the organization with this number is.
pub(crate) fn place(partner: usize, dice: &mut Dice) -> &'static Place {
    let places = PLACES[partner.min(PLACES.len() - 1)];
    &places[dice.below(places.len() as u64) as usize]
}

impl Place {
    pub(crate) const fn culture(&self) -> &'static Culture {
        self.culture
    }

    pub(crate) const fn staff(&self) -> &'static Staff {
        self.culture.staff
    }

    /// Places of a number's stem, trade and shape, and how many numbers before had the same.
    fn parts(&self, number: usize) -> (usize, usize, usize, usize) {
        let Culture { stems, trades, shapes, .. } = self.culture;
        // Of all (shape, trade, stem), so that neighbours differ in each: a step without a factor in common.
        let all = stems.len() * trades.len() * shapes.len();
        let step = (all * 618 / 1_000..).find(|step| common(*step, all) == 1).unwrap_or(1);
        let at = number % all * step % all;
        (at % stems.len(), at / stems.len() % trades.len(), at / (stems.len() * trades.len()), number / all)
    }

    /// A name that no other number has.
    pub(crate) fn company(&self, number: usize) -> String {
        let Culture { stems, trades, shapes, .. } = self.culture;
        let (stem, trade, shape, more) = self.parts(number);
        let name = shapes[shape].replace("{s}", stems[stem]).replace("{t}", trades[trade]);
        match more {
            0 => name,
            more => format!("{name} {}", more + 1),
        }
    }

    /// The company's domain, under one that nobody can own.
    pub(crate) fn domain(&self, number: usize) -> String {
        let Culture { stems, trades, .. } = self.culture;
        let (stem, trade, shape, more) = self.parts(number);
        let plain =
            |word: &str| ROMAN.iter().find(|(own, _)| *own == word).map_or_else(|| staff::plain(word), |(_, roman)| (*roman).to_owned());
        let (stem, trade) = (plain(stems[stem]), plain(trades[trade]));
        let mut name = match shape {
            0 => format!("{stem}-{trade}"),
            1 => format!("{trade}-{stem}"),
            2 => format!("{stem}{trade}"),
            _ => format!("{trade}{stem}"),
        };
        if more > 0 {
            name.push_str(&(more + 1).to_string());
        }
        format!("{name}.example.{}", ["com", "net", "org"][number % 3])
    }
}

fn common(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common(b, a % b) }
}
