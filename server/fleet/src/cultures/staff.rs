//! People and departments of a company: the names they are shown by, and the plain letters of their addresses.

use super::letters::shown;

/// Words of a language for the accounts of a company.
pub(crate) struct Staff {
    pub(super) given: &'static [&'static str],
    pub(super) family: &'static [&'static str],
    /// The family's name comes first.
    pub(super) family_first: bool,
    pub(super) departments: &'static [&'static str],
    pub(super) project: &'static str,
}

/// People from elsewhere, everywhere: whole names with the local part of their address.
pub(crate) static ELSEWHERE: &[&str] = &[
    "Олена Шевченко|olena.shevchenko",
    "Дмитрий Соколов|dmitri.sokolov",
    "محمد الحسن|mohamed.alhasan",
    "ليلى منصور|layla.mansour",
    "प्रिया शर्मा|priya.sharma",
    "陈伟|wei.chen",
    "林雅婷|yating.lin",
    "Nguyễn Thị Hương|huong.nguyen",
    "יעל כהן|yael.cohen",
    "ณัฐพล ศรีสุข|nattapon.srisuk",
    "Ελένη Παπαδάκη|eleni.papadaki",
    "გიორგი ბერიძე|giorgi.beridze",
    "Ayşe Yıldırım|ayse.yildirim",
    "Çağla Öztürk|cagla.ozturk",
    "Siobhán Ní Dhomhnaill|siobhan.nidhomhnaill",
    "Þórdís Jónsdóttir|thordis.jonsdottir",
    "김서연|seoyeon.kim",
    "田中 美咲|misaki.tanaka",
    "Chukwuemeka Okonkwo|emeka.okonkwo",
    "Lê Văn Đức|duc.le",
    "Jean-François de La Roche-Guyon d’Estaing|jf.delaroche",
];

impl Staff {
    /// So many people have names of their own.
    pub(crate) const fn people(&self) -> usize {
        self.given.len() * self.family.len()
    }

    /// A person: name as shown, given and family name in plain letters.
    pub(crate) fn person(&self, number: usize) -> (String, String, String) {
        let (given, given_plain) = shown(self.given[number % self.given.len()]);
        let (family, family_plain) = shown(self.family[number / self.given.len() % self.family.len()]);
        let name = match self.family_first {
            // Hangul is written without a blank, kanji with one.
            true if given.starts_with(|c: char| ('가'..='힣').contains(&c)) => format!("{family}{given}"),
            true => format!("{family} {given}"),
            false => format!("{given} {family}"),
        };
        (name, given_plain, family_plain)
    }

    /// Name and plain letters of a department; beyond the last, of a project.
    pub(crate) fn department(&self, number: usize) -> (String, String) {
        match self.departments.get(number) {
            Some(word) => {
                let (shown, plain) = shown(word);
                (shown.to_owned(), plain)
            }
            None => {
                let (shown, plain) = shown(self.project);
                let number = 2_400 + number * 7;
                (format!("{shown} {number}"), format!("{plain}-{number}"))
            }
        }
    }
}
