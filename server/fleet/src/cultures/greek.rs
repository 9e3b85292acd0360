//! Greek names of companies, machines, people and departments. Their plain letters stand behind a bar, or in `letters`.

use super::{Culture, Staff};

pub(crate) static GREEK: Culture = Culture {
    stems: &["Αιγαίο", "Παπαδάκης", "Όλυμπος", "Θάλασσα", "Ιωαννίδης", "Ελαιών"],
    trades: &["Ναυτιλιακή", "Ξενοδοχεία", "Φαρμακείο", "Τεχνική", "Τρόφιμα"],
    shapes: &["{s} {t}", "{t} {s} Α.Ε."],
    people: &["papadakis", "nikolaou", "georgiou", "dimitriou", "ioannidis", "makris", "vlahos", "kostas", "pappas", "economou", "lambros"],
    desk: None,
    staff: &STAFF,
};

static STAFF: Staff = Staff {
    given: &[
        "Ελένη|eleni",
        "Γιώργος|giorgos",
        "Μαρία|maria",
        "Νίκος|nikos",
        "Κατερίνα|katerina",
        "Δημήτρης|dimitris",
        "Σοφία|sofia",
        "Κώστας|kostas",
        "Ιωάννα|ioanna",
        "Πέτρος|petros",
        "Άννα|anna",
        "Θανάσης|thanasis",
    ],
    family: &[
        "Παπαδάκης|papadakis",
        "Νικολάου|nikolaou",
        "Γεωργίου|georgiou",
        "Δημητρίου|dimitriou",
        "Ιωαννίδης|ioannidis",
        "Μακρής|makris",
        "Βλάχος|vlachos",
        "Οικονόμου|oikonomou",
        "Λάμπρος|lambros",
        "Αντωνίου|antoniou",
        "Καραγιάννης|karagiannis",
        "Σταύρου|stavrou",
    ],
    family_first: false,
    departments: &[
        "Πωλήσεις|sales",
        "Λογιστήριο|logistirio",
        "Προμήθειες|promithies",
        "Αποθήκη|apothiki",
        "Διοίκηση|dioikisi",
        "Υποδοχή|reception",
        "Τεχνικό τμήμα|texniko",
        "Τιμολόγια|timologia",
    ],
    project: "Έργο|ergo",
};
