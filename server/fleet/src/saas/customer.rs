//! Which organizations are SaaS customers, how large, and with which story.

use super::story::CustomerStory;
use crate::{
    dice::Dice,
    make::{SIZES, is_deactivated, partner_of},
};

const WEIGHT: u64 = 9 << 32;

/// The customers of a fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Customers {
    /// Organizations with devices.
    with_devices: usize,
    /// Of these, the first so many that are customers at all.
    of_them: usize,
    /// Where the accounts of each begin, in one row of all; one more than there are customers.
    starts: Vec<u32>,
    /// (Organization, story).
    stories: Vec<(usize, CustomerStory)>,
}

/// The client portal's organization has a bit of everything: a size between.
const FIRST: u64 = 8;

impl Customers {
    /// Three of four organizations with devices, the rest organizations of their own.
    pub(crate) fn draw(seed: u64, organizations: u32, customers: u32, accounts: u32) -> Self {
        let with_devices = organizations as usize;
        let of_them = (customers as usize).min(with_devices - with_devices / 4);
        let mut own = Self { with_devices, of_them, starts: Vec::new(), stories: Vec::new() };
        let all: Vec<usize> = (0..own.organizations(customers)).filter(|index| own.number(*index, customers).is_some()).collect();
        // Where the demo's first owner looks: her own clients before her sub-reseller's.
        let mut places: Vec<usize> = all.iter().copied().filter(|index| *index > 0 && !is_deactivated(*index)).collect();
        places.sort_by_key(|index| (partner_of(*index), *index));
        own.stories = places.into_iter().zip(CustomerStory::SPECIAL.iter().copied()).collect();
        let weight = |index: &usize| match own.story(*index).weight() {
            Some(weight) => weight,
            None if *index == 0 => FIRST,
            None => Dice::new(seed, WEIGHT + *index as u64).of(&SIZES),
        };
        let weights: Vec<u64> = all.iter().map(weight).collect();
        let total = weights.iter().sum::<u64>().max(1);
        let mut sum = 0;
        own.starts.push(0);
        for weight in weights {
            sum += weight;
            own.starts.push((u64::from(accounts) * sum / total) as u32);
        }
        own
    }

    /// How many organizations there are, with devices or without.
    fn organizations(&self, customers: u32) -> usize {
        self.with_devices + (customers as usize).saturating_sub(self.of_them)
    }

    /// How many organizations the fleet has, with devices or without.
    pub(crate) fn all(&self) -> usize {
        self.organizations((self.starts.len() - 1) as u32)
    }

    fn number(&self, index: usize, customers: u32) -> Option<usize> {
        let number = if index < self.with_devices {
            (index % 4 != 3).then_some(index - index / 4).filter(|number| *number < self.of_them)?
        } else {
            self.of_them + index - self.with_devices
        };
        (number < customers as usize).then_some(number)
    }

    /// How many accounts it has; none: it is no SaaS customer.
    pub(crate) fn accounts(&self, index: usize) -> Option<usize> {
        let number = self.number(index, (self.starts.len() - 1) as u32)?;
        Some((self.starts.get(number + 1)? - self.starts.get(number)?) as usize)
    }

    pub(crate) fn story(&self, index: usize) -> CustomerStory {
        self.stories.iter().find(|(place, _)| *place == index).map_or(CustomerStory::Steady, |(_, story)| *story)
    }
}
