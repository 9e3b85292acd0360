//! Plain letters of words, as they stand in addresses.
//!
//! A word is written as it is shown; where its plain letters don't follow from it, they stand behind a bar. Stems and trades of companies have a
//! table of their own: they are shown as they are.

/// A word as it is shown, and its plain letters.
pub(crate) fn shown(word: &str) -> (&str, String) {
    match word.split_once('|') {
        Some((shown, plain)) => (shown, plain.to_owned()),
        None => (word, plain(word)),
    }
}

/// A stem or trade in plain letters.
pub(super) fn roman(word: &str) -> String {
    ROMAN.iter().find(|(own, _)| *own == word).map_or_else(|| plain(word), |(_, roman)| (*roman).to_owned())
}

/// Lower case, letters and digits of ASCII only, as people spell themselves in addresses.
fn plain(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for letter in word.chars().flat_map(char::to_lowercase) {
        match letter {
            'a'..='z' | '0'..='9' => out.push(letter),
            'ä' | 'æ' => out.push_str("ae"),
            'ö' | 'ø' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            'à' | 'á' | 'â' | 'ã' | 'å' | 'ą' => out.push('a'),
            'ç' | 'ć' | 'č' => out.push('c'),
            'è' | 'é' | 'ê' | 'ë' | 'ę' => out.push('e'),
            'ì' | 'í' | 'î' | 'ï' | 'ı' => out.push('i'),
            'ł' => out.push('l'),
            'ñ' | 'ń' => out.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' => out.push('o'),
            'ś' | 'š' | 'ş' => out.push('s'),
            'ù' | 'ú' | 'û' => out.push('u'),
            'ý' => out.push('y'),
            'ź' | 'ż' | 'ž' => out.push('z'),
            _ => {}
        }
    }
    out
}

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
