//! Where organizations are: their zones, the regions of their data, and whose words they are called by.

use crate::{
    cultures::{Culture, ENGLISH, FRENCH, GERMAN, GREEK, IBERIAN, JAPANESE, KOREAN, NORDIC, POLISH, Staff},
    dice::Dice,
};

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

    /// A name that no other number has.
    pub(crate) fn company(&self, number: usize) -> String {
        self.culture.company(number)
    }

    /// The company's domain, under one that nobody can own.
    pub(crate) fn domain(&self, number: usize) -> String {
        self.culture.domain(number)
    }
}
